import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { DriftedDeployment, DriftReport } from "../../cli/drift/report";
import type { Ended } from "../../scripts/engine/command";
import { freePort } from "../../scripts/engine/free-port";
import { hosts } from "../../scripts/engine/hosts";
import { repositoryRoot, stackName } from "../support/engine";
import { type Harness, useHarness } from "../support/harness";

const command = join(repositoryRoot, "bin", "pulumi-onvera");

for (const host of hosts) {
  describe(`pulumi-onvera drift, with ${host.name}`, () => {
    const start = useHarness();

    it("reports every kind of drift and what pulumi up would do, and changes nothing", async () => {
      const program = `
        for (const name of ["gone", "broken", "going", "renamed", "fine"]) new Deployment(name, { appType: "superset" });
        new Deployment("chosen", { appType: "airflow", name: "chosen" });
        new Deployment("kept", { appType: "airflow" }, { protect: true });`;
      const late = `new Deployment("late", { appType: "airflow" }, { customTimeouts: { create: "8s" } });`;
      const harness = await start({ host, program });
      await harness.project.up();
      await harness.control.clock.pause();
      harness.setProgram(program + late);
      await harness.project.up({ mayFail: true });
      harness.setProgram(`${program}${late} new Deployment("new", { appType: "airflow" });`);
      const { deployments } = harness.control;
      await deployments.destroyNow("gone-*");
      await deployments.markFailed("broken-*");
      await deployments.destroy("going-*");
      await deployments.rename("renamed-*", "other");
      await deployments.rename("chosen", "taken");
      await deployments.markFailed("kept-*");
      await deployments.change("late-*", { change: "finishOperation" });
      const before = { state: harness.project.stateText(), platform: harness.control.state() };
      harness.control.requests.clear();

      const { code, stdout } = await drift(harness, "--json");
      const report: DriftReport = JSON.parse(stdout);
      const asked = harness.control.requests.list().requests;
      expect(
        asked.filter(({ method }) => method !== "GET"),
        "requests other than GET",
      ).to.deep.equal([]);
      expect(Object.keys(report)).to.deep.equal([
        ...["formatVersion", "project", "stack", "drift", "checked"],
        ...["deployments", "pending", "others", "unapplied", "upErrors", "sharedNames"],
      ]);
      expect(report).to.deep.include({ formatVersion: 1, project: "engine-test", stack: "dev", drift: true });
      expect(report).to.deep.include({ checked: 8, others: [] });
      expect(report.unapplied).to.deep.equal([{ name: "new", urn: urn("new"), up: "create" }]);
      const found = Object.fromEntries(report.deployments.map((each) => [each.name, summaryOf(each)]));
      const goneId = await idOf(harness, "gone");
      expect(found).to.deep.equal({
        gone: { up: "create", differences: [["gone", "deploymentId", goneId, null]] },
        broken: { up: "replace", differences: [["failed", "status", "ready", "failed"]] },
        going: { up: "replace", differences: [["destroying", "status", "ready", "destroying"]] },
        renamed: { up: "nothing", differences: [["renamed", "name", "renamed-*", "other"]] },
        chosen: { up: "replace", differences: [["renamed", "name", "chosen", "taken"]] },
        kept: { up: "fail", differences: [["failed", "status", "ready", "failed"]] },
        late: { up: "nothing", differences: [["status", "status", "provisioning", "ready"]] },
      });
      expect(report.deployments.map((each) => each.urn)).to.include(urn("kept"));
      expect(report.upErrors.join()).to.match(/^kept: unable to replace resource/);
      expect(code).to.equal(2);

      const shown = await drift(harness);
      expect(shown.code).to.equal(2);
      expect(shown.stdout.replaceAll(/ +/g, " ")).to.include('drift: 7 of 8 deployments of stack "dev"');
      expect(shown.stdout).to.match(/^broken +failed +status +ready +failed +replace it$/m);
      expect(shown.stdout).to.match(/^renamed +renamed +name +renamed-\w{7} +other +do nothing$/m);
      expect(shown.stdout).to.match(/^kept +failed +status +ready +failed +fail$/m);
      expect(shown.stdout).to.match(/^gone +gone +deploymentId +\S+ +- +create it$/m);
      expect(shown.stdout).to.include("not drift, but not applied yet: new (pulumi up would create it)");

      expect(harness.project.stateText()).to.equal(before.state);
      expect(harness.control.state().deployments).to.deep.equal(before.platform.deployments);
      const requests = harness.control.requests.list().requests;
      expect([...new Set(requests.map(({ method }) => method))]).to.deep.equal(["GET"]);

      function urn(name: string): string {
        return `urn:pulumi:dev::engine-test::${host.type}::${name}`;
      }
    });

    it("ends with 0 and one line if nothing differs", async () => {
      const harness = await start({ host, program: `new Deployment("etl", { appType: "airflow" });` });
      const before = await drift(harness);
      expect(before.stdout).to.equal(
        'no drift: 0 deployments of stack "dev" of project "engine-test" checked\n\n' +
          "not drift, but not applied yet: etl (pulumi up would create it)\n",
      );
      await harness.project.up();
      const after = await drift(harness);
      expect(after).to.deep.include({ code: 0, stderr: "" });
      expect(after.stdout).to.equal('no drift: 1 deployment of stack "dev" of project "engine-test" checked\n');
      const { stdout } = await drift(harness, "--json");
      expect(JSON.parse(stdout)).to.deep.include({ drift: false, checked: 1, deployments: [], unapplied: [] });

      const closed = await harness.project.exec("bash", ["-c", closedPipe, "bash", command, "--stack", stackName])
        .ended;
      expect(closed, "the exit code, if the reader closes the pipe").to.deep.include({ stdout: "0\n", stderr: "" });
    });

    it("reports a pending create of a killed run, and exits with 2", async () => {
      const harness = await start({ host, program: `new Deployment("etl", { appType: "airflow" });` });
      await harness.control.clock.pause();
      const polled = harness.control.requests.next({ method: "GET", path: "/operations/*" });
      const run = harness.project.spawnUp();
      await polled;
      run.command.killAll();
      await harness.project.finish(run, { mayFail: true });
      await harness.project.unlock();
      const { code, stdout } = await drift(harness);
      expect(stdout).to.equal(
        'drift: 0 of 0 deployments of stack "dev" of project "engine-test"\n\n' +
          `pending operations, of a run that was interrupted or is still running:\n  etl (${host.type}): creating\n`,
      );
      expect(code).to.equal(2);
    });

    it("ends with 1 if it cannot read the platform, for any reason, and never prints the key", async () => {
      // Once the emulator is closed, the system must not give its port to another test.
      const port = await freePort();
      const harness = await start({ host, port, program: `new Deployment("etl", { appType: "airflow" });` });
      const { project, control, emulator } = harness;
      await project.up();
      await control.deployments.destroyNow("etl-*");

      await control.keys.revoke(emulator.apiKey);
      const revoked = await drift(harness);
      expect(revoked).to.deep.include({ code: 1, stdout: "" });
      expect(revoked.stderr).to.match(/^pulumi-onvera drift: .* 401 API_KEY_REVOKED/m);
      const asJson = await drift(harness, "--json");
      expect(asJson.code).to.equal(1);
      expect(JSON.parse(asJson.stdout)).to.have.all.keys("formatVersion", "error");
      expect(JSON.parse(asJson.stdout).error).to.include("API_KEY_REVOKED");

      await emulator.close();
      const unreachable = await drift(harness);
      expect(unreachable).to.deep.include({ code: 1, stdout: "" });
      expect(unreachable.stderr).to.include("ended with code 1: ").and.to.include("connection refused");
      for (const { stdout, stderr } of [revoked, asJson, unreachable]) {
        expect(stdout + stderr).to.not.include(emulator.apiKey);
      }
    });
  });
}

describe("pulumi-onvera drift", () => {
  const start = useHarness();

  it("reports a wrong stack, folder, CLI or flag", async () => {
    const harness = await start({ program: "" });
    const said = async (...args: string[]) => {
      const { code, stdout, stderr } = await drift(harness, ...args);
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: "" });
      return stderr;
    };
    expect(await said("--stack", "nope")).to.match(/ended with code \d+: no stack named 'nope' found/);
    expect(await said("--cwd", "nope")).to.match(/nope is not a folder\n$/);
    expect(await said("--cwd", "..")).to.match(/ended with code \d+: no Pulumi\.yaml project file found/);
    expect(await said("--pulumi", "./nope")).to.match(
      /^pulumi-onvera drift: there is no ".*[\\/]nope"; install Pulumi/,
    );
    expect(await said("--jsn")).to.equal("pulumi-onvera: Unknown option '--jsn'; see pulumi-onvera --help\n");
  });

  it("shows only the names of properties of other resources, and counts them with --others count", async () => {
    const harness = await start({
      program: `
        const pulumi = require("@pulumi/pulumi");
        const fs = require("node:fs");
        class File extends pulumi.dynamic.Resource {
          constructor(name, file) {
            super({
              create: async () => ({ id: file, outs: { file, text: "as made" } }),
              read: async (id, props) => {
                const { existsSync, readFileSync } = require("node:fs");
                return existsSync(id) ? { id, props: { ...props, text: readFileSync(id, "utf8") } } : { id: "", props: {} };
              },
            }, name, {});
          }
        }
        new File("kept", ${JSON.stringify("kept.txt")});
        new File("lost", ${JSON.stringify("lost.txt")});
        new Deployment("etl", { appType: "airflow" });`,
      files: { "kept.txt": "as made", "lost.txt": "as made" },
    });
    await harness.project.up();
    expect((await drift(harness, "--others", "count")).code).to.equal(0);

    harness.project.write("kept.txt", "something confidential");
    harness.project.remove("lost.txt");
    const listed = await drift(harness);
    expect(listed.code).to.equal(0);
    expect(listed.stdout).to.include("2 other resources differ:");
    expect(listed.stdout).to.match(/^kept +pulumi-nodejs:dynamic:Resource +text +do nothing$/m);
    expect(listed.stdout).to.match(/^lost +pulumi-nodejs:dynamic:Resource +gone +create it$/m);
    expect(listed.stdout + listed.stderr).to.not.include("confidential");

    const counted = await drift(harness, "--others", "count", "--json");
    expect(counted.code).to.equal(2);
    expect(JSON.parse(counted.stdout)).to.deep.include({ drift: true, deployments: [] });
    expect(JSON.parse(counted.stdout).others).to.have.length(2);
    expect((await drift(harness, "--others", "ignore", "--json")).stdout).to.include('"others": []');
  });

  it("forwards Ctrl-C and SIGHUP to Pulumi, prints no result and leaves no file", async () => {
    const harness = await start({ program: `new Deployment("etl", { appType: "airflow" });` });
    await harness.project.up();
    harness.control.faults.add({ match: { path: "/deployments", times: "always" }, action: { type: "hang" } });
    const temporary = join(harness.project.root, "temporary");
    mkdirSync(temporary);
    for (const signal of ["SIGINT", "SIGHUP"] as const) {
      const requested = harness.control.requests.next({ path: "/deployments" });
      const running = harness.project.exec(command, ["drift", "--stack", stackName], { env: { TMPDIR: temporary } });
      await requested;
      if (signal === "SIGINT") running.interrupt();
      else running.signal(signal);
      const { code, stdout, stderr } = await running.ended;
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: "" });
      expect(stderr).to.include("was interrupted");
      expect(readdirSync(temporary).filter((name) => name.includes("onvera"))).to.deep.equal([]);
    }
  });

  it("masks the key even if a program prints it and the configuration has it in plain text", async () => {
    const harness = await start({
      program: `
        const pulumi = require("@pulumi/pulumi");
        pulumi.log.warn("the key is " + new pulumi.Config("onvera").get("apiKey"));`,
    });
    const key = harness.emulator.apiKey;
    await harness.project.setConfig({ "onvera:apiKey": key });
    const { code, stdout, stderr } = await drift(harness);
    expect(code).to.equal(0);
    expect(stderr).to.equal("warning: the key is [API key]\n");
    expect(stdout + stderr).to.not.include(key);
  });
});

/** Runs the command with a closed stdout, and prints its exit code. */
const closedPipe = `{ { "$1" drift --json "$2" "$3"; echo $? >&3; } | true; } 3>&1`;

function drift({ project }: Harness, ...args: string[]): Promise<Ended> {
  const stack = args.includes("--stack") ? [] : ["--stack", stackName];
  return project.exec(command, ["drift", ...stack, ...args]).ended;
}

/** The differences as rows, with a star for the random part of an automatic name. */
function summaryOf({ differences, up }: DriftedDeployment) {
  const text = (value: unknown) => (typeof value === "string" ? value.replace(/^(\w+)-[a-z0-9]{7}$/, "$1-*") : value);
  return {
    up,
    differences: differences.map(({ kind, property, state, platform }) => [
      kind,
      property,
      text(state),
      text(platform),
    ]),
  };
}

async function idOf({ project }: Harness, name: string): Promise<string | undefined> {
  return (await project.resource(name)).id;
}
