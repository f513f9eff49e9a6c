import type { OnveraClient, RequestOptions } from "../api/client";
import { isNotFound } from "../api/errors";
import type { Deployment, Page } from "../api/schemas";
import { type CallContext, defaultCallMs, waitWithin } from "../call-context";
import type { Clock } from "../clock";

/** The calls of the platform that tell how deployments are. */
export type ReaderClient = Pick<OnveraClient, "getDeployment" | "listDeployments">;

/** The contract, "Conventions": the largest page. */
const perPage = 100;
/**
 * What a reading has shown is taken for true for so long after its end, in milliseconds: as long as a command takes to look
 * at its resources.
 */
const freshForMs = 10_000;
/**
 * Nobody tells how many of a stack's resources a command will look at. The pages after the first are read once as many
 * single requests have been made as they would take; a few pages already after a quarter of that, as more will follow.
 */
const fewPages = 40;
const pagesPerSingle = 4;

/** One reading of the list. */
interface ListReading {
  /** When its latest part ended; undefined while one is under way. */
  endedAt: number | undefined;
  readonly seen: Map<string, Deployment>;
  readonly first: Promise<Page<Deployment>>;
  /** How often somebody asked for what the first page does not have. */
  misses: number;
  rest: Promise<void> | undefined;
}

/**
 * How deployments are at the platform now, for previews and refreshes that ask for many of them at about the same time:
 * from pages of the list, which all who ask share, where those are fewer requests. What pages do not show is asked for by
 * itself: a list that shifts while it is read, or lags behind, cannot make a deployment look gone.
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
    /** Called with each deployment that the platform shows. */
    onVisible?: (id: string) => void;
  }) {
    this.#client = client;
    this.#clock = clock;
    this.#onVisible = onVisible;
  }

  /** Undefined where it does not exist. Rejects as `getDeployment` does where that cannot be seen. */
  async read(id: string, given: RequestOptions = {}): Promise<Deployment | undefined> {
    const options = { ...given, deadline: given.deadline ?? this.#clock.now() + defaultCallMs };
    const listed = await this.#listed(id, options);
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

  /** What the list shows of it, if it does; a list that fails, or is too late for the call, is as good as none. */
  async #listed(id: string, context: CallContext): Promise<Deployment | undefined> {
    const reading = this.#currentReading();
    const within = <T>(shared: Promise<T>): Promise<T> =>
      waitWithin(shared, context, { clock: this.#clock, toError: (why) => new Error(why) });
    try {
      const { pages } = await within(reading.first);
      const seen = reading.seen.get(id);
      if (seen !== undefined || pages < 2) return seen;
      reading.misses += 1;
      const worth = pages > fewPages ? 1 : pagesPerSingle;
      if (reading.rest === undefined && reading.misses * worth <= pages) return undefined;
      reading.rest ??= this.#readRest(reading, pages);
      await within(reading.rest);
      return reading.seen.get(id);
    } catch {
      return undefined;
    }
  }

  #currentReading(): ListReading {
    const now = this.#clock.now();
    const current = this.#reading;
    if (current !== undefined && (current.endedAt === undefined || now - current.endedAt <= freshForMs)) return current;
    const seen = new Map<string, Deployment>();
    const first = this.#readPage(1, seen);
    const reading: ListReading = { endedAt: undefined, seen, first, misses: 0, rest: undefined };
    this.#reading = reading;
    const end = () => this.#end(reading);
    first.then(end, end);
    return reading;
  }

  #end(reading: ListReading): void {
    reading.endedAt = this.#clock.now();
  }

  async #readPage(page: number, seen: Map<string, Deployment>): Promise<Page<Deployment>> {
    // Shared by many, so that no one's signal may end it. Instead of a page that fails each is asked for by itself; but
    // not of one that the rate limit keeps back, as they would be many more requests.
    const answer = await this.#client.listDeployments({ page, perPage }, { retry: "limited" });
    for (const deployment of answer.items) {
      seen.set(deployment.id, deployment);
      this.#onVisible(deployment.id);
    }
    return answer;
  }

  async #readRest(reading: ListReading, pages: number): Promise<void> {
    reading.endedAt = undefined;
    try {
      for (let page = 2, last = pages; page <= last; page += 1) {
        ({ pages: last } = await this.#readPage(page, reading.seen));
      }
    } finally {
      this.#end(reading);
    }
  }
}

function existing(deployment: Deployment): Deployment | undefined {
  return deployment.status === "destroyed" ? undefined : deployment;
}
