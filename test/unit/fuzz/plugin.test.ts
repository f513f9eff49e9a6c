import { expect } from "chai";
import fc from "fast-check";
import { errorOf, failuresOf, PluginClient } from "../../support/plugin-client";
import { forAny, hostileJson, hostileObject } from "./hostile";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});
const property = fc.oneof(
  hostileJson,
  fc.constant(unknown),
  hostileJson.map(secret),
  fc.constantFrom("airflow", "etl"),
);
const properties = hostileObject(property, [
  "appType",
  "name",
  "timeouts",
  "deploymentId",
  "status",
  "operationId",
]).map((values) => values as Record<string, unknown>);

describe("property values from the engine that may be anything", () => {
  let plugin: PluginClient;
  before(async () => {
    plugin = await PluginClient.start();
  });
  after(() => plugin.stop());

  /** An answer, or an error that was made for the reader; never an unexpected one. */
  async function expectAnswered(call: Promise<unknown>): Promise<void> {
    const { code, details } = await errorOf(call);
    expect(code, details).to.be.oneOf(["OK", "INVALID_ARGUMENT", "FAILED_PRECONDITION", "UNIMPLEMENTED"]);
  }

  it("are checked, and each failure names a property", () =>
    forAny(fc.tuple(properties, properties), async ([news, olds]) => {
      const response = await plugin.check(news, { olds });
      for (const failure of failuresOf(response)) expect(failure).to.match(/: \S/s);
      if (failuresOf(response).length === 0) {
        const inputs = response.getInputs()?.toJavaScript() ?? {};
        expect(Object.keys(inputs).sort()).to.deep.equal(["appType", "name"]);
      }
    }));

  it("are compared with whatever the state has", () =>
    forAny(fc.tuple(properties, properties), ([olds, news]) => expectAnswered(plugin.diff(olds, news))));

  it("are previewed, or refused before anything is asked of the platform", () =>
    forAny(fc.tuple(properties, properties), async ([news, olds]) => {
      await expectAnswered(plugin.create(news, { preview: true }));
      await expectAnswered(plugin.update(olds, news, { preview: true }));
    }));

  it("are taken as configuration, or refused", () =>
    forAny(
      hostileObject(property, ["apiKey", "baseUrl", "adopt"]).map((values) => values as Record<string, unknown>),
      async (values) => {
        await expectAnswered(plugin.checkConfig(values));
        await expectAnswered(plugin.diffConfig(values, { ...values, apiKey: unknown }));
      },
    ));

  it("are arguments of functions that are refused one by one", () =>
    forAny(properties, async (args) => {
      // With an argument that no function has, none of them asks the platform.
      const response = await plugin.invoke("onvera:index:getDeployment", { ...args, never: 1 });
      expect(failuresOf(response)).not.to.deep.equal([]);
    }));
});
