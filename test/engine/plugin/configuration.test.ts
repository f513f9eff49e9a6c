import { expect } from "chai";
import { fingerprint } from "../../../emulator/src/platform/keys";
import { messages, stepsByResource } from "../../support/engine";
import { deployment, reference, useYamlHarness } from "../../support/plugin-yaml";

const secret = (value: string) => ({ "fn::secret": value });

describe("the plugin's configuration", () => {
  const start = useYamlHarness();

  it("serves two providers with two keys in one program, and a changed key replaces nothing", async () => {
    const { harness, setYaml } = await start({});
    const { project, control, emulator } = harness;
    const provider = (apiKey: string) => ({
      type: "pulumi:providers:onvera",
      properties: { apiKey: secret(apiKey), baseUrl: emulator.baseUrl },
    });
    const program = (first: string, second: string) => ({
      resources: {
        team1: provider(first),
        team2: provider(second),
        one: deployment("airflow", {}, { provider: reference("team1") }),
        two: deployment("airflow", {}, { provider: reference("team2") }),
      },
    });
    const keys = ["onv_sk_live_first", "onv_sk_live_second", "onv_sk_live_next"] as const;
    for (const key of keys) await control.keys.add({ key });
    setYaml(program(keys[0], keys[1]));
    await project.up();
    const creates = control.requests.list().requests.filter(({ method }) => method === "POST");
    expect(creates.map(({ key }) => key)).to.have.members([fingerprint(keys[0]), fingerprint(keys[1])]);

    await control.keys.revoke(keys[0]);
    setYaml(program(keys[2], keys[1]));
    const { events } = await project.up();
    expect(stepsByResource(events)).to.deep.equal({ one: ["same"], two: ["same"] });
    // Before it brings the new key, the engine looks with the old one.
    expect(messages(events)).to.have.length(1);
    expect(messages(events)[0])
      .to.contain("API key has been revoked")
      .and.to.contain("continuing with the recorded state");
    await harness.expectAgreement();
    for (const key of keys) expect(project.stateText()).not.to.contain(key);
    await project.destroy();
    expect(harness.platformIds()).to.deep.equal([]);
  });

  it("names the input of an explicit provider that adopts a deployment", async () => {
    const { harness, setYaml } = await start({});
    const { project, control, emulator } = harness;
    const { id } = await control.deployments.create({ appType: "airflow", name: "etl" });
    const program = (inputs: Record<string, unknown>) => ({
      resources: {
        emea: {
          type: "pulumi:providers:onvera",
          properties: { apiKey: secret(emulator.apiKey), baseUrl: emulator.baseUrl, ...inputs },
        },
        etl: deployment("airflow", { name: "etl" }, { provider: reference("emea") }),
      },
    });
    setYaml(program({}));
    const stopped = await project.up({ mayFail: true });
    expect(messages(stopped.events).join("\n")).to.contain(
      `add \`adopt: { "etl": "${id}" }\` to the inputs of the provider "emea"`,
    );
    expect(harness.countRequests("POST")).to.equal(0);

    setYaml(program({ adopt: { etl: id } }));
    await project.up();
    expect(await harness.stateIds()).to.deep.equal([id]);
    expect(harness.countRequests("POST")).to.equal(0);
  });

  it("takes the key from the stack's configuration, where it came from the environment before", async () => {
    const { harness } = await start({ resources: { etl: deployment("airflow") } });
    const { project, emulator } = harness;
    await project.run(["config", "rm", "onvera:apiKey"]);
    await project.up({ env: { ONVERA_API_KEY: emulator.apiKey } });

    await project.setConfig({ "onvera:apiKey": { secret: emulator.apiKey } });
    // Before it brings the configuration, the engine looks with that of the state, which has no key.
    const { events } = await project.up();
    expect(stepsByResource(events)).to.deep.equal({ etl: ["same"] });
    expect(messages(events)[0])
      .to.contain("onvera:apiKey is missing")
      .and.to.contain("continuing with the recorded state");
    expect(messages((await project.up()).events)).to.deep.equal([]);
    await harness.expectAgreement();
  });

  it("is checked as a whole before anything else, and says all that is wrong", async () => {
    const { harness } = await start({ resources: { etl: deployment("airflow") } });
    await harness.project.setConfig({
      "onvera:apiKey": { secret: "onv sk" },
      "onvera:baseUrl": "http://onvera.example?x=1",
      "onvera:refreshBeforeUpdate": "perhaps",
      "onvera:colour": "red",
    });
    const failed = await harness.project.preview({ mayFail: true });
    expect(failed.code).not.to.equal(0);
    const said = messages(failed.events, { severities: ["error"] }).join("\n");
    expect(said).to.contain("contains white space");
    expect(said).to.contain("onvera:baseUrl").and.to.contain("contains a query");
    expect(said).to.contain("expected true or false");
    expect(said).to.contain("is not a setting of this provider");
    expect(said).not.to.contain("onv sk");
  });

  it("says all three ways to give a key when there is none", async () => {
    const { harness } = await start({ resources: { etl: deployment("airflow") } });
    await harness.project.run(["config", "rm", "onvera:apiKey"]);
    const failed = await harness.project.preview({ mayFail: true });
    const said = messages(failed.events, { severities: ["error"] }).join("\n");
    expect(said).to.contain("pulumi config set --secret onvera:apiKey");
    expect(said).to.contain("ONVERA_API_KEY").and.to.contain("config.json");
  });
});
