import { expect } from "chai";
import { ApiError } from "../../../../provider/api/errors";
import { Poller, type PollResult } from "../../../../provider/lro/poller";
import { FakeClock } from "../../../support/fake-clock";

interface Item {
  id: string;
  status: string;
}

/** A platform with a list of operations, newest first, that all end at a given time. */
function platform({
  count,
  endsAt = 60_000,
  foreign = 0,
  older = 0,
  isOldestFirst = false,
  isWorthReadingOnce = false,
}: {
  count: number;
  endsAt?: number;
  foreign?: number;
  older?: number;
  isOldestFirst?: boolean;
  isWorthReadingOnce?: boolean;
}) {
  const clock = new FakeClock();
  const requests = { pages: 0, singles: 0 };
  const isHidden = new Set<string>();
  let failure: Error | undefined;
  const status = () => (clock.now() >= endsAt ? "succeeded" : "running");
  const ids = [
    ...Array.from({ length: foreign }, (_, index) => `foreign_${index}`),
    ...Array.from({ length: count }, (_, index) => `op_${index}`),
    ...Array.from({ length: older }, (_, index) => `older_${index}`),
  ];
  if (isOldestFirst) ids.reverse().unshift(...Array.from({ length: 3_000 }, (_, index) => `oldest_${index}`));
  const poller = new Poller({
    clock,
    random: () => 0,
    lists: [
      {
        keyPrefix: "operation/",
        isWorthReadingOnce,
        fetchPage: async (page) => {
          requests.pages += 1;
          if (failure !== undefined) throw failure;
          const items = ids.slice((page - 1) * 100, page * 100).filter((id) => !isHidden.has(id));
          return { items: items.map((id): Item => ({ id, status: status() })), pages: Math.ceil(ids.length / 100) };
        },
      },
    ],
  });
  const finished = new Map<string, number>();
  const waitForAll = () =>
    Promise.all(
      Array.from({ length: count }, (_, index) => `op_${index}`).map(
        (id) =>
          new Promise<void>((resolve) => {
            const stop = poller.add<Item>({
              key: `operation/${id}`,
              fetch: async () => {
                requests.singles += 1;
                return { id, status: status() };
              },
              onResult: (result: PollResult<Item>) => {
                if ("error" in result || result.response.status !== "succeeded") return;
                finished.set(result.response.id, clock.now());
                stop();
                resolve();
              },
            });
          }),
      ),
    );
  return { clock, requests, isHidden, finished, waitForAll, fail: (error?: Error) => (failure = error) };
}

describe("Poller, with a list to read pages of", () => {
  it("asks for one operation by itself", async () => {
    const { requests, waitForAll } = platform({ count: 1 });
    await waitForAll();
    expect(requests.pages).to.equal(0);
    expect(requests.singles).to.be.above(10);
  });

  it("reads a page for a hundred operations instead of a hundred requests", async () => {
    const { requests, finished, waitForAll } = platform({ count: 100 });
    await waitForAll();
    expect(requests.singles).to.equal(0);
    expect(requests.pages).to.be.below(20);
    expect(finished.size).to.equal(100);
    for (const at of finished.values()) expect(at, "noticed within an interval").to.be.within(60_000, 65_000);
  });

  it("reads ten pages a tick for a thousand", async () => {
    const { requests, finished, waitForAll } = platform({ count: 1_000 });
    await waitForAll();
    expect(requests.singles).to.equal(0);
    expect(requests.pages).to.be.below(200);
    expect(finished.size).to.equal(1_000);
  });

  it("asks by itself for what the list does not hold", async () => {
    const { requests, isHidden, finished, waitForAll } = platform({ count: 50 });
    for (let index = 0; index < 3; index += 1) isHidden.add(`op_${index}`);
    await waitForAll();
    expect(finished.size).to.equal(50);
    expect(requests.singles)
      .to.be.above(0)
      .and.below(3 * 40);
  });

  it("reads past others' operations, and gives pages up where those fill the list", async () => {
    const some = platform({ count: 50, foreign: 150 });
    await some.waitForAll();
    expect(some.requests.singles).to.equal(0);
    const many = platform({ count: 50, foreign: 5_000 });
    await many.waitForAll();
    expect(many.finished.size).to.equal(50);
    expect(many.requests.pages).to.be.below(20);
  });

  it("looks one page further the first time, for what others' operations show of the usual time", async () => {
    const { requests, waitForAll } = platform({ count: 100, older: 500, isWorthReadingOnce: true, endsAt: 0 });
    await waitForAll();
    expect(requests.pages).to.equal(2);
    const one = platform({ count: 1, older: 500, isWorthReadingOnce: true, endsAt: 0 });
    await one.waitForAll();
    expect(one.requests).to.deep.equal({ pages: 1, singles: 0 });
  });

  it("finds the end of the list that has the newest operations", async () => {
    const { requests, finished, waitForAll } = platform({ count: 300, isOldestFirst: true });
    await waitForAll();
    expect(finished.size).to.equal(300);
    // Once, while the wrong end was read.
    expect(requests.singles).to.be.at.most(300);
    expect(requests.pages).to.be.below(80);
  });

  it("goes on one by one while the list fails, and notices the end all the same", async () => {
    const { fail, requests, finished, waitForAll } = platform({ count: 10 });
    fail(
      new ApiError({ method: "GET", path: "/operations", status: 503, code: "SERVICE_UNAVAILABLE", reason: "down" }),
    );
    await waitForAll();
    expect(finished.size).to.equal(10);
    expect(requests.pages).to.be.at.most(2);
  });

  it("holds everything back for as long as the platform asks when it limits the list, then reads pages again", async () => {
    const { fail, clock, requests, waitForAll } = platform({ count: 100, endsAt: 0 });
    fail(limited(30_000));
    const all = waitForAll();
    await clock.sleep(20_000);
    fail(undefined);
    await all;
    expect(clock.now()).to.be.at.least(32_000);
    expect(requests).to.deep.equal({ pages: 2, singles: 0 });
  });

  it("leaves a list alone that is limited again and again", async () => {
    const { fail, finished, requests, waitForAll } = platform({ count: 10, endsAt: 0 });
    fail(limited(30_000));
    await waitForAll();
    expect(finished.size).to.equal(10);
    expect(requests).to.deep.equal({ pages: 3, singles: 10 });
  });
});

function limited(retryAfterMs: number): ApiError {
  const limit = { method: "GET", path: "/operations", status: 429, code: "RATE_LIMIT_EXCEEDED", reason: "slow down" };
  return new ApiError({ ...limit, retryAfterMs });
}
