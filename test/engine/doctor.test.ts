import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:https";
import { join } from "node:path";
import { expect } from "chai";
import type { Check, DoctorReport } from "../../cli/doctor/report";
import type { Ended } from "../../scripts/engine/command";
import { repositoryRoot, stackName } from "../support/engine";
import { type Harness, useHarness } from "../support/harness";
import { selfSigned } from "../unit/provider/api/support/self-signed";
import { closeServers, listen } from "../unit/provider/api/support/servers";

const command = join(repositoryRoot, "bin", "pulumi-onvera");

describe("pulumi-onvera doctor", () => {
  const start = useHarness();
  afterEach(closeServers);

  it("finds nothing wrong with a stack that works, sends only GET requests, and never prints the key", async () => {
    const harness = await start({ program: `new Deployment("etl", { appType: "airflow" });` });
    await harness.project.up();
    const before = harness.project.stateText();
    harness.control.requests.clear();
    const text = await run(harness, ["--stack", stackName]);
    expect(text.code, text.stdout + text.stderr).to.equal(0);
    expect(text.stdout)
      .to.match(/^ok +node +Node\.js /m)
      .and.to.match(/^0 errors, 0 warnings$/m);
    const report = await diagnose(harness);
    expect(report).to.deep.include({ formatVersion: 1, healthy: true, openapi: [] });
    const statuses = new Map(report.checks.map(({ id, status }) => [id, status]));
    for (const id of [
      "pulumi",
      "project",
      "package",
      "stack",
      "apiKey",
      "baseUrl",
      "api",
      "clock",
      "scopes",
    ] as const) {
      if (id !== "scopes") expect(statuses.get(id), id).to.equal("ok");
    }
    for (const id of ["organization", "state", "openapi"] as const) expect(statuses.get(id), id).to.equal("ok");
    expect(report.checks.filter(({ status }) => status === "error" || status === "warning")).to.deep.equal([]);

    const { requests } = harness.control.requests.list();
    expect(requests).to.not.have.length(0);
    expect(requests.filter(({ method }) => method !== "GET")).to.deep.equal([]);
    expect(harness.project.stateText()).to.equal(before);
    expect(text.stdout + JSON.stringify(report)).to.not.include(harness.emulator.apiKey);
  });

  it("finds misconfigurations of the stack, each with its remedy", async () => {
    const harness = await start({ program: `new Deployment("etl", { appType: "airflow", name: "etl" });` });
    const { project, control, emulator } = harness;
    await project.up();
    const id = String((await project.resource("etl")).id);
    // 1: the key in plain text. 2: a misspelled setting. 3: a setting that had its effect.
    await project.setConfig({ "onvera:apiKey": emulator.apiKey, "onvera:refreshBeforUpdate": "true" });
    await project.run(["config", "set", "--path", "onvera:adopt.etl", id, "--stack", stackName]);
    // 4: a setting for a deployment that does not exist.
    await project.run(["config", "set", "--path", "onvera:adopt.gone", "dep_none", "--stack", stackName]);
    // 5: a scope that the key does not have. 6: a rate limit that is nearly used up.
    await control.keys.setScopes(emulator.apiKey, ["deployments:read", "deployments:write", "org:read"]);
    control.rateLimit.set({ requests: 8, perSeconds: 3_600 });
    // 7: a response without what the provider needs.
    const changed = { match: { path: "/environments" }, when: "after" } as const;
    control.faults.add({ ...changed, action: { type: "alter", remove: ["data.items.0.id"] } });

    const report = await diagnose(harness);
    expect(report.healthy).to.equal(false);
    expectProblem(report, "apiKey", /plain text/, /pulumi config set --secret onvera:apiKey/);
    expectProblem(
      report,
      "config",
      /refreshBeforUpdate .*did you mean "refreshBeforeUpdate"/,
      /config rm onvera:refreshBeforUpdate/,
    );
    expectProblem(report, "adopt", new RegExp(`still names ${id} for "etl"`), /config rm --path 'onvera:adopt.etl'/);
    expectProblem(report, "adopt", /for "gone" that Onvera does not have/, /config rm --path .*gone/);
    expectProblem(
      report,
      "scopes",
      /does not have the scope operations:read/,
      /give the key the scope operations:read/,
    );
    expectProblem(report, "rateLimit", /\d of 8 requests are left/, /what else uses the same API key/);
    expectProblem(report, "api", /cannot be read: data.items\[0\].id: missing/, /update pulumi-onvera/);
    expect(JSON.stringify(report)).to.not.include(emulator.apiKey);
  });

  it("finds an interrupted run, a foreign organization and a wrong clock", async () => {
    const harness = await start({ program: `new Deployment("etl", { appType: "airflow", name: "etl" });` });
    const { project, control } = harness;
    await project.up();
    await control.clock.pause();
    harness.setProgram(`
      new Deployment("etl", { appType: "airflow", name: "etl" });
      new Deployment("late", { appType: "airflow" }, { customTimeouts: { create: "8s" } });`);
    await project.up({ mayFail: true });
    harness.setProgram(`
      new Deployment("etl", { appType: "airflow", name: "etl" });
      new Deployment("late", { appType: "airflow" });
      new Deployment("killed", { appType: "superset" });`);
    const posted = control.requests.next({ method: "POST", path: "/deployments" });
    const up = project.spawnUp();
    await posted;
    up.command.killAll();
    await project.finish(up, { mayFail: true });
    await project.unlock();
    control.faults.add({
      match: { method: "GET", path: "/deployments/*", times: "always" },
      action: { type: "answer", status: 404 },
    });
    const report = await diagnose(harness);
    expectProblem(report, "state", /killed \(creating\)/, /run `pulumi up`/);
    expectProblem(report, "state", /not ready after the last run: late/, /run `pulumi up`/);
    expectProblem(report, "organization", /none of the deployments of the stack's state/, /key of the organization/);

    const tomorrow = new Date(Date.now() + 24 * 60 * 60_000).toUTCString();
    const tenMinutesAgo = new Date(Date.now() - 600_000).toUTCString();
    control.faults.clear();
    control.faults.add({
      match: { method: "GET", times: "always" },
      action: {
        type: "answer",
        status: 200,
        body: { data: { items: [] } },
        headers: { date: tenMinutesAgo, "x-api-key-expires": tomorrow },
      },
    });
    const late = await diagnose(harness);
    expectProblem(late, "apiKey", /the API key expires on/, /how-to-rotate-the-key/);
    expectProblem(late, "clock", /clock is \d+ s ahead of Onvera's/, /set the clock/);
  });

  it("finds what is wrong with the machine, the key and the address", async () => {
    const harness = await start({ program: "" });
    const { project, control, emulator } = harness;
    const access = { ONVERA_API_KEY: emulator.apiKey, ONVERA_BASE_URL: emulator.baseUrl };
    const outside = mkdtempSync(join(project.root, "none-"));
    const elsewhere = (env: Record<string, string>) => diagnose(harness, ["--cwd", outside], env);

    const noCli = await diagnose(harness, ["--cwd", outside, "--pulumi", "./nope"], access);
    expectProblem(noCli, "pulumi", /there is no ".*[\\/]nope"/, /install Pulumi/);
    const noStack = await diagnose(harness, ["--stack", "nope"], access);
    expectProblem(noStack, "stack", /no stack named 'nope' found/, /pulumi stack init/);
    const noKey = await elsewhere({ ONVERA_BASE_URL: emulator.baseUrl });
    expectProblem(noKey, "apiKey", /no API key for Onvera is set/, /pulumi config set --secret/);

    const keyFile = join(project.root, "home", ".config", "onvera", "config.json");
    mkdirSync(join(keyFile, ".."), { recursive: true });
    writeFileSync(keyFile, JSON.stringify({ api_key: emulator.apiKey }), { mode: 0o644 });
    const readable = await elsewhere({ ONVERA_BASE_URL: emulator.baseUrl });
    expectProblem(readable, "apiKey", /config.json can be read by other users/, /chmod 600/);

    const path = await elsewhere({ ...access, ONVERA_BASE_URL: `${emulator.url}/api/v2` });
    expectProblem(path, "baseUrl", /is not Onvera's API/, /https:\/\/api\.onvera\.io\/api\/v1/);
    const plain = await elsewhere({ ...access, ONVERA_BASE_URL: "http://onvera.test" });
    expectProblem(plain, "baseUrl", /unencrypted/, /correct or unset ONVERA_BASE_URL/);
    const port = await listen(createServer(selfSigned, (_, response) => response.writeHead(404).end()));
    const https = { ...access, ONVERA_BASE_URL: `https://127.0.0.1:${port}` };
    expectProblem(await elsewhere(https), "tls", /certificate is not trusted/, /NODE_EXTRA_CA_CERTS/);
    const unchecked = await elsewhere({ ...https, NODE_TLS_REJECT_UNAUTHORIZED: "0", NODE_NO_WARNINGS: "1" });
    expectProblem(unchecked, "tls", /turns the check of certificates off/, /unset NODE_TLS_REJECT_UNAUTHORIZED/);

    const document = JSON.parse(await (await fetch(`${emulator.baseUrl}/openapi.json`)).text());
    delete document.components.schemas.Deployment.properties.status;
    const changedApi = createHttpServer(({ url }, response) => {
      response.end(JSON.stringify(url?.endsWith("/openapi.json") ? document : { data: { items: [] } }));
    });
    const changed = await elsewhere({ ...access, ONVERA_BASE_URL: `http://127.0.0.1:${await listen(changedApi)}` });
    expectProblem(changed, "openapi", /differs from what the provider relies on/, /update pulumi-onvera/);
    const differences = changed.openapi.map(({ severity, text }) => `${severity}: ${text}`);
    expect(differences).to.deep.equal([
      'breaking: GET /deployments: the response has no field "data.items[].status"',
      'breaking: GET /deployments/{id}: the response has no field "data.status"',
    ]);

    await control.keys.revoke(emulator.apiKey);
    const revoked = await elsewhere(access);
    expectProblem(revoked, "apiKey", /API_KEY_REVOKED/, /create another key/);
    const closed = await elsewhere({ ...access, ONVERA_BASE_URL: "http://127.0.0.1:1/api/v1" });
    expectProblem(closed, "api", /connection refused/, /check onvera:baseUrl, the network/);
    for (const report of [noCli, noStack, noKey, readable, path, plain, unchecked, revoked, closed]) {
      expect(JSON.stringify(report)).to.not.include(emulator.apiKey);
    }
  });

  it("finds that a YAML project has no provider plugin, and a Node.js project no package", async () => {
    const harness = await start({ program: "" });
    const { project } = harness;
    project.remove("node_modules/pulumi-onvera");
    expectProblem(
      await diagnose(harness),
      "package",
      /cannot load the package pulumi-onvera/,
      /npm install pulumi-onvera/,
    );
    project.write("Pulumi.yaml", "name: engine-test\nruntime: yaml\n");
    expectProblem(await diagnose(harness), "plugin", /is not installed/, /how-to-install-the-plugin\.md/);
    project.write(
      "Pulumi.yaml",
      "name: engine-test\nruntime: yaml\nplugins: {providers: [{name: onvera, path: nope}]}\n",
    );
    expectProblem(await diagnose(harness), "plugin", /nope, which has no pulumi-resource-onvera/, /correct the path/);
  });
});

function expectProblem(report: DoctorReport, id: Check["id"], message: RegExp, remedy: RegExp): void {
  const problems = report.checks.filter((check) => check.status === "warning" || check.status === "error");
  const found = problems.filter((check) => check.id === id && message.test(check.message));
  expect(found, `${id} ${message} in ${JSON.stringify(report.checks, null, 1)}`).to.have.length(1);
  expect(found[0]?.remedy).to.match(remedy);
}

async function diagnose(
  harness: Harness,
  args?: readonly string[],
  env: Record<string, string> = {},
): Promise<DoctorReport> {
  const { code, stdout, stderr } = await run(harness, [...(args ?? ["--stack", stackName]), "--json"], env);
  expect(stderr).to.equal("");
  const report: DoctorReport = JSON.parse(stdout);
  expect(code).to.equal(report.healthy ? 0 : 2);
  return report;
}

function run({ project }: Harness, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return project.exec(command, ["doctor", ...args], { env, timeoutMs: 240_000 }).ended;
}
