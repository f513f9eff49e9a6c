import type { Clock } from "../clock";

/** A list, one page of which contains what many targets wait for, so that one request serves them all. */
export interface ListSource {
  /** Only targets whose key begins with this are in the list; the rest of the key is an item's id. */
  readonly keyPrefix: string;
  /** Whether the very first poll reads a page, even for a single target, because the page shows how long operations take. */
  readonly isWorthReadingOnce?: boolean;
  readonly itemsPerPage: number;
  /** Items of one page, and the number of pages; pages count from 1. */
  readonly fetchPage: (page: number) => Promise<{ readonly items: readonly ListedItem[]; readonly pages: number }>;
}

export interface ListedItem {
  readonly id: string;
}

/**
 * The number of pages in a row without a wanted item after which the reading ends: `sparePages`, or one for every
 * `wantedPerSparePage` wanted items if that is more.
 */
const sparePages = 2;
const wantedPerSparePage = 20;
/** How long the list is not read after it failed, or contained too little that is wanted; in milliseconds. */
const pauseMs = 60_000;

/** Reads pages of one list while that takes fewer requests than single polls, starting at the end of the list that has the newest items. */
export class ListPoller {
  readonly #clock: Clock;
  /** The list is not read before this time. */
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #hasRead = false;
  /** Whether the newest items are on the last pages: the order of the list is not published. */
  #isOldestFirst = false;
  /** Whether the last reading tried the other end of the list, because the first end contained too little. */
  #hasTurned = false;
  #lastPage = 1;

  constructor(
    readonly source: ListSource,
    clock: Clock,
  ) {
    this.#clock = clock;
  }

  /** Whether pages take fewer requests than this many items do one by one. */
  isWorth(wanted: number): boolean {
    if (wanted === 0 || this.#clock.now() < this.#pausedUntil) return false;
    if (!this.#hasRead && this.source.isWorthReadingOnce) return true;
    return wanted > Math.ceil(wanted / this.source.itemsPerPage);
  }

  /**
   * Passes items to `take` until it returns `all`. Otherwise `take` returns whether the item is wanted: too many pages without a
   * wanted item end the reading. Rejects as `fetchPage` does, and then does not read the list for a while.
   */
  async read(wanted: number, take: (item: ListedItem) => "wanted" | "other" | "all"): Promise<void> {
    const spare = Math.max(sparePages, Math.ceil(wanted / wantedPerSparePage));
    const [lastPage, isOldestFirst] = [this.#lastPage, this.#isOldestFirst];
    // The first reading has one page more than needed: the operations of other clients show how long operations take.
    let pagesBeyond = this.#hasRead || !this.source.isWorthReadingOnce ? 0 : 1;
    let isComplete = false;
    let found = 0;
    let pagesRead = 0;
    let pagesWithoutWanted = 0;
    try {
      for (let hasMore = true; hasMore && pagesRead < wanted && pagesWithoutWanted <= spare; ) {
        pagesRead += 1;
        const number = isOldestFirst ? lastPage - pagesRead + 1 : pagesRead;
        const { items, pages } = await this.source.fetchPage(number);
        this.#hasRead = true;
        this.#lastPage = Math.max(1, pages);
        hasMore = isOldestFirst ? number > 1 : number < pages;
        const taken = items.map(take);
        const foundHere = taken.filter((each) => each !== "other").length;
        found += foundHere;
        pagesWithoutWanted = foundHere > 0 ? 0 : pagesWithoutWanted + 1;
        if (foundHere < items.length) pagesBeyond = 0;
        isComplete ||= taken.includes("all");
        if (isComplete && pagesBeyond-- <= 0) hasMore = false;
      }
    } catch (error) {
      this.#pause();
      throw error;
    }
    this.#evaluate(found, pagesRead);
  }

  /** Stops reading the list for a while if its pages contained less than they cost, at both ends. */
  #evaluate(found: number, pagesRead: number): void {
    if (found >= pagesRead) {
      this.#hasTurned = false;
    } else if (this.#hasTurned || this.#lastPage <= pagesRead) {
      this.#pause();
      this.#hasTurned = false;
    } else {
      this.#isOldestFirst = !this.#isOldestFirst;
      this.#hasTurned = true;
    }
  }

  #pause(): void {
    this.#pausedUntil = this.#clock.now() + pauseMs;
  }
}
