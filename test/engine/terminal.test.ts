import { expect } from "chai";
import { hosts } from "../../scripts/engine/hosts";
import { type EngineEvent, messages } from "../support/engine";
import { useHarness } from "../support/harness";

const inAMonth = () => new Date(Date.now() + 30 * 86_400_000).toISOString();
const soon = () => new Date(Date.now() + 2 * 86_400_000).toISOString();
const warnings = (events: readonly EngineEvent[]) => messages(events, { severities: ["warning"] }).join("\n");

for (const host of hosts) {
  describe(`on the terminal, with ${host.name}`, () => {
    const start = useHarness();
    const deployments = (names: readonly string[]) =>
      names.map((name) => `new Deployment("${name}", { appType: "superset" });`).join("\n");

    it("summarizes a failed up: what happened, what was kept, and what to run next", async () => {
      const harness = await start({ host, program: deployments(["etl", "dashboards"]) });
      harness.control.outcomes.add({ result: "fail" });
      const failed = await harness.upTogether(2, { mayFail: true });
      expect(failed.code).to.be.greaterThan(0);
      const paragraphs = messages(failed.events).filter((text) => text.includes("not as declared"));
      expect(paragraphs).to.have.length(1);
      expect(paragraphs[0]).to.match(
        /^1 deployment is not as declared: "(etl|dashboards)" failed \(kept in the stack's state\)\. Nothing was lost\. Next, run `pulumi up`: it replaces "\1"\.$/,
      );
      expect((await harness.stateIds()).length).to.equal(2);

      const repaired = await harness.project.up();
      expect(messages(repaired.events).join("\n")).not.to.contain("not as declared");
      await harness.expectAgreement();
    });

    it("warns in a preview of missing scopes, an expiring key, a deprecated endpoint and an unreachable Onvera", async () => {
      const key = "onv_sk_live_reads_only";
      const config = { "onvera:apiKey": { secret: key } };
      const harness = await start({ host, program: deployments(["etl", "dashboards"]), config });
      await harness.control.keys.add({ key, scopes: ["deployments:read"], expiresAt: soon() });
      const headers = { Deprecation: "@1767225600", Sunset: "Wed, 01 Jul 2026 00:00:00 GMT" };
      const announces = {
        type: "answer",
        status: 403,
        code: "INSUFFICIENT_SCOPE",
        message: "Required: operations:read",
      } as const;
      harness.control.faults.add({ match: { path: "/operations" }, action: { ...announces, headers } });
      const warned = warnings((await harness.project.preview()).events);
      expect(warned.match(/the API key expires on/g), warned).to.have.length(1);
      expect(warned.match(/Required: operations:read/g), warned).to.have.length(1);
      const deprecation = /GET \/operations is deprecated since 2026-01-01 and will stop working on 2026-07-01/g;
      expect(warned.match(deprecation), warned).to.have.length(1);
      expect(warned).not.to.contain(key);
      expect(harness.countRequests("POST")).to.equal(0);

      await harness.project.setConfig({ "onvera:baseUrl": "http://127.0.0.1:1/api/v1" });
      const unreachable = warnings((await harness.project.preview()).events);
      expect(unreachable).to.match(/Onvera cannot be reached \(.* from 127\.0\.0\.1:1: connection refused/);
    });

    it("shows no warning if there is no problem, and sends no preflight request if nothing is created", async () => {
      const key = "onv_sk_live_everything";
      const config = { "onvera:apiKey": { secret: key } };
      const harness = await start({ host, program: deployments(["etl"]), config });
      await harness.control.keys.add({ key, expiresAt: inAMonth() });
      expect(warnings((await harness.project.preview()).events)).to.equal("");
      await harness.project.up();
      harness.control.requests.clear();
      expect(warnings((await harness.project.preview()).events)).to.equal("");
      expect(harness.countRequests("DELETE")).to.equal(0);
    });

    it("suggests a higher --parallel if creates wait for each other", async () => {
      const harness = await start({ host, program: deployments(["a", "b", "c"]), speed: 100 });
      await harness.control.clock.pause();
      const up = harness.project.spawnUp({ flags: ["--parallel", "2"] });
      await up.command.waitForOutput(/2 deployments are being created, and 1 more wait/);
      await harness.control.clock.resume();
      await harness.control.clock.setSpeed(10_000);
      const { stdout } = await harness.project.finish(up);
      expect(stdout).to.contain("`pulumi up --parallel 3`");
      await harness.expectAgreement();
    });
  });
}
