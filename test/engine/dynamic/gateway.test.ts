import { expect } from "chai";
import { Gateway } from "../../../examples/fleet/gateway";
import { dynamicHost } from "../../../scripts/engine/hosts";
import { EngineProject } from "../../support/engine";
import { useHarness } from "../../support/harness";

const program = `for (let i = 0; i < 10; i++) new Deployment("d" + i, { appType: "superset" });`;

describe("the dynamic provider behind the gateway of a fleet", () => {
  const start = useHarness();
  let gateway: Gateway | undefined;
  let other: EngineProject | undefined;

  afterEach(async () => {
    gateway?.close();
    await other?.dispose();
  });

  it("sends each request through it, so that two stacks at once stay within one key's limit", async () => {
    const rateLimit = { requests: 20, perSeconds: 4 };
    let forwarded = 0;
    let nextAtMs = 0;
    // As the store of the fleet does in PostgreSQL: requests are spaced by 85 % of the limit, with bursts of 10 %.
    const stepMs = (rateLimit.perSeconds * 1_000) / (0.85 * rateLimit.requests);
    const reserve = async (key: string, maxWaitMs: number) => {
      expect(key).to.equal("the-key");
      const nowMs = performance.now();
      if (nextAtMs > nowMs + maxWaitMs - stepMs) return maxWaitMs + 1_000;
      forwarded += 1;
      nextAtMs = Math.max(nextAtMs, nowMs - 0.1 * rateLimit.requests * stepMs) + stepMs;
      return Math.max(0, nextAtMs - nowMs);
    };
    const harness = await start({ rateLimit });
    gateway = await Gateway.start(harness.emulator.baseUrl, reserve);
    const env = { ONVERA_GATEWAY_URL: gateway.urlFor("the-key"), ONVERA_POLL_INTERVAL_MS: "50" };
    other = await EngineProject.create({
      ...dynamicHost.project,
      program: `${dynamicHost.prelude}\n${program}`,
      config: { "onvera:apiKey": { secret: harness.emulator.apiKey }, "onvera:baseUrl": harness.emulator.baseUrl },
      env,
    });
    harness.setProgram(program);
    Object.assign(harness.project.env, env);
    await Promise.all([harness.project.up(), other.up()]);

    const { requests } = harness.control.requests.list();
    expect(requests.length, "more than one window's limit").to.be.greaterThan(rateLimit.requests);
    expect(requests.length, "no request past the gateway").to.equal(forwarded);
    expect(requests.filter(({ status }) => status === 429)).to.deep.equal([]);
    expect(harness.platformIds()).to.have.length(20);
    await Promise.all([harness.project.destroy(), other.destroy()]);
    expect(harness.platformIds()).to.deep.equal([]);
  });
});
