import { expect } from "chai";
import { checkInputs } from "../../../../provider/deployment/check";
import { unknownValue } from "../../../../provider/resource-handler";

const check = (news: Record<string, unknown>, olds: Record<string, unknown> = {}) =>
  checkInputs({ olds, news, logicalName: "etl", autoName: () => "etl-abc1234" });

describe("checkInputs", () => {
  it("reports all errors at once, with paths", () => {
    const { failures } = check({ appType: "spark", name: "", nmae: 1, timeouts: { create: "long", delete: -1 } });
    expect(failures).to.deep.equal([
      { property: "nmae", reason: 'is not a property of a deployment; did you mean "name"?' },
      { property: "appType", reason: 'must be "airflow" or "superset", got "spark"' },
      { property: "name", reason: "must not be empty; omit it to get an automatic name" },
      { property: "timeouts.create", reason: 'expected a number of seconds, got "long"' },
      { property: "timeouts.delete", reason: "must be more than zero seconds" },
    ]);
  });

  it("lists the app types if it is missing or invalid", () => {
    expect(check({}).failures).to.deep.equal([{ property: "appType", reason: 'is required: "airflow" or "superset"' }]);
    expect(check({ appType: null }).failures[0]?.reason).to.contain("is required");
    expect(check({ appType: 3 }).failures[0]?.reason).to.equal('must be "airflow" or "superset", got 3');
    expect(check({ appType: "airflow", name: ["x"] }).failures).to.deep.equal([
      { property: "name", reason: "expected a string, got an array" },
    ]);
  });

  it("does not show an API key that is given as a value", () => {
    expect(check({ appType: "onv_sk_live_a-B_9" }).failures).to.deep.equal([
      { property: "appType", reason: 'must be "airflow" or "superset", got "[API key]"' },
    ]);
  });

  it("creates a name if it is omitted", () => {
    expect(check({ appType: "airflow" })).to.deep.equal({
      inputs: { appType: "airflow", name: "etl-abc1234" },
      failures: [],
    });
    const news = { appType: "airflow" };
    const later = checkInputs({ olds: {}, news, logicalName: "etl", autoName: () => undefined });
    expect(later).to.deep.equal({ inputs: { appType: "airflow", name: unknownValue }, failures: [] });
  });

  it("rejects a name that is too long for the platform, also an automatic one that is not known yet", () => {
    const { failures } = check({ appType: "airflow", name: "x".repeat(256) });
    expect(failures).to.deep.equal([{ property: "name", reason: "must not be longer than 255 characters" }]);
    const news = { appType: "airflow" };
    const automatic = (length: number) =>
      checkInputs({ olds: {}, news, logicalName: "x".repeat(length), autoName: () => undefined }).failures;
    expect(automatic(247)).to.deep.equal([]);
    expect(automatic(248)).to.deep.equal([
      {
        property: "name",
        reason:
          "an automatic name needs a resource name of at most 247 characters: shorten the resource's name, or give the " +
          "deployment a name",
      },
    ]);
  });

  it("keeps the previous name if it is omitted", () => {
    const result = check({ appType: "superset" }, { appType: "airflow", name: "old-name-xyz9876" });
    expect(result.inputs).to.deep.equal({ appType: "superset", name: "old-name-xyz9876" });
  });

  it("prefers a given name to the previous one", () => {
    expect(check({ appType: "airflow", name: "mine" }, { name: "old" }).inputs["name"]).to.equal("mine");
  });

  it("accepts unknown values, and checks the others", () => {
    expect(check({ appType: unknownValue, name: unknownValue })).to.deep.equal({
      inputs: { appType: unknownValue, name: unknownValue },
      failures: [],
    });
    expect(check({ appType: "x", name: unknownValue }).failures).to.have.length(1);
    expect(check({ appType: "airflow", timeouts: { create: unknownValue } }).inputs["timeouts"]).to.equal(unknownValue);
  });

  it("rejects names of JavaScript's built-in properties", () => {
    const news = JSON.parse('{"appType": "airflow", "__proto__": {"name": "x"}, "constructor": 1}');
    const { failures } = check(news);
    expect(failures.map(({ property }) => property)).to.have.members(["__proto__", "constructor"]);
    expect(({} as Record<string, unknown>)["name"]).to.equal(undefined);
  });
});
