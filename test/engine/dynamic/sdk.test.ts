import { expect } from "chai";
import { serializedProvider } from "../../../sdk/serialized-provider";
import { messages } from "../../support/engine";
import { useWorlds } from "../../support/world";

describe("the SDK in a program", () => {
  const world = useWorlds();

  it("has functions that read the platform, also by outputs", async () => {
    const w = await world({
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
    for (let made = 0; made < 101; made += 1) await w.control.deployments.create({ appType: "superset" });
    await w.project.up();
    const { stdout } = await w.project.run(["stack", "output", "--json"]);
    expect(JSON.parse(stdout)).to.include({
      one: "ready",
      operation: "succeeded",
      operations: 1,
      environments: "env_default",
    });
    expect(JSON.parse(stdout).all, "more than a page of 100").to.be.at.least(101);
    expect(JSON.parse(stdout).allOutput).to.be.at.least(101);
  });

  it("gets a deployment that it does not manage", async () => {
    const w = await world();
    const { id } = await w.control.deployments.create({ appType: "superset", name: "theirs" });
    w.setProgram(
      `const theirs = Deployment.get("theirs", "${id}"); exports.url = theirs.url; exports.name = theirs.name;`,
    );
    await w.project.up();
    expect(JSON.parse((await w.project.run(["stack", "output", "--json"])).stdout)).to.include({ name: "theirs" });
    await w.project.destroy();
    expect(w.platformIds(), "it is not ours to destroy").to.deep.equal([id]);

    w.setProgram(`Deployment.get("theirs", "dep_00000000-0000-0000-0000-000000000000");`);
    const missing = await w.project.up({ mayFail: true });
    expect(messages(missing.events).join("\n")).to.contain("does not exist");
  });

  it("shows phases with the resource while it waits, and where it is ready", async () => {
    const w = await world({ speed: 300, program: `new Deployment("etl", { appType: "airflow" });` });
    const { events } = await w.project.up();
    const said = events.flatMap(({ diagnosticEvent: event }) =>
      event?.ephemeral === true && event.urn?.endsWith("::etl") ? [event.message] : [],
    );
    const phase = /^infrastructure provisioning, \d+ \w+ of 30 min: Starting the scheduler/;
    expect(said.some((text) => phase.test(text))).to.equal(true);
    expect(said.at(-1)).to.contain("ready at https://");
    expect(messages(events), "nothing of it is left in the summary").to.deep.equal([]);
    const destroyed = await w.project.destroy();
    expect(destroyed.stdout).to.contain("tearing down infra");
  });

  it("keeps a provider of under 300 bytes and a small deployment in the state", async () => {
    const w = await world({ program: `new Deployment("etl", { appType: "airflow" });` });
    await w.project.up();
    const { inputs, outputs } = await w.project.resource("etl");
    expect(inputs?.["__provider"]).to.equal(serializedProvider);
    expect(outputs?.["__provider"]).to.equal(serializedProvider);
    expect(Buffer.byteLength(serializedProvider)).to.be.below(300);
    expect(inputs).to.have.all.keys("__provider", "appType", "name");
    const { stackTrace, ...resource } = (await w.project.resource("etl")) as unknown as Record<string, unknown>;
    expect(JSON.stringify(resource, null, 4).length).to.be.below(2_000);
  });

  it("says all the ways to give an API key when there is none, before anything is touched", async () => {
    const w = await world({ program: `new Deployment("etl", { appType: "airflow" });` });
    await w.project.run(["config", "rm", "onvera:apiKey"]);
    const failed = await w.project.preview({ mayFail: true });
    const said = messages(failed.events).join("\n");
    expect(said).to.contain("pulumi config set --secret onvera:apiKey");
    expect(said).to.contain("ONVERA_API_KEY").and.to.contain("config.json");
    await w.project.up({ env: { ONVERA_API_KEY: w.emulator.apiKey } });
    await w.expectAgreement();

    await w.project.setConfig({ "onvera:baseUrl": "nonsense" });
    const rejected = await w.project.preview({ mayFail: true, env: { ONVERA_API_KEY: w.emulator.apiKey } });
    expect(rejected.code).to.not.equal(0);
    expect(messages(rejected.events).filter((text) => text.includes("is not a URL"))).to.have.length(1);
    expect(rejected.stdout + rejected.stderr, "a stack trace").to.not.match(/^\s+at /m);
  });

  it("adopts the deployment that the configuration names, and only at the create", async () => {
    const w = await world({ program: `new Deployment("etl", { appType: "superset", name: "lost" });` });
    const { id } = await w.control.deployments.create({ appType: "superset", name: "lost" });
    await w.project.run(["config", "set", "--path", "onvera:adopt.etl", id]);
    await w.project.up();
    expect((await w.project.resource("etl")).id).to.equal(id);
    expect(w.countRequests("POST")).to.equal(0);
    await w.expectAgreement();
  });

  for (const from of ["the stack's configuration", "the environment"]) {
    it(`keeps an API key from ${from} out of state, output, events and logs`, async () => {
      const w = await world({ program: `new Deployment("etl", { appType: "airflow" });` });
      const env = from === "the environment" ? { ONVERA_API_KEY: w.emulator.apiKey } : {};
      if (from === "the environment") await w.project.run(["config", "rm", "onvera:apiKey"]);
      // At level 9 the engine itself logs what it hands to Configure, secrets of the stack's configuration included.
      const level = from === "the environment" ? 9 : 8;
      const options = { env, flags: ["--logtostderr", `-v=${level}`, "--debug"] };
      w.control.outcomes.add({ result: "fail" });
      const runs = [
        await w.project.up({ ...options, mayFail: true }),
        await w.project.up(options),
        await w.project.refresh(options),
        await w.project.destroy(options),
      ];
      const everything = runs.map(({ stdout, stderr, events }) => stdout + stderr + JSON.stringify(events)).join("\n");
      expect(everything.length, "there is something to look through").to.be.above(50_000);
      expect(everything.split(w.emulator.apiKey).length - 1).to.equal(0);
      expect(w.project.stateText()).not.to.contain(w.emulator.apiKey);
    });
  }
});
