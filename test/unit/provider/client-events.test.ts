import { expect } from "chai";
import { tellEvent } from "../../../provider/client-events";
import { lostAnswer } from "../../support/scripted-client";

const request = { method: "POST", path: "/deployments" } as const;

describe("tellEvent", () => {
  it("tells why a request is sent again, and how long one is kept back for the rate limit", () => {
    const error = lostAnswer();
    const retry = { kind: "retry", ...request, attempts: 1, delayMs: 2_000, isRateLimited: false, error } as const;
    expect(tellEvent(retry)).to.include({
      severity: "warning",
      text: "POST /deployments got no answer from api.onvera.io: connection reset; trying again in 2 s",
    });
    expect(tellEvent({ kind: "held", ...request, delayMs: 42_000 })).to.include({
      severity: "warning",
      text: "Onvera limits the rate of requests; POST /deployments is sent in 42 s",
    });
  });

  it("tells nothing twice, and nothing that is not worth a word", () => {
    const limited = {
      kind: "retry",
      ...request,
      attempts: 1,
      delayMs: 9,
      isRateLimited: true,
      error: lostAnswer(),
    } as const;
    expect(tellEvent(limited)).to.equal(undefined);
    expect(tellEvent({ kind: "held", ...request, delayMs: 200 })).to.equal(undefined);
    expect(tellEvent({ kind: "answer", ...request, status: 202, durationMs: 5 })).to.equal(undefined);
  });

  it("keeps what is decided about the rate for the debug log", () => {
    expect(tellEvent({ kind: "governor", text: "refused with 429" })).to.include({
      severity: "debug",
      text: "rate of requests: refused with 429",
    });
  });
});
