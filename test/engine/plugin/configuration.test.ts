import { expect } from "chai";
import { fingerprint } from "../../../emulator/src/platform/keys";
import { messages, stepsByResource } from "../../support/engine";
import { deployment, reference, useYamlHarness } from "../../support/plugin-yaml";

const secret = (value: string) => ({ "fn::secret": value });

describe("the configuration of the provider plugin", () => {
  const start = useYamlHarness();

  it("can differ between two providers in one program, and a changed key replaces nothing", async () => {
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
    // The engine refreshes with the old key before it configures the new one.
    expect(messages(events)).to.have.length(1);
    expect(messages(events)[0])
      .to.contain("API key has been revoked")
      .and.to.contain("continuing with the recorded state");
    await harness.expectAgreement();
    for (const key of keys) expect(project.stateText()).not.to.contain(key);
    await project.destroy();
    expect(harness.platformIds()).to.deep.equal([]);
  });

  it("is the input of an explicit provider in a message about adoption, also if the state has the provider", async () => {
    const { harness, setYaml } = await start({});
    const { project, control, emulator } = harness;
    const etl = { etl: deployment("airflow", { name: "etl" }, { provider: reference("emea") }) };
    const program = (inputs: Record<string, unknown>, resources: Record<string, unknown> = etl) => ({
      resources: {
        emea: {
          type: "pulumi:providers:onvera",
          properties: { apiKey: secret(emulator.apiKey), baseUrl: emulator.baseUrl, ...inputs },
        },
        first: deployment("airflow", {}, { provider: reference("emea") }),
        ...resources,
      },
    });
    setYaml(program({}, {}));
    await project.up();
    const { id } = await control.deployments.create({ appType: "airflow", name: "etl" });
    setYaml(program({}));
    const creates = harness.countRequests("POST");
    const stopped = await project.up({ mayFail: true });
    expect(messages(stopped.events).join("\n")).to.contain(
      `add \`adopt: { "etl": "${id}" }\` to the inputs of the provider "emea"`,
    );
    expect(harness.countRequests("POST")).to.equal(creates);

    setYaml(program({ adopt: { etl: id } }));
    await project.up();
    expect((await project.resource("etl")).id).to.equal(id);
    expect(harness.countRequests("POST")).to.equal(creates);
  });

  it("can get the key from the stack's configuration after it came from the environment", async () => {
    const { harness } = await start({ resources: { etl: deployment("airflow") } });
    const { project, emulator } = harness;
    await project.run(["config", "rm", "onvera:apiKey"]);
    await project.up({ env: { ONVERA_API_KEY: emulator.apiKey } });

    await project.setConfig({ "onvera:apiKey": { secret: emulator.apiKey } });
    // The engine refreshes with the configuration in the state, which has no key, before it uses the new one.
    const { events } = await project.up();
    expect(stepsByResource(events)).to.deep.equal({ etl: ["same"] });
    expect(messages(events)[0])
      .to.contain("onvera:apiKey is missing")
      .and.to.contain("continuing with the recorded state");
    expect(messages((await project.up()).events)).to.deep.equal([]);
    await harness.expectAgreement();
  });

  it("is checked first, and every mistake is reported", async () => {
    const { harness } = await start({ resources: { etl: deployment("airflow") } });
    await harness.project.setConfig({
      "onvera:apiKey": { secret: "onv sk" },
      "onvera:baseUrl": "http://onvera.example?x=1",
      "onvera:refreshBeforeUpdate": "perhaps",
      "onvera:colour": "red",
    });
    const failed = await harness.project.preview({ mayFail: true });
    expect(failed.code).not.to.equal(0);
    const printed = messages(failed.events, { severities: ["error"] }).join("\n");
    expect(printed).to.contain("contains white space");
    expect(printed).to.contain("onvera:baseUrl").and.to.contain("contains a query");
    expect(printed).to.contain("expected true or false");
    expect(printed).to.contain("is not a setting of this provider");
    expect(printed).not.to.contain("onv sk");
  });

  it("reports a missing key with all three ways to set it", async () => {
    const { harness } = await start({ resources: { etl: deployment("airflow") } });
    await harness.project.run(["config", "rm", "onvera:apiKey"]);
    const failed = await harness.project.preview({ mayFail: true });
    const printed = messages(failed.events, { severities: ["error"] }).join("\n");
    expect(printed).to.contain("pulumi config set --secret onvera:apiKey");
    expect(printed).to.contain("ONVERA_API_KEY").and.to.contain("config.json");
  });
});
