import { PlatformError } from "./errors";
import type { Page, PageRequest } from "./schemas";

/** The contract, "Conventions". */
const maxPerPage = 100;
/** 100,000 things are more than any organization has. */
const maxPages = 1_000;
/** A list that changes while it is read is read again, at most so many times in all. */
const maxPasses = 3;

/**
 * Reads pages until the last one. Items may move between pages meanwhile: what comes twice is kept once, a total that has
 * grown is read on, and after a total that has shrunk (so that something may have moved to a page already read) all is
 * read once more.
 */
export async function readAllPages<T extends { readonly id: string }>(
  fetch: (asked: PageRequest) => Promise<Page<T>>,
): Promise<T[]> {
  const everSeen = new Map<string, T>();
  for (let pass = 1; pass <= maxPasses; pass += 1) {
    const seen = new Map<string, T>();
    let hasShrunk = false;
    let lastTotal = 0;
    for (let page = 1, pages = 1; page <= pages; page += 1) {
      if (page > maxPages) throw new PlatformError(`a list of more than ${maxPages} pages was not read to its end`);
      const answer = await fetch({ page, perPage: maxPerPage });
      const sizeBefore = seen.size;
      for (const item of answer.items) seen.set(item.id, item);
      hasShrunk ||= answer.total < lastTotal;
      lastTotal = answer.total;
      // Where the number of pages is a guess, a page with nothing new means that the server does not page at all.
      const isGuess = answer.total <= (answer.page - 1) * answer.perPage + answer.items.length;
      pages = isGuess && seen.size === sizeBefore ? page : answer.pages;
    }
    for (const [id, item] of seen) everSeen.set(id, item);
    if (!hasShrunk) return [...seen.values()];
  }
  return [...everSeen.values()];
}
