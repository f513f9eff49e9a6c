import type { Clock } from "../clock";
import { isRateLimited } from "../api/errors";

/** A list of which each page holds what many watches wait for, so that one request answers them all. */
export interface BulkSource {
  /** Only watches whose key begins so are answered by the list; the rest of the key is an item's id. */
  readonly keyPrefix: string;
  /** Whether the first poll of all is to be a page, even for a single watch, because it shows what is usual. */
  readonly isWorthReadingOnce?: boolean;
  /** Items of one page, and how many pages there are; pages count from 1. */
  readonly fetchPage: (page: number) => Promise<{ readonly items: readonly ListedItem[]; readonly pages: number }>;
}

export interface ListedItem {
  readonly id: string;
}

/** The contract, "Conventions": the largest page. */
export const itemsPerPage = 100;
/** So many pages in a row may hold nothing that is wanted, or one in so many of those that are wanted. */
const sparePages = 2;
const wantedPerSparePage = 20;
/** How long the list is left alone after it failed, or was too full of others' items to be worth it; in milliseconds. */
const pauseMs = 60_000;
/** So often in a row the rate limit may refuse a page: to ask for each item by itself instead would be refused the more. */
const refusalsBorne = 2;

/** Reads pages of one list, as long as they are worth it, from the end of the list where the newest items are. */
export class PageReader {
  readonly #clock: Clock;
  /** Not before then: pages have been no help. */
  #againAt = Number.NEGATIVE_INFINITY;
  #hasRead = false;
  /** Whether the newest items are on the last pages: which order a list has is not published. */
  #isOldestFirst = false;
  /** Whether the other end of the list was tried last time, as this one had been no help. */
  #hasTurned = false;
  #lastPage = 1;
  #refusalsInARow = 0;

  constructor(
    readonly source: BulkSource,
    clock: Clock,
  ) {
    this.#clock = clock;
  }

  /** Whether pages would take fewer requests than asking for so many items one by one. */
  isWorth(wanted: number): boolean {
    if (wanted === 0 || this.#clock.now() < this.#againAt) return false;
    if (!this.#hasRead && this.source.isWorthReadingOnce) return true;
    return wanted > Math.ceil(wanted / itemsPerPage);
  }

  /**
   * Hands items over until `take` says `all`. For others it says whether somebody watches the item: pages with too few of
   * those end the reading. Rejects as `fetchPage` does; the list is left alone for a while then, but not where only the rate
   * limit has refused a page once or twice.
   */
  async read(wanted: number, take: (item: ListedItem) => "watched" | "foreign" | "all"): Promise<void> {
    const spare = Math.max(sparePages, Math.ceil(wanted / wantedPerSparePage));
    const [lastPage, isOldestFirst] = [this.#lastPage, this.#isOldestFirst];
    // The first time, others' items are looked for on one page more than is needed, as they show what is usual.
    let pagesBeyond = this.#hasRead || !this.source.isWorthReadingOnce ? 0 : 1;
    let isComplete = false;
    let found = 0;
    let read = 0;
    let fruitless = 0;
    try {
      for (let hasMore = true; hasMore && read < wanted && fruitless <= spare; ) {
        read += 1;
        const number = isOldestFirst ? lastPage - read + 1 : read;
        const { items, pages } = await this.source.fetchPage(number);
        this.#hasRead = true;
        this.#refusalsInARow = 0;
        this.#lastPage = Math.max(1, pages);
        hasMore = isOldestFirst ? number > 1 : number < pages;
        const taken = items.map(take);
        const here = taken.filter((each) => each !== "foreign").length;
        found += here;
        fruitless = here > 0 ? 0 : fruitless + 1;
        if (here < items.length) pagesBeyond = 0;
        isComplete ||= taken.includes("all");
        if (isComplete && pagesBeyond-- <= 0) hasMore = false;
      }
    } catch (error) {
      const isRefused = isRateLimited(error);
      this.#refusalsInARow = isRefused ? this.#refusalsInARow + 1 : 0;
      if (!isRefused || this.#refusalsInARow > refusalsBorne) this.#againAt = this.#clock.now() + pauseMs;
      throw error;
    }
    this.#judge(found, read);
  }

  /** Leaves the list alone where its pages held too little for what they cost, at this end and at the other. */
  #judge(found: number, read: number): void {
    if (found >= read) {
      this.#hasTurned = false;
    } else if (this.#hasTurned || this.#lastPage <= read) {
      this.#againAt = this.#clock.now() + pauseMs;
      this.#hasTurned = false;
    } else {
      this.#isOldestFirst = !this.#isOldestFirst;
      this.#hasTurned = true;
    }
  }
}
