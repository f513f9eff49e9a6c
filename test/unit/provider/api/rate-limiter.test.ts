import { expect } from "chai";
import fc, { assert, asyncProperty } from "fast-check";
import { RateLimit, type RateLimitOptions } from "../../../../emulator/src/api/rate-limit";
import { ApiError, ConnectionError } from "../../../../provider/api/errors";
import { type Priority, RateLimiter } from "../../../../provider/api/rate-limiter";
import { FakeClock } from "../../../support/fake-clock";

const latencyMs = 100;

/** A platform with a rate limit, and a function that sends requests to it through a rate limiter. */
function start(limit?: RateLimitOptions) {
  const clock = new FakeClock();
  const rateLimit = new RateLimit(limit);
  const decisions: string[] = [];
  const limiter = new RateLimiter({ clock, onDecision: (text) => decisions.push(text) });
  /** The requests that the platform received, in order. */
  const arrived: { at: number; priority: Priority; isRefused: boolean }[] = [];
  let inFlight = 0;
  const peak = { inFlight: 0 };

  /** Sends a request until the response is not a 429. */
  async function send(priority: Priority, signal?: AbortSignal): Promise<void> {
    for (;;) {
      const end = await limiter.acquire(priority, { signal });
      inFlight += 1;
      peak.inFlight = Math.max(peak.inFlight, inFlight);
      const verdict = rateLimit.take("key", clock.wallNow());
      const isRefused = verdict?.allowed === false;
      arrived.push({ at: clock.now(), priority, isRefused });
      await clock.sleep(latencyMs);
      inFlight -= 1;
      limiter.observeHeaders((name) => verdict?.headers[name]);
      if (!isRefused) return end();
      const retryAfter = verdict?.headers["retry-after"];
      end({ error: refusal(retryAfter === undefined ? undefined : Number(retryAfter) * 1_000) });
    }
  }
  return { clock, limiter, arrived, decisions, peak, send };
}

/** A realistic clock: time passes between readings, and a timer can fire a fraction of a millisecond early. */
class UnevenClock extends FakeClock {
  #passed = 0;

  constructor(readonly early: number) {
    super();
  }

  override now(): number {
    this.#passed += 0.07;
    return super.now() + this.#passed;
  }

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return super.sleep(Math.max(0, ms - this.early), signal);
  }

  /** Resolves when nothing more can happen. */
  async idle(): Promise<void> {
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
}

const refusal = (retryAfterMs?: number) =>
  new ApiError({ method: "POST", path: "/x", status: 429, code: "RATE_LIMIT_EXCEEDED", reason: "slow", retryAfterMs });

const times = <T>(count: number, create: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => create(index));
const isRefused = ({ isRefused: refused }: { isRefused: boolean }) => refused;

/** Header values for numbers and times: plausible, malformed and contradictory ones. */
const headerValue = fc.oneof(
  fc.integer({ min: -10, max: 100_000 }).map(String),
  fc.constantFrom(
    "0",
    "60000",
    "1e99",
    "-5",
    "9".repeat(400),
    "9999-12-31T00:00:00Z",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "soon",
  ),
  fc.integer({ min: 1_500_000_000, max: 4_000_000_000 }).map(String),
  fc.integer({ min: 1_500_000_000, max: 4_000_000_000 }).map((seconds) => String(seconds * 1_000)),
  fc.integer({ min: 0, max: 1_000_000 }).map((t) => `"day";r=0;t=${t}`),
  fc.string(),
);
const rateHeaders = fc.dictionary(
  fc.constantFrom(
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "ratelimit-remaining",
    "ratelimit-reset",
    "ratelimit",
    "date",
  ),
  headerValue,
);

describe("RateLimiter", () => {
  it("sends at once without a limit, up to 32 requests at the same time", async () => {
    const { send, peak, clock, decisions } = start();
    await Promise.all(times(320, () => send("read")));
    expect(peak.inFlight).to.equal(32);
    expect(clock.now()).to.equal(10 * latencyMs);
    expect(decisions).to.deep.equal([]);
  });

  for (const headers of ["x-ratelimit", "ratelimit"] as const) {
    it(`uses all of an announced limit, and never exceeds it (${headers})`, async () => {
      const { send, arrived, clock, decisions } = start({ requests: 600, perSeconds: 60, headers });
      await Promise.all(times(1_000, () => send("create")));
      expect(arrived.filter(isRefused)).to.have.length(0);
      expect(arrived.filter(({ at }) => at < 60_000)).to.have.length(600);
      // One window, plus rounding to whole seconds.
      expect(clock.now()).to.be.within(60_000, 64_000);
      expect(decisions.join("\n")).to.contain("a limit of 600 requests").and.to.contain("400 create");
    });
  }

  it("uses the whole limit if only 429 shows it, with at most 32 rejected requests in a window", async () => {
    const { send, arrived, clock } = start({ requests: 600, perSeconds: 60, headers: "none" });
    await Promise.all(times(1_500, () => send("create")));
    for (const window of [0, 1]) {
      const inWindow = ({ at }: { at: number }) => Math.floor(at / 60_500) === window;
      expect(arrived.filter(inWindow).filter(isRefused).length).to.be.at.most(32);
    }
    expect(clock.now()).to.be.within(120_000, 126_000);
  });

  it("backs off after a 429 without a delay, and then sends one request at a time", async () => {
    const { send, arrived, decisions } = start({
      ...{ requests: 50, perSeconds: 30, headers: "none", retryAfter: "none" },
    });
    await Promise.all(times(100, () => send("create")));
    const refused = arrived.filter(isRefused);
    // A few attempts until the window ends, instead of all queued requests each time.
    expect(refused.filter(({ at }) => at > 1_000).length).to.be.at.most(6);
    expect(decisions.some((text) => text.startsWith("429: no requests for"))).to.equal(true);
  });

  it("sends creates first, then deletes, reads and polls", async () => {
    const { send, arrived } = start({ requests: 10, perSeconds: 60 });
    await Promise.all(times(10, () => send("read")));
    const first = arrived.length;
    await Promise.all(
      (["poll", "read", "delete", "create"] as const).flatMap((priority) => times(5, () => send(priority))),
    );
    expect(arrived.slice(first).map(({ priority }) => priority)).to.deep.equal([
      ...times(5, () => "create"),
      ...times(5, () => "delete"),
      ...times(5, () => "read"),
      ...times(5, () => "poll"),
    ]);
  });

  it("reports the delay of a request once, and cancels a queued request", async () => {
    const { send, limiter, clock } = start({ requests: 1, perSeconds: 60 });
    await send("read");
    const delays: number[] = [];
    const cancellation = new AbortController();
    const waiting = limiter.acquire("create", { signal: cancellation.signal, onDelayed: (ms) => delays.push(ms) });
    const later = limiter.acquire("create");
    cancellation.abort();
    expect(await waiting.catch((error: Error) => error.message)).to.equal("canceled");
    expect(delays).to.have.length(1);
    expect(delays[0]).to.be.within(59_000, 61_000);
    await later;
    expect(clock.now()).to.be.within(60_000, 62_000);
  });

  it("sends a refused request before those that were queued after it", async () => {
    const { limiter } = start();
    const ends = await Promise.all(times(32, () => limiter.acquire("create")));
    const order: string[] = [];
    const acquire = async (name: string, wasRefused: boolean) => {
      await limiter.acquire("create", { wasRefused });
      order.push(name);
    };
    const queued = [acquire("later", false), acquire("refused", true)];
    for (const end of ends.slice(0, 2)) end();
    await Promise.all(queued);
    expect(order).to.deep.equal(["refused", "later"]);
  });

  it("begins with the next window although a request of the last one is still in flight", async () => {
    const { limiter, clock } = start();
    limiter.observeHeaders(
      (name) => ({ "x-ratelimit-limit": "10", "x-ratelimit-remaining": "1", "x-ratelimit-reset": "1" })[name],
    );
    await limiter.acquire("poll");
    await limiter.acquire("create", { deadline: 20_000 });
    expect(clock.now()).to.be.within(1_000, 3_000);
  });

  it("waits for nothing after the last queued request is canceled", async () => {
    const { limiter, clock } = start();
    (await limiter.acquire("read"))({ error: refusal(300_000) });
    const canceled = new AbortController();
    const waiting = limiter.acquire("read", { signal: canceled.signal }).catch(() => undefined);
    canceled.abort();
    await waiting;
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(clock.now()).to.equal(0);
  });

  it("backs off if the requested delay is never enough", async () => {
    const { limiter, clock } = start();
    for (const _ of times(8, () => undefined)) (await limiter.acquire("read"))({ error: refusal(0) });
    expect(clock.now()).to.equal(0 + 2_000 + 4_000 + 8_000 + 16_000 + 32_000 + 60_000);
  });

  it("never delays longer than five minutes for an announced limit, and then sends one request first", async () => {
    await assert(
      asyncProperty(fc.array(rateHeaders, { minLength: 1, maxLength: 4 }), async (responses) => {
        const { limiter, clock } = start();
        for (const headers of responses) {
          const end = await limiter.acquire("read");
          limiter.observeHeaders((name) => headers[name]);
          end();
          const before = clock.now();
          (await limiter.acquire("create"))();
          expect(clock.now() - before).to.be.within(0, 5 * 60_000);
        }
      }),
    );
    const { limiter, clock } = start();
    (await limiter.acquire("read"))();
    limiter.observeHeaders(
      (name) => ({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": "60000", "x-ratelimit-limit": "9" })[name],
    );
    const ends = times(3, () => limiter.acquire("create"));
    (await ends[0])?.({});
    expect(clock.now()).to.equal(60_000);
  });

  it("sends the next request when one ends, with or without an error", async () => {
    const { limiter } = start();
    const broken = new ConnectionError({
      ...{ method: "GET", path: "/x", host: "h", code: "ECONNRESET", reason: "reset", mayHaveActed: true },
    });
    const ends = await Promise.all(times(32, () => limiter.acquire("read")));
    const next = Promise.all(times(32, () => limiter.acquire("read")));
    for (const end of ends) {
      end({ error: broken });
      end();
    }
    expect(await next).to.have.length(32);
  });

  it("sends queued requests even if timers fire early and time passes between two readings of the clock", async () => {
    for (let early = 0; early < 1; early += 0.05) {
      const clock = new UnevenClock(early);
      const rateLimit = new RateLimit({ requests: 25, perSeconds: 1, headers: "none" });
      const limiter = new RateLimiter({ clock });
      let sent = 0;
      const send = async (): Promise<void> => {
        const end = await limiter.acquire("create");
        const isRefused = rateLimit.take("key", clock.wallNow())?.allowed === false;
        end(isRefused ? { error: refusal(1_000) } : {});
        if (isRefused) return send();
        sent += 1;
      };
      for (let round = 1; round <= 3; round += 1) {
        await Promise.race([Promise.all(times(30, send)), clock.idle()]);
        expect(sent, `timers ${early} ms early`).to.equal(30 * round);
      }
    }
  });

  it("handles windows of a second, and responses out of order", async () => {
    const { send, arrived } = start({ requests: 10, perSeconds: 1, headers: "ratelimit" });
    await send("read");
    await Promise.all(times(60, () => send("read")));
    expect(arrived.filter(isRefused)).to.have.length(0);
  });
});
