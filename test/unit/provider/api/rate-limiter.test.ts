import { expect } from "chai";
import fc, { assert, asyncProperty } from "fast-check";
import { RateLimit, type RateLimitOptions } from "../../../../emulator/src/api/rate-limit";
import { ApiError, ConnectionError } from "../../../../provider/api/errors";
import { type Priority, RateLimiter } from "../../../../provider/api/rate-limiter";
import { FakeClock } from "../../../support/fake-clock";

const latencyMs = 100;

/** A platform with a rate limit, and a way to send requests to it through a governor. */
function start(limit?: RateLimitOptions) {
  const clock = new FakeClock();
  const rateLimit = new RateLimit(limit);
  const decisions: string[] = [];
  const governor = new RateLimiter({ clock, onDecision: (text) => decisions.push(text) });
  /** What arrived, in order: when, what, and whether it was refused. */
  const arrived: { at: number; urgency: Priority; isRefused: boolean }[] = [];
  let inFlight = 0;
  const most = { inFlight: 0 };

  /** Sends until it is not refused any more. */
  async function send(urgency: Priority, signal?: AbortSignal): Promise<void> {
    for (;;) {
      const end = await governor.acquire(urgency, { signal });
      inFlight += 1;
      most.inFlight = Math.max(most.inFlight, inFlight);
      const verdict = rateLimit.take("key", clock.wallNow());
      const isRefused = verdict?.allowed === false;
      arrived.push({ at: clock.now(), urgency, isRefused });
      await clock.sleep(latencyMs);
      inFlight -= 1;
      governor.observeHeaders((name) => verdict?.headers[name]);
      if (!isRefused) return end();
      const asked = verdict?.headers["retry-after"];
      end({ error: refusal(asked === undefined ? undefined : Number(asked) * 1_000) });
    }
  }
  return { clock, governor, arrived, decisions, most, send, rateLimit };
}

/** As clocks are: time passes with each look at it, and a timer may fire a fraction of a millisecond early. */
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

  /** Resolves when nothing can happen any more. */
  async idle(): Promise<void> {
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
}

const refusal = (retryAfterMs?: number) =>
  new ApiError({ method: "POST", path: "/x", status: 429, code: "RATE_LIMIT_EXCEEDED", reason: "slow", retryAfterMs });

const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => make(index));
const isRefused = ({ isRefused: refused }: { isRefused: boolean }) => refused;

/** What servers send as numbers and times: plausible, malformed, contradictory. */
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

describe("RequestGovernor", () => {
  it("sends at once what nothing stands in the way of, so many at a time", async () => {
    const { send, most, clock, decisions } = start();
    await Promise.all(times(320, () => send("read")));
    expect(most.inFlight).to.equal(32);
    expect(clock.now()).to.equal(10 * latencyMs);
    expect(decisions).to.deep.equal([]);
  });

  for (const headers of ["x-ratelimit", "ratelimit"] as const) {
    it(`spends all of an announced limit, and is never refused (${headers})`, async () => {
      const { send, arrived, clock, decisions } = start({ requests: 600, perSeconds: 60, headers });
      await Promise.all(times(1_000, () => send("create")));
      expect(arrived.filter(isRefused)).to.have.length(0);
      expect(arrived.filter(({ at }) => at < 60_000)).to.have.length(600);
      // One window to wait for, and its whole seconds.
      expect(clock.now()).to.be.within(60_000, 64_000);
      expect(decisions.join("\n")).to.contain("announces 600 requests").and.to.contain("400 to create");
    });
  }

  it("learns a limit that is only shown by refusals, and then keeps to it", async () => {
    const { send, arrived, clock, decisions } = start({ requests: 600, perSeconds: 60, headers: "none" });
    await Promise.all(times(1_500, () => send("create")));
    expect(arrived.filter(({ at, isRefused: refused }) => refused && at < 60_000).length).to.be.at.most(32);
    expect(arrived.filter(({ at, isRefused: refused }) => refused && at >= 60_000)).to.have.length(0);
    expect(clock.now()).to.be.within(120_000, 126_000);
    expect(decisions.join("\n")).to.contain("learned a limit of 600 requests");
  });

  it("backs off where a refusal says nothing at all, and comes back one by one", async () => {
    const { send, arrived, decisions } = start({
      ...{ requests: 50, perSeconds: 30, headers: "none", retryAfter: "none" },
    });
    await Promise.all(times(100, () => send("create")));
    const refused = arrived.filter(isRefused);
    // A handful of trials until the window is over, and not all that wait each time.
    expect(refused.filter(({ at }) => at > 1_000).length).to.be.at.most(6);
    expect(decisions.some((text) => text.startsWith("refused with 429"))).to.equal(true);
  });

  it("grows out of a limit that was learned in a bad moment", async () => {
    const { send, clock, rateLimit } = start({ requests: 40, perSeconds: 10, headers: "none" });
    await Promise.all(times(60, () => send("read")));
    rateLimit.set({ requests: 4_000, perSeconds: 10, headers: "none" });
    const from = clock.now();
    await Promise.all(times(1_000, () => send("read")));
    expect(clock.now() - from).to.be.lessThan(120_000);
  });

  it("lets creates go first, then changes, reads and polls", async () => {
    const { send, arrived } = start({ requests: 10, perSeconds: 60 });
    await Promise.all(times(10, () => send("read")));
    const first = arrived.length;
    await Promise.all(
      (["poll", "read", "change", "create"] as const).flatMap((urgency) => times(5, () => send(urgency))),
    );
    expect(arrived.slice(first).map(({ urgency }) => urgency)).to.deep.equal([
      ...times(5, () => "create"),
      ...times(5, () => "change"),
      ...times(5, () => "read"),
      ...times(5, () => "poll"),
    ]);
  });

  it("tells once how long a request has to wait, and lets it be canceled meanwhile", async () => {
    const { send, governor, clock } = start({ requests: 1, perSeconds: 60 });
    await send("read");
    const held: number[] = [];
    const cancellation = new AbortController();
    const waiting = governor.acquire("create", { signal: cancellation.signal, onDelayed: (ms) => held.push(ms) });
    const later = governor.acquire("create");
    cancellation.abort();
    expect(await waiting.catch((error: Error) => error.message)).to.equal("canceled");
    expect(held).to.have.length(1);
    expect(held[0]).to.be.within(59_000, 61_000);
    await later;
    expect(clock.now()).to.be.within(60_000, 62_000);
  });

  it("never waits longer than five minutes for what a server announces, and then sends one request first", async () => {
    await assert(
      asyncProperty(fc.array(rateHeaders, { minLength: 1, maxLength: 4 }), async (responses) => {
        const { governor, clock } = start();
        for (const headers of responses) {
          const end = await governor.acquire("read");
          governor.observeHeaders((name) => headers[name]);
          end();
          const before = clock.now();
          (await governor.acquire("create"))();
          expect(clock.now() - before).to.be.within(0, 5 * 60_000);
        }
      }),
    );
    const { governor, clock } = start();
    (await governor.acquire("read"))();
    governor.observeHeaders(
      (name) => ({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": "60000", "x-ratelimit-limit": "9" })[name],
    );
    const ends = times(3, () => governor.acquire("create"));
    (await ends[0])?.({});
    expect(clock.now()).to.equal(60_000);
  });

  it("makes room when a request ends, however it ends", async () => {
    const { governor } = start();
    const broken = new ConnectionError({
      ...{ method: "GET", path: "/x", host: "h", code: "ECONNRESET", reason: "reset", mayHaveActed: true },
    });
    const ends = await Promise.all(times(32, () => governor.acquire("read")));
    const next = Promise.all(times(32, () => governor.acquire("read")));
    for (const end of ends) {
      end({ error: broken });
      end();
    }
    expect(await next).to.have.length(32);
  });

  it("learns nothing from a refusal that came after a few requests only", async () => {
    const { send, clock, rateLimit, decisions } = start({ requests: 3, perSeconds: 60, headers: "none" });
    await Promise.all(times(4, () => send("create")));
    rateLimit.set({ requests: 4_000, perSeconds: 60, headers: "none" });
    const from = clock.now();
    await Promise.all(times(320, () => send("create")));
    expect(clock.now() - from).to.be.lessThan(3_000);
    expect(decisions.join("\n")).not.to.contain("learned");
  });

  it("never waits longer than a minute for a limit that it has learned late in a long run", async () => {
    const { send, clock, rateLimit } = start();
    for (let minute = 0; minute < 30; minute += 1) {
      await Promise.all(times(30, () => send("poll")));
      await clock.sleep(60_000);
    }
    rateLimit.set({ requests: 40, perSeconds: 10, headers: "none" });
    await Promise.all(times(60, () => send("poll")));
    const from = clock.now();
    await Promise.all(times(80, () => send("poll")));
    expect(clock.now() - from).to.be.lessThan(90_000);
  });

  it("wakes what waits though timers fire a little early and time passes between two looks at the clock", async () => {
    for (let early = 0; early < 1; early += 0.05) {
      const clock = new UnevenClock(early);
      const rateLimit = new RateLimit({ requests: 25, perSeconds: 1, headers: "none" });
      const governor = new RateLimiter({ clock });
      let sent = 0;
      const send = async (): Promise<void> => {
        const end = await governor.acquire("create");
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

  it("is not misled by windows of a second, nor by answers that overtake each other", async () => {
    const { send, arrived } = start({ requests: 10, perSeconds: 1, headers: "ratelimit" });
    await send("read");
    await Promise.all(times(60, () => send("read")));
    expect(arrived.filter(isRefused)).to.have.length(0);
  });
});
