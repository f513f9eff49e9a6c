import { expect } from "chai";
import { type Emulator, startEmulator } from "../../../../emulator/src";
import { OnveraClient } from "../../../../provider/api/client";
import { preflight } from "../../../../provider/runtime/preflight";

describe("preflight", () => {
  let emulator: Emulator;
  before(async () => {
    emulator = await startEmulator();
  });
  after(() => emulator.close());

  const warningsFor = (apiKey: string) =>
    preflight(new OnveraClient({ settings: { apiKey, baseUrl: emulator.baseUrl } }));

  it("does not warn about a key with all scopes, and changes nothing", async () => {
    await emulator.control.deployments.create({ appType: "airflow", name: "etl" });
    const before = emulator.control.state();
    expect(await warningsFor(emulator.apiKey)).to.deep.equal([]);
    expect(emulator.control.state().deployments).to.deep.equal(before.deployments);
    expect(emulator.control.state().operations).to.deep.equal(before.operations);
  });

  it("warns about a missing scope, and its consequence", async () => {
    const key = "onv_sk_live_reader";
    await emulator.control.keys.add({ key, scopes: ["deployments:read"] });
    expect(await warningsFor(key)).to.deep.equal([
      "the API key does not have every scope that an apply needs (Insufficient scope. Required: operations:read): " +
        "without it, an apply shows neither phases nor the reason for a failure",
    ]);
  });

  it("ends without a warning on Ctrl-C", async () => {
    emulator.control.faults.add({ match: { times: "always" }, action: { type: "hang" } });
    const requested = emulator.control.requests.next({ path: "/deployments" });
    const canceled = new AbortController();
    const client = new OnveraClient({ settings: { apiKey: emulator.apiKey, baseUrl: emulator.baseUrl } });
    const warnings = preflight(client, {}, canceled.signal);
    await requested;
    canceled.abort();
    expect(await warnings).to.deep.equal([]);
    emulator.control.faults.clear();
  });

  it("can be turned off with ONVERA_PREFLIGHT, and warns about other values", async () => {
    const client = new OnveraClient({ settings: { apiKey: "onv_sk_live_unknown", baseUrl: emulator.baseUrl } });
    emulator.control.requests.clear();
    expect(await preflight(client, { ONVERA_PREFLIGHT: "off" })).to.deep.equal([]);
    expect(await preflight(client, { ONVERA_PREFLIGHT: "no" })).to.deep.equal([
      'ONVERA_PREFLIGHT must be "on" or "off", got "no"',
    ]);
    expect(emulator.control.requests.list().total).to.equal(0);
    expect(await preflight(client, { ONVERA_PREFLIGHT: "" })).to.have.length(1);
  });

  it("warns once about a rejected key", async () => {
    expect(await warningsFor("onv_sk_live_unknown")).to.deep.equal([
      "the API key is rejected (INVALID_API_KEY: Invalid API key); an apply would fail",
    ]);
  });

  it("sends GET only", async () => {
    emulator.control.requests.clear();
    await warningsFor(emulator.apiKey);
    const { requests } = emulator.control.requests.list();
    expect(new Set(requests.map(({ method }) => method))).to.deep.equal(new Set(["GET"]));
  });

  it("warns once about an unreachable platform, with its host and the reason", async () => {
    const settings = { apiKey: emulator.apiKey, baseUrl: "http://127.0.0.1:1/api/v1" };
    const warnings = await preflight(new OnveraClient({ settings }));
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.match(
      /^Onvera cannot be reached \(GET .* from 127\.0\.0\.1:1: connection refused .*an apply would fail$/,
    );
  });

  it("warns about a server that is not Onvera", async () => {
    const body = "<html>Sign in</html>";
    emulator.control.faults.add({ match: { times: "always" }, action: { type: "answer", status: 200, body } });
    expect((await warningsFor(emulator.apiKey))[0]).to.contain("the body is not JSON but markup");
    emulator.control.faults.clear();
  });

  it("does not warn about temporary errors", async () => {
    emulator.control.faults.add({ match: { times: "always" }, action: { type: "answer", status: 503 } });
    expect(await warningsFor(emulator.apiKey)).to.deep.equal([]);
    emulator.control.faults.clear();
  });
});
