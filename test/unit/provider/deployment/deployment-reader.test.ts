import { expect } from "chai";
import type { Deployment } from "../../../../provider/api/schemas";
import { DeploymentReader, type ReaderClient } from "../../../../provider/deployment/deployment-reader";
import { FakeClock } from "../../../support/fake-clock";
import { apiError, refusedConnection } from "../../../support/scripted-client";

const idOf = (index: number) => `dep_${index}`;

/** A platform with this number of deployments, and the requests that it received. */
function start(count: number) {
  const clock = new FakeClock();
  const all: Deployment[] = Array.from({ length: count }, (_, index) => ({ id: idOf(index), status: "ready" }));
  const requests = { pages: 0, singles: 0 };
  const faults: {
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
      const limitedMs = (faults.limitedUntil ?? 0) - clock.now();
      if (limitedMs > 0 && retry === "none") throw apiError(429);
      await clock.sleep(Math.max(0, limitedMs));
      if (faults.hangs) await new Promise(() => undefined);
      await clock.sleep(faults.slowMs ?? 10);
      if (faults.list !== undefined) throw faults.list;
      const items = all.slice((page - 1) * perPage, page * perPage).filter(({ id }) => !faults.hidden.has(id));
      return { items, page, perPage, total: count, pages: Math.ceil(count / perPage) };
    },
    getDeployment: async (id, { signal } = {}) => {
      requests.singles += 1;
      signal?.throwIfAborted();
      if (faults.single !== undefined) throw faults.single;
      const found = all.find((deployment) => deployment.id === id);
      if (found === undefined) throw apiError(404);
      return found;
    },
  };
  return { clock, requests, faults, all, reader: new DeploymentReader({ client, clock }) };
}

/** Reads deployments as the engine does, with this parallelism. */
async function readAll({ reader }: ReturnType<typeof start>, count: number, parallel = 16): Promise<number> {
  let next = 0;
  let found = 0;
  const work = async () => {
    for (let index = next++; index < count; index = next++) {
      if ((await reader.read(idOf(index))) !== undefined) found += 1;
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return found;
}

describe("DeploymentReader", () => {
  it("reads a hundred deployments with one request", async () => {
    const server = start(100);
    expect(await readAll(server, 100)).to.equal(100);
    expect(server.requests).to.deep.equal({ pages: 1, singles: 0 });
  });

  for (const parallel of [1, 8, 1_000]) {
    it(`reads a thousand with about ten requests, ${parallel} at a time`, async () => {
      const server = start(1_000);
      expect(await readAll(server, 1_000, parallel)).to.equal(1_000);
      expect(server.requests.pages).to.equal(10);
      expect(server.requests.singles).to.be.at.most(3);
    });
  }

  for (const pages of ["the next one", "a thousand more"]) {
    it(`stops at a page without a new deployment if the list always announces ${pages}`, async () => {
      const clock = new FakeClock();
      let lists = 0;
      const reader = new DeploymentReader({
        clock,
        client: {
          listDeployments: async ({ page = 1, perPage = 50 } = {}) => {
            lists += 1;
            await clock.sleep(100);
            const items = Array.from({ length: perPage }, (_, index) => ({ id: idOf(index), status: "ready" }));
            return { items, page, perPage, total: page * perPage, pages: pages === "the next one" ? page + 1 : 1_000 };
          },
          getDeployment: async () => {
            throw apiError(404);
          },
        },
      });
      for (const _ of Array.from({ length: 1_100 })) expect(await reader.read("gone")).to.equal(undefined);
      expect(lists).to.equal(2);
    });
  }

  it("does not read the whole list of a large organization for a small stack", async () => {
    const server = start(5_000);
    const old = [4_000, 4_500, 4_999];
    for (const index of old)
      expect(await server.reader.read(idOf(index))).to.deep.equal({ id: idOf(index), status: "ready" });
    expect(server.requests).to.deep.equal({ pages: 1, singles: 3 });
  });

  it("reads a long list only after as many single requests", async () => {
    const server = start(10_000);
    for (let index = 0; index < 90; index += 1) await server.reader.read(idOf(9_000 + index));
    expect(server.requests).to.deep.equal({ pages: 1, singles: 90 });
    const other = start(10_000);
    for (let index = 0; index < 500; index += 1) await other.reader.read(idOf(9_000 + index));
    expect(other.requests).to.deep.equal({ pages: 100, singles: 100 });
  });

  it("does not start a second reading during a long one", async () => {
    const server = start(4_000);
    server.faults.slowMs = 1_000;
    const found = Promise.all(Array.from({ length: 100 }, (_, index) => server.reader.read(idOf(3_000 + index))));
    await server.clock.sleep(30_000);
    await Promise.all([found, server.reader.read(idOf(3_200))]);
    expect(server.requests.pages).to.equal(40);
  });

  it("reads by itself a deployment that is not in the list, so that a stale page does not make it appear gone", async () => {
    const server = start(300);
    for (let index = 0; index < 300; index += 50) server.faults.hidden.add(idOf(index));
    expect(await readAll(server, 300)).to.equal(300);
    expect(await server.reader.read("dep_never")).to.equal(undefined);
  });

  it("treats a destroyed deployment as gone", async () => {
    const server = start(2);
    server.all[1] = { id: idOf(1), status: "destroyed" };
    expect(await server.reader.read(idOf(1))).to.equal(undefined);
  });

  it("reads one by one while the list fails", async () => {
    const server = start(20);
    server.faults.list = apiError(403);
    expect(await readAll(server, 20)).to.equal(20);
    expect(server.requests).to.deep.equal({ pages: 1, singles: 20 });
  });

  it("waits for a list that the rate limit delays", async () => {
    const server = start(200);
    server.faults.limitedUntil = 60_000;
    const found = Promise.all(Array.from({ length: 100 }, (_, index) => server.reader.read(idOf(index))));
    await server.clock.sleep(30_000);
    await Promise.all([found, server.reader.read(idOf(100))]);
    expect(server.requests).to.deep.equal({ pages: 2, singles: 0 });
  });

  it("rejects if both requests fail", async () => {
    const server = start(1);
    server.faults.list = refusedConnection();
    server.faults.single = apiError(503);
    const error = await server.reader.read(idOf(0)).catch((thrown: unknown) => thrown);
    expect(error).to.equal(server.faults.single);
  });

  it("reads the list again after a while", async () => {
    const server = start(3);
    await server.reader.read(idOf(0));
    server.all[0] = { id: idOf(0), status: "failed" };
    await server.clock.sleep(11_000);
    expect(await server.reader.read(idOf(0))).to.include({ status: "failed" });
  });

  it("does not wait for the list after a cancellation", async () => {
    const server = start(1);
    server.faults.hangs = true;
    const cancellation = new AbortController();
    const reading = server.reader.read(idOf(0), { signal: cancellation.signal }).catch(() => "canceled");
    cancellation.abort();
    expect(await reading).to.equal("canceled");
  });
});
