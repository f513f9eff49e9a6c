import type { OnveraClient, RequestOptions } from "../api/client";
import { isNotFound } from "../api/errors";
import { maxPages, maxPerPage } from "../api/pages";
import type { Deployment, Page } from "../api/schemas";
import { type CallContext, defaultCallMs, waitWithin } from "../call-context";
import type { Clock } from "../clock";

export type ReaderClient = Pick<OnveraClient, "getDeployment" | "listDeployments">;

/** How long a list is used after it was read, in milliseconds: a command reads all its resources in less time. */
const reuseMs = 10_000;
/**
 * How many resources a command will read is unknown. So the reader first sends single requests for those that are not on the first
 * page. It reads the other pages after as many single requests as there are pages; for a short list, after a quarter as many.
 */
const shortListPages = 40;
const pagesPerMissInShortList = 4;

/** One reading of the list of deployments. */
interface ListReading {
  /** When the last page was read; undefined while pages are being read. */
  endedAt: number | undefined;
  readonly found: Map<string, Deployment>;
  readonly firstPage: Promise<Page<Deployment>>;
  /** The number of reads of deployments that are not on the first page. */
  misses: number;
  otherPages: Promise<void> | undefined;
}

/**
 * Reads deployments for previews and refreshes, which read many at about the same time. All reads share the pages of one list if
 * that takes fewer requests. A deployment that is not in the list is read by itself, so that a list which changes while it is
 * read, or is out of date, cannot make a deployment appear gone.
 */
export class DeploymentReader {
  readonly #client: ReaderClient;
  readonly #clock: Clock;
  readonly #onVisible: (id: string) => void;
  #reading: ListReading | undefined;

  constructor({
    client,
    clock,
    onVisible = () => undefined,
  }: {
    client: ReaderClient;
    clock: Clock;
    /** Called with each deployment that the platform returns. */
    onVisible?: (id: string) => void;
  }) {
    this.#client = client;
    this.#clock = clock;
    this.#onVisible = onVisible;
  }

  /** Undefined if the deployment does not exist. Rejects as `getDeployment` does if it cannot be read. */
  async read(id: string, given: RequestOptions = {}): Promise<Deployment | undefined> {
    const options = { ...given, deadline: given.deadline ?? this.#clock.now() + defaultCallMs };
    const listed = await this.#findInList(id, options);
    if (listed !== undefined) return existing(listed);
    try {
      const single = await this.#client.getDeployment(id, options);
      this.#onVisible(id);
      return existing(single);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Undefined if the list does not contain the deployment, fails, or takes longer than the call can. */
  async #findInList(id: string, context: CallContext): Promise<Deployment | undefined> {
    const reading = this.#currentReading();
    const within = <T>(shared: Promise<T>): Promise<T> =>
      waitWithin(shared, context, { clock: this.#clock, toError: (why) => new Error(why) });
    try {
      const { pages } = await within(reading.firstPage);
      const found = reading.found.get(id);
      if (found !== undefined || pages < 2) return found;
      reading.misses += 1;
      const pagesPerMiss = pages > shortListPages ? 1 : pagesPerMissInShortList;
      if (reading.otherPages === undefined && reading.misses * pagesPerMiss <= pages) return undefined;
      reading.otherPages ??= this.#readOtherPages(reading, pages);
      await within(reading.otherPages);
      return reading.found.get(id);
    } catch {
      return undefined;
    }
  }

  #currentReading(): ListReading {
    const now = this.#clock.now();
    const current = this.#reading;
    if (current !== undefined && (current.endedAt === undefined || now - current.endedAt <= reuseMs)) return current;
    const found = new Map<string, Deployment>();
    const firstPage = this.#readPage(1, found);
    const reading: ListReading = { endedAt: undefined, found, firstPage, misses: 0, otherPages: undefined };
    this.#reading = reading;
    const end = () => {
      reading.endedAt = this.#clock.now();
    };
    firstPage.then(end, end);
    return reading;
  }

  async #readPage(page: number, found: Map<string, Deployment>): Promise<Page<Deployment>> {
    // Several calls share it, so no signal of a call ends it. If it fails, each deployment is read by itself; but not because of the
    // rate limit, which would delay so many requests even longer.
    const response = await this.#client.listDeployments({ page, perPage: maxPerPage }, { retry: "rateLimit" });
    for (const deployment of response.items) {
      found.set(deployment.id, deployment);
      this.#onVisible(deployment.id);
    }
    return response;
  }

  async #readOtherPages(reading: ListReading, pages: number): Promise<void> {
    reading.endedAt = undefined;
    try {
      for (let page = 2, last = pages; page <= Math.min(last, maxPages); page += 1) {
        const known = reading.found.size;
        ({ pages: last } = await this.#readPage(page, reading.found));
        // The server ignores the page number, or has no more. What is missing is read by itself.
        if (reading.found.size === known) break;
      }
    } finally {
      reading.endedAt = this.#clock.now();
    }
  }
}

function existing(deployment: Deployment): Deployment | undefined {
  return deployment.status === "destroyed" ? undefined : deployment;
}
