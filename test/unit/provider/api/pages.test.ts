import { expect } from "chai";
import { readAllPages } from "../../../../provider/api/pages";
import type { Page, PageRequest } from "../../../../provider/api/schemas";
import { failureOf } from "./support/errors";

interface Item {
  readonly id: string;
}

/** A server whose list may change before each request. */
function server(change: (request: number, items: string[]) => string[], counted = true) {
  const asked: number[] = [];
  let items: string[] = [];
  const fetch = async ({ page, perPage }: PageRequest): Promise<Page<Item>> => {
    asked.push(page);
    items = change(asked.length, items);
    const shown = items.slice((page - 1) * perPage, page * perPage).map((id) => ({ id }));
    const total = counted ? items.length : (page - 1) * perPage + shown.length;
    const pages = counted ? Math.ceil(items.length / perPage) : page + (shown.length === perPage ? 1 : 0);
    return { items: shown, page, perPage, total, pages };
  };
  return { fetch, asked };
}

const named = (count: number, prefix = "d") => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

describe("readAllPages", () => {
  it("reads an empty list with one request", async () => {
    const { fetch, asked } = server(() => []);
    expect(await readAllPages(fetch)).to.deep.equal([]);
    expect(asked).to.deep.equal([1]);
  });

  it("reads every page once", async () => {
    const { fetch, asked } = server(() => named(250));
    expect(await readAllPages(fetch)).to.deep.equal(named(250).map((id) => ({ id })));
    expect(asked).to.deep.equal([1, 2, 3]);
  });

  it("keeps what moved to the next page only once, and reads on where the list has grown", async () => {
    const { fetch, asked } = server((request) => [...named(request === 1 ? 0 : 150, "new"), ...named(200)]);
    const ids = (await readAllPages(fetch)).map(({ id }) => id);
    expect(new Set(ids).size).to.equal(ids.length);
    expect(ids).to.include.members(named(200));
    expect(asked).to.deep.equal([1, 2, 3, 4]);
  });

  it("misses nothing that moved to a page already read, as others went", async () => {
    const { fetch, asked } = server((request) => (request === 1 ? named(150) : named(150).slice(60)));
    const ids = (await readAllPages(fetch)).map(({ id }) => id);
    expect(ids).to.deep.equal(named(150).slice(60));
    expect(asked).to.deep.equal([1, 2, 1]);
  });

  it("ends also where the list never stands still, with all that was seen", async () => {
    const { fetch, asked } = server((request) => named(1_000 - request * 3));
    const ids = (await readAllPages(fetch)).map(({ id }) => id);
    expect(asked.filter((page) => page === 1)).to.have.lengthOf(3);
    expect(ids).to.include.members(named(900));
  });

  it("pages on while pages are full where the server counts nothing", async () => {
    const { fetch, asked } = server(() => named(200), false);
    expect(await readAllPages(fetch)).to.have.lengthOf(200);
    expect(asked).to.deep.equal([1, 2, 3]);
  });

  it("ends where the server sends the same page for ever", async () => {
    const items = named(100).map((id) => ({ id }));
    let requests = 0;
    const all = await readAllPages(async ({ page, perPage }) => {
      requests += 1;
      return { items, page, perPage, total: page * perPage, pages: page + 1 };
    });
    expect(all).to.deep.equal(items);
    expect(requests).to.equal(2);
  });

  it("fails rather than giving a part, where the server claims endless pages", async () => {
    const error = await failureOf(
      readAllPages(async ({ page, perPage }) => ({
        items: [{ id: `${page}` }],
        page,
        perPage,
        total: 1e9,
        pages: 1e7,
      })),
    );
    expect(error.message).to.equal("a list of more than 1000 pages was not read to its end");
  });
});
