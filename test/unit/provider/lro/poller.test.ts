import { expect } from "chai";
import { ApiError } from "../../../../provider/api/errors";
import { Poller, type PollResult } from "../../../../provider/lro/poller";
import { FakeClock } from "../../../support/fake-clock";

interface Item {
  id: string;
  status: string;
}

/** A platform with a list of operations, newest first, that all end at the same time. */
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
        itemsPerPage: 100,
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

describe("Poller with a list", () => {
  it("polls a single operation by itself", async () => {
    const { requests, waitForAll } = platform({ count: 1 });
    await waitForAll();
    expect(requests.pages).to.equal(0);
    expect(requests.singles).to.be.above(10);
  });

  it("reads one page for a hundred operations", async () => {
    const { requests, finished, waitForAll } = platform({ count: 100 });
    await waitForAll();
    expect(requests.singles).to.equal(0);
    expect(requests.pages).to.be.below(20);
    expect(finished.size).to.equal(100);
    for (const at of finished.values()) expect(at, "within one interval").to.be.within(60_000, 65_000);
  });

  it("reads ten pages for a thousand operations", async () => {
    const { requests, finished, waitForAll } = platform({ count: 1_000 });
    await waitForAll();
    expect(requests.singles).to.equal(0);
    expect(requests.pages).to.be.below(200);
    expect(finished.size).to.equal(1_000);
  });

  it("polls by itself an operation that is not in the list", async () => {
    const { requests, isHidden, finished, waitForAll } = platform({ count: 50 });
    for (let index = 0; index < 3; index += 1) isHidden.add(`op_${index}`);
    await waitForAll();
    expect(finished.size).to.equal(50);
    expect(requests.singles)
      .to.be.above(0)
      .and.below(3 * 40);
  });

  it("skips other operations, and stops reading pages that contain only others", async () => {
    const some = platform({ count: 50, foreign: 150 });
    await some.waitForAll();
    expect(some.requests.singles).to.equal(0);
    const many = platform({ count: 50, foreign: 5_000 });
    await many.waitForAll();
    expect(many.finished.size).to.equal(50);
    expect(many.requests.pages).to.be.below(20);
  });

  it("reads one more page the first time, to record the durations of other operations", async () => {
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
    // Once, while it read the wrong end.
    expect(requests.singles).to.be.at.most(300);
    expect(requests.pages).to.be.below(80);
  });

  it("polls one by one while the list fails", async () => {
    const { fail, requests, finished, waitForAll } = platform({ count: 10 });
    fail(
      new ApiError({ method: "GET", path: "/operations", status: 503, code: "SERVICE_UNAVAILABLE", reason: "down" }),
    );
    await waitForAll();
    expect(finished.size).to.equal(10);
    expect(requests.pages).to.be.at.most(2);
  });
});
