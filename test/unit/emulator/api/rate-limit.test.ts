import { expect } from "chai";
import { RateLimit } from "../../../../emulator/src/api/rate-limit";

const start = Date.parse("2026-05-01T12:00:00.000Z");

describe("RateLimit", () => {
  it("rejects a negative number of requests and an empty window", () => {
    expect(() => new RateLimit({ requests: -1, perSeconds: 1 })).to.throw(RangeError);
    expect(() => new RateLimit({ requests: 1, perSeconds: 0 })).to.throw(RangeError);
  });

  it("does nothing while it is off", () => {
    const limit = new RateLimit();
    expect(limit.take("k", start)).to.equal(undefined);
    limit.set({ requests: 0, perSeconds: 1 });
    expect(limit.take("k", start)?.allowed).to.equal(false);
    limit.off();
    expect(limit.take("k", start)).to.equal(undefined);
  });

  it("allows each key a number of requests per window", () => {
    const limit = new RateLimit({ requests: 2, perSeconds: 60 });
    expect([0, 1, 2].map((ms) => limit.take("k", start + ms)?.allowed)).to.deep.equal([true, true, false]);
    expect(limit.take("other", start)?.allowed).to.equal(true);
    expect(limit.take("k", start + 59_999)?.allowed).to.equal(false);
    expect(limit.take("k", start + 60_000)?.allowed).to.equal(true);
  });

  it("reports when to retry in seconds, rounded up", () => {
    const limit = new RateLimit({ requests: 0, perSeconds: 60 });
    expect(limit.take("k", start)?.headers).to.deep.equal({
      "x-ratelimit-limit": "0",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": String(start / 1000 + 60),
      "retry-after": "60",
    });
    expect(limit.take("k", start + 59_500)?.retryAfterSeconds).to.equal(1);
  });

  it("can report it as a date, with the other header names, or not at all", () => {
    const limit = new RateLimit({ requests: 0, perSeconds: 60, headers: "ratelimit", retryAfter: "date" });
    expect(limit.take("k", start)?.headers).to.deep.equal({
      "ratelimit-limit": "0",
      "ratelimit-remaining": "0",
      "ratelimit-reset": "60",
      "retry-after": "Fri, 01 May 2026 12:01:00 GMT",
    });
    limit.set({ requests: 0, perSeconds: 60, headers: "none", retryAfter: "none" });
    expect(limit.take("k", start)?.headers).to.deep.equal({});
  });
});
