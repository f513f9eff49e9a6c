import { expect } from "chai";
import { describeEvent } from "../../../../provider/runtime/client-events";
import { lostAnswer } from "../../../support/scripted-client";

const request = { method: "POST", path: "/deployments" } as const;

describe("describeEvent", () => {
  it("reports the reason for a retry, and the delay by the rate limit", () => {
    const error = lostAnswer();
    const retry = { kind: "retry", ...request, attempts: 1, delayMs: 2_000, isRateLimited: false, error } as const;
    expect(describeEvent(retry)).to.include({
      severity: "warning",
      text: "POST /deployments got no response from api.onvera.io: connection reset; retrying in 2 s",
    });
    expect(describeEvent({ kind: "delayed", ...request, delayMs: 42_000 })).to.include({
      severity: "warning",
      text: "Onvera limits the rate of requests; POST /deployments is sent in 42 s",
    });
  });

  it("ignores 429, short delays and responses", () => {
    const limited = {
      kind: "retry",
      ...request,
      attempts: 1,
      delayMs: 9,
      isRateLimited: true,
      error: lostAnswer(),
    } as const;
    expect(describeEvent(limited)).to.equal(undefined);
    expect(describeEvent({ kind: "delayed", ...request, delayMs: 200 })).to.equal(undefined);
    expect(describeEvent({ kind: "response", ...request, status: 202, durationMs: 5 })).to.equal(undefined);
  });

  it("warns of a deprecated endpoint, with its dates and the link", () => {
    const since = new Date("2026-01-01T00:00:00Z");
    const sunset = new Date("2026-07-01T12:00:00Z");
    const link = "https://docs.onvera.io/v2";
    const endpoint = "GET /deployments/{id}";
    expect(describeEvent({ kind: "deprecation", endpoint, deprecation: { since, sunset, link } })).to.include({
      severity: "warning",
      isLasting: true,
      text:
        "the Onvera API announces that GET /deployments/{id} is deprecated since 2026-01-01 and will stop working on " +
        "2026-07-01 (https://docs.onvera.io/v2); update pulumi-onvera",
    });
    const unknown = { since: undefined, sunset: undefined, link: undefined };
    expect(describeEvent({ kind: "deprecation", endpoint, deprecation: unknown })?.text).to.equal(
      "the Onvera API announces that GET /deployments/{id} is deprecated; update pulumi-onvera",
    );
  });

  it("writes decisions of the rate limiter to the debug log", () => {
    expect(describeEvent({ kind: "rateLimit", text: "429: no requests for 2 s" })).to.include({
      severity: "debug",
      text: "rate limit: 429: no requests for 2 s",
    });
  });
});
