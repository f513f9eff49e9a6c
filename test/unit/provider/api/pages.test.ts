import { expect } from "chai";
import { readAllPages } from "../../../../provider/api/pages";
import { type Page, type PageRequest, ResponseParser } from "../../../../provider/api/schemas";
import { failureOf } from "./support/errors";

interface Item {
  readonly id: string;
}

/** A server whose list can change before each request. */
function server(change: (request: number, items: string[]) => string[], hasTotals = true) {
  const requested: number[] = [];
  let items: string[] = [];
  const fetch = async ({ page, perPage }: PageRequest): Promise<Page<Item>> => {
    requested.push(page);
    items = change(requested.length, items);
    const shown = items.slice((page - 1) * perPage, page * perPage).map((id) => ({ id }));
    const total = hasTotals ? items.length : (page - 1) * perPage + shown.length;
    const pages = hasTotals ? Math.ceil(items.length / perPage) : page + (shown.length === perPage ? 1 : 0);
    return { items: shown, page, perPage, total, pages };
  };
  return { fetch, requested };
}

const named = (count: number, prefix = "d") => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

describe("readAllPages", () => {
  it("reads an empty list with one request", async () => {
    const { fetch, requested } = server(() => []);
    expect(await readAllPages(fetch)).to.deep.equal([]);
    expect(requested).to.deep.equal([1]);
  });

  it("reads every page once", async () => {
    const { fetch, requested } = server(() => named(250));
    expect(await readAllPages(fetch)).to.deep.equal(named(250).map((id) => ({ id })));
    expect(requested).to.deep.equal([1, 2, 3]);
  });

  it("returns an item that moved to the next page once, and reads the pages of a list that grew", async () => {
    const { fetch, requested } = server((request) => [...named(request === 1 ? 0 : 150, "new"), ...named(200)]);
    const ids = (await readAllPages(fetch)).map(({ id }) => id);
    expect(new Set(ids).size).to.equal(ids.length);
    expect(ids).to.include.members(named(200));
    expect(requested).to.deep.equal([1, 2, 3, 4, 5]);
  });

  it("finds an item that moved to a page that was already read", async () => {
    const { fetch, requested } = server((request) => (request === 1 ? named(150) : named(150).slice(60)));
    const ids = (await readAllPages(fetch)).map(({ id }) => id);
    expect(ids).to.deep.equal(named(150).slice(60));
    expect(requested).to.deep.equal([1, 2, 1]);
  });

  for (const [what, second] of [
    ["is empty", []],
    ["repeats the first one", named(100)],
  ] as const) {
    it(`reads the list again if its second page ${what} although the total says more`, async () => {
      const { fetch, requested } = server(() => named(150));
      const faulty = async (request: PageRequest) => {
        const response = await fetch(request);
        return requested.length === 2 ? { ...response, items: second.map((id) => ({ id })) } : response;
      };
      expect(await readAllPages(faulty)).to.have.lengthOf(150);
      expect(requested).to.deep.equal([1, 2, 1, 2]);
    });
  }

  it("reads a list twice whose total counts more than the list has", async () => {
    const { fetch, requested } = server(() => named(3));
    const counting = async (request: PageRequest) => ({ ...(await fetch(request)), total: 7 });
    expect(await readAllPages(counting)).to.have.lengthOf(3);
    expect(requested).to.deep.equal([1, 2, 1, 2]);
  });

  it("ends if the list keeps changing, with every item that appeared", async () => {
    const { fetch, requested } = server((request) => named(1_000 - request * 3));
    const ids = (await readAllPages(fetch)).map(({ id }) => id);
    expect(requested.filter((page) => page === 1)).to.have.lengthOf(3);
    expect(ids).to.include.members(named(900));
  });

  it("reads on while pages are full if the server reports no totals", async () => {
    const { fetch, requested } = server(() => named(200), false);
    expect(await readAllPages(fetch)).to.have.lengthOf(200);
    expect(requested).to.deep.equal([1, 2, 3]);
  });

  for (const [what, size, figures] of [
    ["sends half of the requested items, without totals", 50, undefined],
    ["counts the pages of the requested size, but sends half of the items", 50, { total: 120, pages: 2 }],
    ["counts the pages of the requested size, but sends a fifth of the items", 20, { total: 120, pages: 2 }],
    ["says that there is one page although the total is larger", 20, { total: 120, pages: 1 }],
  ] as const) {
    it(`reads every item if the server ${what}`, async () => {
      const all = named(120).map((id) => ({ id, status: "ready" }));
      const parser = new ResponseParser("https://api.onvera.io/api/v1");
      const fetch = async (request: PageRequest): Promise<Page<Item>> => {
        const { page } = request;
        const items = all.slice((page - 1) * size, page * size);
        const pagination = figures === undefined ? undefined : { page, per_page: 100, ...figures };
        const parsed = parser.deployments({ data: { items, pagination } }, request);
        if (!("value" in parsed)) throw new Error(parsed.issues.join());
        return parsed.value;
      };
      expect(await readAllPages(fetch)).to.deep.equal(all);
    });
  }

  it("ends if the server always sends the same page", async () => {
    const items = named(100).map((id) => ({ id }));
    let requests = 0;
    const all = await readAllPages(async ({ page, perPage }) => {
      requests += 1;
      return { items, page, perPage, total: page * perPage, pages: page + 1 };
    });
    expect(all).to.deep.equal(items);
    expect(requests).to.equal(2);
  });

  it("fails if the server reports too many pages", async () => {
    const error = await failureOf(
      readAllPages(async ({ page, perPage }) => ({
        items: [{ id: `${page}` }],
        page,
        perPage,
        total: 1e9,
        pages: 1e7,
      })),
    );
    expect(error.message).to.equal("the list has more than 1000 pages, and the provider reads no more");
  });
});
