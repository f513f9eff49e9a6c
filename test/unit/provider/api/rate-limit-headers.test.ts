import { expect } from "chai";
import { announcedRate } from "../../../../provider/api/rate-limit-headers";

const nowMs = Date.parse("2026-01-01T00:00:00Z");
const rateOf = (headers: Record<string, string>) => announcedRate((name) => headers[name], nowMs);

describe("announcedRate", () => {
  it("reads the usual headers, with a reset as a time or in seconds", () => {
    const rate = { limit: 600, remaining: 12, resetMs: 43_000, isCapped: false };
    const reset = String(nowMs / 1_000 + 43);
    expect(
      rateOf({ "x-ratelimit-limit": "600", "x-ratelimit-remaining": "12", "x-ratelimit-reset": reset }),
    ).to.deep.equal(rate);
    expect(rateOf({ "ratelimit-limit": "600", "ratelimit-remaining": "12", "ratelimit-reset": "43" })).to.deep.equal(
      rate,
    );
  });

  it("compares times with the server's clock", () => {
    const headers = { "x-ratelimit-remaining": "1", "x-ratelimit-reset": "2026-01-02T00:01:00Z" };
    expect(rateOf({ ...headers, date: "Fri, 02 Jan 2026 00:00:00 GMT" })).to.deep.equal({
      ...{ limit: undefined, remaining: 1, resetMs: 60_000, isCapped: false },
    });
  });

  it("uses the policy with the fewest remaining requests", () => {
    expect(rateOf({ ratelimit: '"day";r=900;t=80000, "burst";r=3;t=30' })).to.deep.equal({
      ...{ limit: undefined, remaining: 3, resetMs: 30_000, isCapped: false },
    });
    expect(rateOf({ ratelimit: "limit=10, remaining=4, reset=5" })).to.deep.equal({
      ...{ limit: 10, remaining: 4, resetMs: 5_000, isCapped: false },
    });
  });

  it("returns undefined for missing and invalid headers", () => {
    for (const headers of [
      {},
      { "x-ratelimit-limit": "600" },
      { "x-ratelimit-remaining": "12" },
      { "x-ratelimit-remaining": "many", "x-ratelimit-reset": "43" },
      { ratelimit: "soon" },
    ]) {
      expect(rateOf(headers as Record<string, string>)).to.equal(undefined);
    }
    expect(rateOf({ "ratelimit-remaining": "1", "ratelimit-reset": "2020-01-01T00:00:00Z" })?.resetMs).to.equal(0);
  });

  it("caps a long reset, and reads an implausible number of seconds as milliseconds", () => {
    const resetOf = (reset: string) => {
      const rate = rateOf({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset });
      return rate && [rate.resetMs, rate.isCapped];
    };
    expect(resetOf("60000")).to.deep.equal([60_000, true]);
    expect(resetOf("3600")).to.deep.equal([300_000, true]);
    expect(resetOf("300")).to.deep.equal([300_000, false]);
    expect(resetOf(String(nowMs + 30_000))).to.deep.equal([30_000, false]);
    expect(resetOf("9".repeat(400))).to.deep.equal([300_000, true]);
    expect(resetOf("9999-12-31T00:00:00Z")).to.deep.equal([300_000, true]);
    expect(resetOf("-5")).to.equal(undefined);
  });
});
