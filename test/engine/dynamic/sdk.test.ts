import { expect } from "chai";
import { serializedProvider } from "../../../sdk/serialized-provider";
import { messages } from "../../support/engine";
import { useHarness } from "../../support/harness";

describe("the SDK in a program", () => {
  const start = useHarness();

  it("has functions that read Onvera, with plain values and with outputs", async () => {
    const harness = await start({
      program: `
        const onvera = require("pulumi-onvera");
        const etl = new Deployment("etl", { appType: "airflow" });
        exports.one = onvera.getDeploymentOutput({ id: etl.deploymentId }).apply(({ status }) => status);
        exports.operation = onvera.getOperationOutput({ id: etl.operationId }).apply(({ status }) => status);
        exports.operations = onvera.getOperationsOutput({ resourceId: etl.deploymentId }).apply((all) => all.length);
        exports.all = onvera.getDeployments().then((all) => all.length);
        exports.allOutput = onvera.getDeploymentsOutput().apply((all) => all.length);
        exports.environments = onvera.getEnvironmentsOutput().apply(([first]) => first.id);`,
    });
    for (let count = 0; count < 101; count += 1) await harness.control.deployments.create({ appType: "superset" });
    await harness.project.up();
    const { stdout } = await harness.project.run(["stack", "output", "--json"]);
    expect(JSON.parse(stdout)).to.include({
      one: "ready",
      operation: "succeeded",
      operations: 1,
      environments: "env_default",
    });
    expect(JSON.parse(stdout).all, "more than a page of 100").to.be.at.least(101);
    expect(JSON.parse(stdout).allOutput).to.be.at.least(101);
  });

  it("ends with the error, shown once, if a function fails in an export", async () => {
    const harness = await start();
    harness.control.faults.add({ match: { path: "/operations" }, action: { type: "answer", status: 400 } });
    for (const [expression, error] of [
      ['getDeploymentOutput({ id: "nope" }).url', "GET /deployments/nope failed with 404"],
      ['getDeploymentOutput({ id: "" }).url', "getDeployment: id: expected a non-empty string"],
      ['getOperationOutput({ id: "nope" }).status', "GET /operations/nope failed with 404"],
      ["getOperationsOutput().length", "GET /operations?page=1&per_page=100 failed with 400"],
    ] as const) {
      harness.setProgram(`exports.result = require("pulumi-onvera").${expression};`);
      const { events } = await harness.project.preview({ mayFail: true });
      expect(messages(events).join("\n").split(error), expression).to.have.length(2);
    }
  }).timeout(120_000);

  it("reads a deployment that it does not manage", async () => {
    const harness = await start();
    const { id } = await harness.control.deployments.create({ appType: "superset", name: "theirs" });
    harness.setProgram(
      `const theirs = Deployment.get("theirs", "${id}"); exports.url = theirs.url; exports.name = theirs.name;`,
    );
    await harness.project.up();
    expect(JSON.parse((await harness.project.run(["stack", "output", "--json"])).stdout)).to.include({
      name: "theirs",
    });
    await harness.project.destroy();
    expect(harness.platformIds(), "the stack does not manage it").to.deep.equal([id]);

    harness.setProgram(`Deployment.get("theirs", "dep_00000000-0000-0000-0000-000000000000");`);
    const missing = await harness.project.up({ mayFail: true });
    expect(messages(missing.events).join("\n")).to.contain("does not exist");
  });

  it("adopts a deployment that it only read before", async () => {
    const harness = await start();
    const { id } = await harness.control.deployments.create({ appType: "superset", name: "theirs" });
    harness.setProgram(`Deployment.get("theirs", "${id}");`);
    await harness.project.up();
    await harness.project.refresh();
    await harness.project.run(["config", "set", "--path", "onvera:adopt.theirs", String(id)]);
    harness.setProgram(`new Deployment("theirs", { appType: "superset", name: "theirs" });`);
    await harness.project.up();
    expect(harness.platformIds()).to.deep.equal([id]);
    await harness.expectAgreement();
  });

  it("shows the phases and the URL with the resource", async () => {
    const harness = await start({ speed: 60, program: `new Deployment("etl", { appType: "airflow" });` });
    const { events } = await harness.project.up();
    const lines = events.flatMap(({ diagnosticEvent: event }) =>
      event?.ephemeral === true && event.urn?.endsWith("::etl") ? [event.message] : [],
    );
    const phase = /^infrastructure provisioning, \d+ \w+ of 30 min: Starting the scheduler/;
    expect(lines.some((text) => phase.test(text))).to.equal(true);
    expect(lines.at(-1)).to.contain("ready at https://");
    expect(messages(events), "the summary shows none of it").to.deep.equal([]);
    const destroyed = await harness.project.destroy();
    expect(destroyed.stdout).to.contain("tearing down infra");
  });

  it("stores a provider of under 300 bytes and a small deployment in the state", async () => {
    const harness = await start({ program: `new Deployment("etl", { appType: "airflow" });` });
    await harness.project.up();
    const { inputs, outputs } = await harness.project.resource("etl");
    expect(inputs?.["__provider"]).to.equal(serializedProvider);
    expect(outputs?.["__provider"]).to.equal(serializedProvider);
    expect(Buffer.byteLength(serializedProvider)).to.be.below(300);
    expect(inputs).to.have.all.keys("__provider", "__resource", "appType", "name");
    const { stackTrace, ...resource } = (await harness.project.resource("etl")) as unknown as Record<string, unknown>;
    expect(JSON.stringify(resource, null, 4).length).to.be.below(2_000);
  });

  it("reports a missing API key, with all ways to set it, before any change", async () => {
    const harness = await start({ program: `new Deployment("etl", { appType: "airflow" });` });
    await harness.project.run(["config", "rm", "onvera:apiKey"]);
    const failed = await harness.project.preview({ mayFail: true });
    const printed = messages(failed.events).join("\n");
    expect(printed).to.contain("pulumi config set --secret onvera:apiKey");
    expect(printed).to.contain("ONVERA_API_KEY").and.to.contain("config.json");
    await harness.project.up({ env: { ONVERA_API_KEY: harness.emulator.apiKey } });
    await harness.expectAgreement();

    await harness.project.setConfig({ "onvera:baseUrl": "nonsense" });
    const rejected = await harness.project.preview({ mayFail: true, env: { ONVERA_API_KEY: harness.emulator.apiKey } });
    expect(rejected.code).to.not.equal(0);
    expect(messages(rejected.events).filter((text) => text.includes("is not a URL"))).to.have.length(1);
    expect(rejected.stdout + rejected.stderr, "a stack trace").to.not.match(/^\s+at /m);
  });

  for (const from of ["the stack's configuration", "the environment"]) {
    it(`keeps an API key from ${from} out of the state, output, events and logs`, async () => {
      const harness = await start({ program: `new Deployment("etl", { appType: "airflow" });` });
      const env = from === "the environment" ? { ONVERA_API_KEY: harness.emulator.apiKey } : {};
      if (from === "the environment") await harness.project.run(["config", "rm", "onvera:apiKey"]);
      // At level 9, the engine logs the arguments of Configure, including secrets in the stack's configuration.
      const level = from === "the environment" ? 9 : 8;
      const options = { env, flags: ["--logtostderr", `-v=${level}`, "--debug"] };
      harness.control.outcomes.add({ result: "fail" });
      const runs = [
        await harness.project.up({ ...options, mayFail: true }),
        await harness.project.up(options),
        await harness.project.refresh(options),
        await harness.project.destroy(options),
      ];
      const everything = runs.map(({ stdout, stderr, events }) => stdout + stderr + JSON.stringify(events)).join("\n");
      expect(everything.length, "the logs are on").to.be.above(50_000);
      expect(everything.split(harness.emulator.apiKey).length - 1).to.equal(0);
      expect(harness.project.stateText()).not.to.contain(harness.emulator.apiKey);
    });
  }
});
