/** The number of items on the largest page. Source: the API reference, "Conventions". */
export const maxPerPage = 100;
/** The number of items on a page if the request names none. Source: the API reference, "Conventions". */
export const defaultPerPage = 50;
/** Whether a page can be full. A server can ignore the requested size, and send as many items as by default. */
export function isFull(items: readonly unknown[], perPage: number): boolean {
  return items.length >= Math.max(1, Math.min(perPage, defaultPerPage));
}
