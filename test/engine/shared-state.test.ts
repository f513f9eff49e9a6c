import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { pluginHost } from "../../scripts/engine/hosts";
import type { StartBackend, StateBackend } from "../support/backends/backend";
import { startFileBackend } from "../support/backends/file";
import { type PostgresBackend, postgresPassword, startPostgresBackend } from "../support/backends/postgres";
import { type S3Backend, startS3Backend } from "../support/backends/s3";
import { countSteps, type EngineProject, projectName, type RunResult, repositoryRoot } from "../support/engine";
import { type Harness, useHarness } from "../support/harness";
import { deployment } from "../support/plugin-yaml";

const backends: Readonly<Record<string, StartBackend>> = {
  "a folder": startFileBackend,
  PostgreSQL: startPostgresBackend,
  "an S3 bucket": startS3Backend,
};

const yaml = { resources: { etl: deployment("airflow"), dashboards: deployment("superset") } };

for (const [name, startBackend] of Object.entries(backends)) {
  describe(`a state that two machines share, in ${name}`, () => {
    const { start, machine } = useSharedHarness(startBackend);

    it("is created on one, used and destroyed on the other, and holds no key", async () => {
      const { harness, backend } = await start();
      await harness.project.up();
      await harness.expectAgreement();

      const other = machine(harness);
      expect(countSteps((await other.up()).events)).to.deep.equal({ same: 2 });
      await harness.control.deployments.destroyNow("etl-*");
      await other.up();
      expect((await harness.project.resource("etl")).id).to.equal((await other.resource("etl")).id);
      await harness.expectAgreement();

      const contents = await backend.contents();
      expect(contents)
        .to.include((await other.resource("etl")).id)
        .and.to.not.include(harness.emulator.apiKey);
      await other.destroy();
      expect(harness.platformIds()).to.deep.equal([]);
      expect(await harness.stateIds()).to.deep.equal([]);
    });

    it("allows one up at a time: the other reports the lock, and creates nothing", async () => {
      const { harness } = await start();
      await harness.control.clock.pause();
      const asked = harness.control.requests.next({ method: "POST" });
      const first = harness.project.spawnUp();
      await asked;
      const other = machine(harness);
      for (const refused of [await other.up({ mayFail: true }), await other.destroy({ mayFail: true })]) {
        expect(refused.code).to.be.greaterThan(0);
        expect(refused.stderr).to.include("the stack is currently locked by 1 lock(s)").and.to.include("pulumi cancel");
      }
      expect((await other.preview()).code, "a preview takes no lock").to.equal(0);
      await harness.control.clock.resume();
      await harness.project.finish(first);
      expect(countSteps((await other.up()).events)).to.deep.equal({ same: 2 });
      expect(harness.countRequests("POST")).to.equal(2);
      await harness.expectAgreement();
    });

    it("allows only one of two ups that start at the same moment", async () => {
      const { harness } = await start();
      const other = machine(harness);
      const both = await Promise.all([harness.project, other].map((each) => each.up({ mayFail: true })));
      for (const { code, stderr } of both.filter(failed)) {
        expect(code).to.be.greaterThan(0);
        // Not found: the backend read the lock after the other run had given up and deleted it.
        expect(stderr).to.match(/the stack is currently locked by|locks\/.*code=NotFound/);
      }
      // One of the two succeeded, or none if each found the other's lock.
      await other.up();
      expect(harness.countRequests("POST")).to.equal(2);
      expect(harness.platformIds()).to.have.length(2);
      await harness.expectAgreement();
    });

    it("stays locked by a killed run until the lock is canceled; then nothing is lost or created twice", async () => {
      const { harness } = await start();
      await harness.control.clock.pause();
      const killed = harness.project.spawnUp();
      await untilDeployments(harness, 2);
      killed.command.killAll();
      await killed.command.ended;
      await harness.control.clock.resume();

      const other = machine(harness);
      const refused = await other.up({ mayFail: true });
      expect(refused.stderr).to.include("the stack is currently locked by 1 lock(s)");
      await other.run(["cancel", "--yes", "--stack", "dev"]);
      await other.up();
      expect(harness.countRequests("POST"), "the deployments of the killed run are adopted").to.equal(2);
      await harness.expectAgreement();
    });
  });
}

describe("a state in PostgreSQL", () => {
  const { start, machine } = useSharedHarness(startPostgresBackend);

  it("accepts members of its owning role, and rejects a role that can only read", async () => {
    const { harness, backend } = await start();
    await harness.project.up();
    const { query, port } = backend as PostgresBackend;
    await query("create role reader login password 'r'; grant select on pulumi_state to reader");
    await query("create role colleague login password 'c' in role pulumi");
    const as = (user: string, PGPASSWORD: string) => ({
      env: { PULUMI_BACKEND_URL: `postgres://${user}@127.0.0.1:${port}/postgres?sslmode=disable`, PGPASSWORD },
      mayFail: true,
    });
    const refused = await machine(harness).preview(as("reader", "r"));
    expect(refused.code).to.be.greaterThan(0);
    expect(refused.stderr).to.match(/permission denied|must be owner/);
    const allowed = await machine(harness).up(as("colleague", "c"));
    expect(allowed.code, allowed.stderr).to.equal(0);
    expect(countSteps(allowed.events)).to.deep.equal({ same: 2 });
  });

  it("shows a password in its URL if it cannot be reached, but never one in PGPASSWORD", async () => {
    const { harness } = await start();
    const away = (credentials: string) => ({
      env: { PULUMI_BACKEND_URL: `postgres://${credentials}@127.0.0.1:1/postgres?sslmode=disable` },
      mayFail: true,
    });
    const inUrl = await harness.project.preview(away(`pulumi:${postgresPassword}`));
    expect(inUrl.stderr).to.include(postgresPassword);
    const besideUrl = await harness.project.preview(away("pulumi"));
    expect(besideUrl.code).to.be.greaterThan(0);
    expect(besideUrl.stdout + besideUrl.stderr).to.not.include(postgresPassword);
  });

  it("receives a stack from a folder by export and import, and the next up changes nothing", async () => {
    const { harness, backend } = await start({ isElsewhere: true });
    await harness.project.up();
    const { stdout: exported } = await harness.project.run(["stack", "export", "--show-secrets", "--stack", "dev"]);
    const other = machine(harness);
    await other.run(["stack", "init", "dev"], { env: backend.env });
    await other.run(["stack", "import", "--stack", "dev"], { env: backend.env, stdin: exported });
    expect(await backend.contents()).to.not.include(harness.emulator.apiKey);
    expect(countSteps((await other.up({ env: backend.env })).events)).to.deep.equal({ same: 2 });
    await other.destroy({ env: backend.env });
    expect(harness.platformIds()).to.deep.equal([]);
  });

  it("locks each stack separately", async () => {
    const { harness } = await start();
    await harness.control.clock.pause();
    const asked = harness.control.requests.next({ method: "POST" });
    const first = harness.project.spawnUp();
    await asked;
    const other = machine(harness);
    other.write("Pulumi.yaml", stringify({ name: projectName, runtime: "yaml", outputs: { one: 1 } }));
    await other.run(["stack", "init", "second"]);
    expect((await other.run(["up", "--yes", "--skip-preview", "--stack", "second"])).code).to.equal(0);
    await harness.control.clock.resume();
    await harness.project.finish(first);
    await harness.expectAgreement();
  });
});

describe("a state in a bucket", () => {
  const { start } = useSharedHarness(startS3Backend);

  it("is only read by a preview and by a drift check", async () => {
    const { harness, backend } = await start();
    const { methods } = backend as S3Backend;
    await harness.project.up();
    expect(methods).to.include("PUT");
    const before = methods.length;
    await harness.project.preview();
    const drift = harness.project.exec(join(repositoryRoot, "bin", "pulumi-onvera"), ["drift", "--stack", "dev"]);
    expect((await drift.ended).code).to.equal(0);
    const after = methods.slice(before);
    expect(after.length).to.be.greaterThan(5);
    expect(after.filter((method) => method !== "GET" && method !== "HEAD")).to.deep.equal([]);
  });
});

/** For a `describe` block: starts a backend for each test, and harnesses that use it. Skips the tests if it cannot start. */
function useSharedHarness(startBackend: StartBackend) {
  const startHarness = useHarness();
  const machines: EngineProject[] = [];
  let backend: StateBackend | undefined;

  beforeEach(async function () {
    // The first start may have to install the backend.
    this.timeout(30 * 60_000);
    const started = await startBackend();
    if ("missing" in started) {
      process.stderr.write(`    not run: ${started.missing}\n`);
      this.skip();
    }
    backend = started;
  });
  afterEach(async () => {
    for (const each of machines.splice(0)) await each.dispose();
    await backend?.stop();
    backend = undefined;
  });

  return {
    start: async ({ isElsewhere = false } = {}) => {
      if (backend === undefined) throw new Error("the backend was not started");
      const harness = await startHarness({
        host: pluginHost,
        yaml,
        ...(isElsewhere ? {} : { env: { ...backend.env } }),
      });
      return { harness, backend };
    },
    machine: ({ project }: Harness): EngineProject => {
      const other = project.onAnotherMachine();
      machines.push(other);
      return other;
    },
  };
}

function failed({ code }: RunResult): boolean {
  return code !== 0;
}

/** Waits until the emulator has accepted this number of creates. */
async function untilDeployments({ control }: Harness, count: number): Promise<void> {
  while (control.state().deployments.length < count) await control.requests.next();
}
