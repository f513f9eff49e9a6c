import { expect } from "chai";
import { InvalidResponseError } from "../../../../provider/api/errors";
import { type FailedAttempt, isOutcomeUnknown, requestedDelayMs, retryDelayMs } from "../../../../provider/api/retry";
import { apiError, connectionError } from "./support/errors";

const invalid = new InvalidResponseError({ method: "POST", path: "/x", status: 202, issues: ["data: missing"] });
const nowMs = Date.parse("2026-01-01T00:00:00Z");

function delay(attempt: Partial<FailedAttempt> & { error: unknown }): number | undefined {
  return retryDelayMs({ method: "GET", failures: 1, remainingMs: 300_000, random: () => 1, ...attempt });
}

describe("retryDelayMs", () => {
  it("never retries a create that may have been processed", () => {
    for (const error of [
      apiError(500),
      apiError(503, { retryAfterMs: 1_000 }),
      apiError(408),
      connectionError("ECONNRESET", true),
      connectionError("TIMEOUT", true),
      invalid,
      new TypeError("a bug"),
    ]) {
      expect(delay({ method: "POST", error }), String(error)).to.equal(undefined);
    }
  });

  it("retries a create that was certainly not processed", () => {
    for (const error of [apiError(429), connectionError("ECONNREFUSED", false), connectionError("TIMEOUT", false)]) {
      expect(delay({ method: "POST", error }), String(error)).to.equal(500);
    }
  });

  it("retries GET and DELETE after temporary errors only", () => {
    for (const method of ["GET", "DELETE"] as const) {
      for (const error of [
        apiError(429),
        apiError(500),
        apiError(503),
        apiError(408),
        connectionError("EPIPE", true),
        invalid,
      ]) {
        expect(delay({ method, error }), String(error)).to.equal(500);
      }
      for (const error of [apiError(404), apiError(401), apiError(409), apiError(302), new TypeError()]) {
        expect(delay({ method, error }), String(error)).to.equal(undefined);
      }
    }
  });

  it("retries twice after an invalid response, but never a create", () => {
    expect(delay({ method: "DELETE", error: invalid, failures: 2 })).to.be.a("number");
    expect(delay({ method: "DELETE", error: invalid, failures: 3 })).to.equal(undefined);
    expect(delay({ method: "POST", error: invalid })).to.equal(undefined);
  });

  it("does not retry after an untrusted certificate, a refusal by a proxy or a canceled call", () => {
    for (const code of [
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      "CERT_HAS_EXPIRED",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      "ABORTED",
      "PROXY_407",
      "PROXY_UNSUPPORTED",
    ]) {
      expect(delay({ error: connectionError(code, false) }), code).to.equal(undefined);
    }
  });

  it("backs off from at most half a second to at most 20 s, with full jitter", () => {
    const error = apiError(429);
    const bounds = [1, 2, 3, 4, 5, 6, 7, 20].map((failures) => delay({ error, failures }));
    expect(bounds).to.deep.equal([500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
    expect(delay({ error, failures: 5, random: () => 0 })).to.equal(0);
    expect(delay({ error, failures: 5, random: () => 0.5 })).to.equal(4_000);
  });

  it("never retries before the requested delay", () => {
    expect(delay({ error: apiError(429, { retryAfterMs: 60_000 }), random: () => 0 })).to.equal(60_000);
    expect(delay({ error: apiError(503, { retryAfterMs: 60_000 }), random: () => 1 })).to.equal(60_500);
  });

  it("fails after 6 attempts, but not because of 429", () => {
    expect(delay({ error: apiError(500), failures: 5 })).to.be.a("number");
    expect(delay({ error: apiError(500), failures: 6 })).to.equal(undefined);
    expect(delay({ error: apiError(429), failures: 1_000 })).to.be.a("number");
  });

  it("fails at once if the delay is longer than the rest of the call", () => {
    const error = apiError(429, { retryAfterMs: 60_000 });
    expect(delay({ error, remainingMs: 60_500 })).to.equal(60_500);
    expect(delay({ error, remainingMs: 60_499 })).to.equal(undefined);
  });
});

describe("isOutcomeUnknown", () => {
  it("is true if the platform may have acted", () => {
    const errors = [500, 502, 503, 504, 408, 303, 302].map((status) => apiError(status));
    for (const error of [...errors, connectionError("ECONNRESET", true), invalid]) {
      expect(isOutcomeUnknown(error), String(error)).to.equal(true);
    }
  });

  it("is false if the platform has certainly not acted", () => {
    const errors = [400, 401, 403, 404, 409, 413, 422, 429, 301, 307, 308].map((status) => apiError(status));
    for (const error of [...errors, connectionError("ECONNREFUSED", false), new TypeError("a bug"), undefined]) {
      expect(isOutcomeUnknown(error), String(error)).to.equal(false);
    }
  });
});

describe("requestedDelayMs", () => {
  const cases: [string, number, Record<string, string>, string, number | undefined][] = [
    ["Retry-After in seconds", 503, { "retry-after": "7" }, "", 7_000],
    ["Retry-After of zero", 429, { "retry-after": "0" }, "retry after 60 seconds", 0],
    ["Retry-After as a date", 429, { "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT" }, "", 30_000],
    ["a date in the past", 429, { "retry-after": "Wed, 31 Dec 2025 00:00:30 GMT" }, "", 0],
    [
      "a date relative to the server's clock",
      429,
      { "retry-after": "Thu, 01 Jan 2026 02:00:30 GMT", date: "Thu, 01 Jan 2026 02:00:00 GMT" },
      "",
      30_000,
    ],
    ["an invalid Retry-After", 429, { "retry-after": "-5" }, "Please retry after 60 seconds", 60_000],
    ["Retry-After on any status", 500, { "retry-after": "7" }, "", 7_000],
    ["a day, limited to 5 minutes", 429, { "retry-after": "86400" }, "", 300_000],
    ["a reset in seconds from now", 429, { "x-ratelimit-reset": "12" }, "", 12_000],
    ["a reset as a point in time", 429, { "x-ratelimit-reset": String(nowMs / 1_000 + 12) }, "", 12_000],
    ["a reset in milliseconds", 429, { "x-ratelimit-reset": String(nowMs + 12_000) }, "", 12_000],
    ["a reset as a date", 429, { "x-ratelimit-reset": "2026-01-01T00:00:12Z" }, "", 12_000],
    ["the reset without X", 503, { "ratelimit-reset": "12" }, "", 12_000],
    ["a reset with no remaining requests", 500, { "ratelimit-remaining": "0", "ratelimit-reset": "12" }, "", 12_000],
    ["a reset with remaining requests", 500, { "ratelimit-remaining": "3", "ratelimit-reset": "12" }, "", undefined],
    ["a structured header", 429, { ratelimit: '"burst";r=0;t=30' }, "", 30_000],
    ["the policy that is used up", 429, { ratelimit: '"burst";r=0;t=30, "day";r=900;t=80000' }, "", 30_000],
    ["an older draft's header", 429, { ratelimit: "limit=10, remaining=0, reset=30" }, "", 30_000],
    ["a structured header with remaining requests", 500, { ratelimit: '"day";r=900;t=80000' }, "", undefined],
    ["the seconds in the message", 429, {}, "Rate limit exceeded. Please retry after 60 seconds", 60_000],
    ["the minutes in a message", 503, {}, "Down for maintenance, try again in 2 minutes", 120_000],
    ["a message with an unrelated status", 400, {}, "Please retry after 60 seconds", undefined],
    ["Retry-After before the message", 429, { "retry-after": "1" }, "Please retry after 60 seconds", 1_000],
    ["nothing", 429, {}, "Too many requests", undefined],
    ["garbage", 429, { "retry-after": "soon", "x-ratelimit-reset": "NaN", ratelimit: ";;;=" }, "", undefined],
  ];
  for (const [what, status, headers, message, expected] of cases) {
    it(`reads ${what}`, () => {
      const header = (name: string) => headers[name];
      expect(requestedDelayMs({ status, header, message, wallNowMs: nowMs })).to.equal(expected);
    });
  }
});
