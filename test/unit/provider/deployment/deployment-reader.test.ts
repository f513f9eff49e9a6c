import { expect } from "chai";
import type { Deployment } from "../../../../provider/api/schemas";
import { DeploymentReader, type ReaderClient } from "../../../../provider/deployment/deployment-reader";
import { FakeClock } from "../../../support/fake-clock";
import { apiError, refusedConnection } from "../../../support/scripted-client";

const idOf = (index: number) => `dep_${index}`;

/** A platform with so many deployments, and how often it was asked. */
function platform(count: number) {
  const clock = new FakeClock();
  const all: Deployment[] = Array.from({ length: count }, (_, index) => ({ id: idOf(index), status: "ready" }));
  const requests = { pages: 0, singles: 0 };
  const trouble: {
    list?: Error;
    single?: Error;
    hidden: Set<string>;
    hangs?: boolean;
    slowMs?: number;
    limitedUntil?: number;
  } = { hidden: new Set() };
  const client: ReaderClient = {
    listDeployments: async ({ page = 1, perPage = 50 } = {}, { retry = "safe" } = {}) => {
      requests.pages += 1;
      const limitedMs = (trouble.limitedUntil ?? 0) - clock.now();
      if (limitedMs > 0 && retry === "none") throw apiError(429);
      await clock.sleep(Math.max(0, limitedMs));
      if (trouble.hangs) await new Promise(() => undefined);
      await clock.sleep(trouble.slowMs ?? 10);
      if (trouble.list !== undefined) throw trouble.list;
      const items = all.slice((page - 1) * perPage, page * perPage).filter(({ id }) => !trouble.hidden.has(id));
      return { items, page, perPage, total: count, pages: Math.ceil(count / perPage) };
    },
    getDeployment: async (id, { signal } = {}) => {
      requests.singles += 1;
      signal?.throwIfAborted();
      if (trouble.single !== undefined) throw trouble.single;
      const found = all.find((deployment) => deployment.id === id);
      if (found === undefined) throw apiError(404);
      return found;
    },
  };
  return { clock, requests, trouble, all, sight: new DeploymentReader({ client, clock }) };
}

/** As an engine asks that looks at so many resources at once. */
async function seeAll({ sight }: ReturnType<typeof platform>, count: number, parallel = 16): Promise<number> {
  let next = 0;
  let seen = 0;
  const work = async () => {
    for (let index = next++; index < count; index = next++) {
      if ((await sight.read(idOf(index))) !== undefined) seen += 1;
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return seen;
}

describe("DeploymentSight", () => {
  it("takes one request for a hundred deployments", async () => {
    const world = platform(100);
    expect(await seeAll(world, 100)).to.equal(100);
    expect(world.requests).to.deep.equal({ pages: 1, singles: 0 });
  });

  for (const parallel of [1, 8, 1_000]) {
    it(`takes about ten for a thousand, ${parallel} at a time`, async () => {
      const world = platform(1_000);
      expect(await seeAll(world, 1_000, parallel)).to.equal(1_000);
      expect(world.requests.pages).to.equal(10);
      expect(world.requests.singles).to.be.at.most(3);
    });
  }

  it("does not read all of a large organization for a small stack", async () => {
    const world = platform(5_000);
    const old = [4_000, 4_500, 4_999];
    for (const index of old)
      expect(await world.sight.read(idOf(index))).to.deep.equal({ id: idOf(index), status: "ready" });
    expect(world.requests).to.deep.equal({ pages: 1, singles: 3 });
  });

  it("reads a long list only where single requests would have been as many", async () => {
    const world = platform(10_000);
    for (let index = 0; index < 90; index += 1) await world.sight.read(idOf(9_000 + index));
    expect(world.requests).to.deep.equal({ pages: 1, singles: 90 });
    const other = platform(10_000);
    for (let index = 0; index < 500; index += 1) await other.sight.read(idOf(9_000 + index));
    expect(other.requests).to.deep.equal({ pages: 100, singles: 100 });
  });

  it("does not begin again while it reads, however long that takes", async () => {
    const world = platform(4_000);
    world.trouble.slowMs = 1_000;
    const seen = Promise.all(Array.from({ length: 100 }, (_, index) => world.sight.read(idOf(3_000 + index))));
    await world.clock.sleep(30_000);
    await Promise.all([seen, world.sight.read(idOf(3_200))]);
    expect(world.requests.pages).to.equal(40);
  });

  it("asks by itself for what the list does not show, so that a stale or shifted page makes nothing look gone", async () => {
    const world = platform(300);
    for (let index = 0; index < 300; index += 50) world.trouble.hidden.add(idOf(index));
    expect(await seeAll(world, 300)).to.equal(300);
    expect(await world.sight.read("dep_never")).to.equal(undefined);
  });

  it("takes what is being forgotten for gone", async () => {
    const world = platform(2);
    world.all[1] = { id: idOf(1), status: "destroyed" };
    expect(await world.sight.read(idOf(1))).to.equal(undefined);
  });

  it("asks one by one while the list fails", async () => {
    const world = platform(20);
    world.trouble.list = apiError(403);
    expect(await seeAll(world, 20)).to.equal(20);
    expect(world.requests).to.deep.equal({ pages: 1, singles: 20 });
  });

  it("waits for a list that the rate limit keeps back, rather than to ask for everything by itself", async () => {
    const world = platform(200);
    world.trouble.limitedUntil = 60_000;
    const seen = Promise.all(Array.from({ length: 100 }, (_, index) => world.sight.read(idOf(index))));
    await world.clock.sleep(30_000);
    await Promise.all([seen, world.sight.read(idOf(100))]);
    expect(world.requests).to.deep.equal({ pages: 2, singles: 0 });
  });

  it("rejects where it can be seen in neither way", async () => {
    const world = platform(1);
    world.trouble.list = refusedConnection();
    world.trouble.single = apiError(503);
    const error = await world.sight.read(idOf(0)).catch((thrown: unknown) => thrown);
    expect(error).to.equal(world.trouble.single);
  });

  it("looks again after a while", async () => {
    const world = platform(3);
    await world.sight.read(idOf(0));
    world.all[0] = { id: idOf(0), status: "failed" };
    await world.clock.sleep(11_000);
    expect(await world.sight.read(idOf(0))).to.include({ status: "failed" });
  });

  it("waits for no list when it is canceled", async () => {
    const world = platform(1);
    world.trouble.hangs = true;
    const cancellation = new AbortController();
    const seeing = world.sight.read(idOf(0), { signal: cancellation.signal }).catch(() => "canceled");
    cancellation.abort();
    expect(await seeing).to.equal("canceled");
  });
});
