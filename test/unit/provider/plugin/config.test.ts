import { expect } from "chai";
import { checkConfig, inputsToKeep, readConfig } from "../../../../provider/plugin/config";
import { unknownValue } from "../../../../provider/resource-handler";

/** A machine without other settings. */
const nowhere = { env: {}, homedir: () => "/nonexistent" };
const check = (values: Record<string, unknown>, sources: object = nowhere) =>
  checkConfig(values, sources).map(({ property, reason }) => `${property}: ${reason}`);

describe("checkConfig", () => {
  it("reports all errors at once, with paths", () => {
    const failures = checkConfig(
      { apiKey: "a b", baseUrl: "ftp://x", refreshBeforeUpdate: "perhaps", adopt: { etl: 1.5 }, apikey: "x" },
      nowhere,
    );
    expect(failures.map(({ property }) => property)).to.deep.equal([
      "apikey",
      "apiKey",
      "baseUrl",
      "refreshBeforeUpdate",
      "adopt.etl",
    ]);
  });

  it("names all three ways to set a key if there is none", () => {
    const [failure, ...others] = check({});
    expect(failure).to.contain("apiKey: onvera:apiKey is missing").and.to.contain("pulumi config set --secret");
    expect(failure).to.contain("ONVERA_API_KEY").and.to.contain("config.json");
    expect(others).to.deep.equal([]);
  });

  it("reads the key and the base URL from the environment", () => {
    const env = { ONVERA_API_KEY: "onv_sk_live_x", ONVERA_BASE_URL: "http://remote.example" };
    expect(check({}, { ...nowhere, env }))
      .to.have.length(1)
      .and.to.satisfy(([only]: string[]) => /unencrypted/.test(only ?? ""));
  });

  it("never shows a key", () => {
    const key = "onv_sk_live_secret key";
    expect(
      check({ apiKey: key, baseUrl: `https://x/?${key}`, refreshBeforeUpdate: key, adopt: key }).join(),
    ).not.to.contain("onv_sk_live_secret");
  });

  for (const [what, baseUrl, problem] of [
    ["a query", "https://api.onvera.io?x=1", "contains a query"],
    ["a fragment", "https://api.onvera.io/#x", "contains a fragment"],
    ["a password", "https://u:p@api.onvera.io", "contains a user or a password"],
    ["http to another machine", "http://10.0.0.1", "would send the API key unencrypted"],
    ["another text", "onvera", "is not a URL"],
    ["no content", "", "is empty"],
  ] as const) {
    it(`rejects a base URL with ${what}`, () => {
      const failures = check({ apiKey: "k", baseUrl });
      expect(failures).to.have.length(1);
      expect(failures[0])
        .to.match(/^baseUrl: /)
        .and.to.contain(problem);
    });
  }

  for (const [what, apiKey, problem] of [
    ["line breaks", "onv_sk\n", "white space"],
    ["an ellipsis", "onv_sk_…", "contains invalid characters"],
    ["no content", "", "is empty"],
    ["a number as value", 12, "expected a string, got a number"],
  ] as const) {
    it(`rejects a key with ${what}`, () => {
      const failures = check({ apiKey });
      expect(failures).to.have.length(1);
      expect(failures[0])
        .to.match(/^apiKey: /)
        .and.to.contain(problem);
    });
  }

  it("ignores unknown values", () => {
    expect(
      check({
        apiKey: unknownValue,
        baseUrl: unknownValue,
        refreshBeforeUpdate: unknownValue,
        adopt: { etl: unknownValue },
      }),
    ).to.deep.equal([]);
  });

  it("accepts the engine's own inputs", () => {
    expect(check({ apiKey: "k", version: "1.0.0", pluginDownloadURL: "x", __internal: {} })).to.deep.equal([]);
  });
});

describe("readConfig", () => {
  it("reads values from programs and from the stack's configuration", () => {
    const written = { refreshBeforeUpdate: false, adopt: { etl: "dep_1" } };
    const inConfig = { refreshBeforeUpdate: "false", adopt: '{"etl":"dep_1"}' };
    for (const values of [written, inConfig]) {
      expect(readConfig({ apiKey: "k", ...values })).to.deep.equal({
        apiKey: "k",
        refreshBeforeUpdate: false,
        wasRefreshOff: false,
        hadOtherKeys: false,
        adopt: { etl: "dep_1" },
      });
    }
  });

  it("refreshes before an update by default", () => {
    expect(readConfig({})).to.deep.equal({
      refreshBeforeUpdate: true,
      wasRefreshOff: false,
      hadOtherKeys: false,
      adopt: {},
    });
  });

  it("records in the state that it was off", () => {
    const off = inputsToKeep({}, { apiKey: "k", refreshBeforeUpdate: "false" }, undefined);
    expect(readConfig(off).wasRefreshOff).to.equal(true);
    expect(readConfig(inputsToKeep(off, { apiKey: "k" }, undefined))).to.include({
      refreshBeforeUpdate: true,
      wasRefreshOff: true,
    });
    expect(inputsToKeep({ apiKey: "k" }, { apiKey: "k2" }, undefined)).to.deep.equal({ apiKey: "k2" });
  });

  it("remembers in the state which keys and addresses the last runs used, without the keys", () => {
    const first = inputsToKeep({}, { apiKey: "k1" }, "origin1");
    expect(first).to.deep.equal({ apiKey: "k1", __origins: "origin1" });
    expect(readConfig(inputsToKeep(first, { apiKey: "k1" }, "origin1")).hadOtherKeys).to.equal(false);
    const second = inputsToKeep(first, { apiKey: "k2" }, "origin2");
    expect(readConfig(second).hadOtherKeys).to.equal(true);
    expect(inputsToKeep(second, { apiKey: "k1" }, "origin1")["__origins"]).to.equal("origin2 origin1");
    expect(inputsToKeep(second, {}, undefined)["__origins"], "in a preview that does not know the key").to.equal(
      "origin1 origin2",
    );
  });
});
