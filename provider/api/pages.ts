import { PlatformError } from "./errors";
import type { Page, PageRequest } from "./schemas";

/** The number of items on the largest page. Source: the API reference, "Conventions". */
export const maxPerPage = 100;
/** 100,000 items are more than any organization has. */
export const maxPages = 1_000;
/** The largest number of times that a list is read because it changed meanwhile, or was incomplete. */
const maxPasses = 3;

/**
 * Reads all pages of a list. The list can change meanwhile: an item that appears twice is returned once, and after the total has
 * shrunk, which can move an item to a page that was already read, the list is read again. So is a list with fewer items than its
 * total, unless it has the same number of items a second time: the total can count what the list does not show.
 */
export async function readAllPages<T extends { readonly id: string }>(
  fetch: (request: PageRequest) => Promise<Page<T>>,
): Promise<T[]> {
  const itemsOfAllPasses = new Map<string, T>();
  let lastSize: number | undefined;
  for (let pass = 1; pass <= maxPasses; pass += 1) {
    const items = new Map<string, T>();
    let hasShrunk = false;
    let firstTotal: number | undefined;
    let lastTotal = 0;
    for (let page = 1, pages = 1; page <= pages; page += 1) {
      if (page > maxPages)
        throw new PlatformError(`the list has more than ${maxPages} pages, and the provider reads no more`);
      const response = await fetch({ page, perPage: maxPerPage });
      const sizeBefore = items.size;
      for (const item of response.items) items.set(item.id, item);
      hasShrunk ||= response.total < lastTotal;
      lastTotal = response.total;
      firstTotal ??= response.total;
      // If the number of pages is an estimate, a page without a new item means that the server ignores the page number.
      const isEstimate = response.total <= (response.page - 1) * response.perPage + response.items.length;
      const hasNew = items.size > sizeBefore;
      // The number of pages can be that of the requested size, although the pages are smaller.
      const hasMore = hasNew && items.size < response.total;
      pages = isEstimate && !hasNew ? page : Math.max(response.pages, hasMore ? page + 1 : 0);
    }
    for (const [id, item] of items) itemsOfAllPasses.set(id, item);
    const isComplete = items.size >= (firstTotal ?? 0) || items.size === lastSize;
    if (!hasShrunk && isComplete) return [...items.values()];
    lastSize = items.size;
  }
  return [...itemsOfAllPasses.values()];
}
