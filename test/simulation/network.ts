/** The network between simulated processes and the platform: delays, faults, and a record of every request. */

import { FakeSocket, type RequestConfig } from "./fake-request";
import {
  classOf,
  type Fault,
  foreign404,
  type RequestClass,
  rateLimitHeaders,
  refusal,
  serverError,
  wrongBody,
} from "./faults";
import type { RequestPoint } from "./history";
import { type Onvera, type OnveraResponse, response } from "./onvera";
import type { Random } from "./random";
import type { VirtualTime } from "./virtual-time";

/** One process that sends requests. */
export interface Sender {
  readonly isAlive: () => boolean;
  readonly faults: readonly Fault[];
  /** How many requests of each class the run has sent. */
  readonly sent: Map<RequestClass, number>;
  /** Whether the stack's state holds a deployment. */
  readonly holds: (id: string) => boolean;
  /** Whether the run has created a deployment a few seconds before. */
  readonly hasJustCreated: (id: string) => boolean;
  /** A point at which the process can be killed. */
  readonly event: () => void;
  /** Whether the process is killed there. */
  readonly isKilledAt: (point: RequestPoint) => boolean;
  readonly onRequest: (request: {
    readonly method: string;
    readonly path: string;
    readonly host: string;
    readonly apiKey: string | undefined;
    /** The name in the body of a create. */
    readonly name: string | undefined;
  }) => void;
  /** A create request has ended for the process; `isLost` if the platform can have processed it, and the process cannot know. */
  readonly onCreateEnded: (create: { readonly name: string | undefined; readonly isLost: boolean }) => void;
  /** The process has received a list of deployments. */
  readonly onListed: () => void;
  readonly onActed: (onvera: Onvera, response: OnveraResponse) => void;
  /** The response has reached the process whole. */
  readonly onDelivered: (response: OnveraResponse) => void;
  readonly onFault: (fault: Fault) => void;
  readonly note: (text: () => string) => void;
}

/** An error as Node.js throws it for a broken connection. */
function networkError(code: string): Error {
  return Object.assign(new Error(`${code.toLowerCase()} (simulated)`), { code });
}

export class Network {
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #organizations: ReadonlyMap<string, Onvera>;

  constructor({
    time,
    random,
    organizations,
  }: { time: VirtualTime; random: Random; organizations: readonly Onvera[] }) {
    this.#time = time;
    this.#random = random;
    this.#organizations = new Map(organizations.map((each) => [each.host, each]));
  }

  /** Sends a request of axios for a process. */
  async request(config: RequestConfig, sender: Sender): Promise<unknown> {
    const { method, url, data, signal } = config;
    const { host, pathname, search } = new URL(url);
    const path = `${pathname}${search}`;
    const request = config.transport.request({ protocol: "https:", method, headers: config.headers }, () => undefined);
    const apiKey = request.headers.get("x-api-key") ?? config.headers["X-API-Key"];
    sender.event();
    const name = data === undefined ? undefined : (JSON.parse(data) as { name?: string }).name;
    sender.onRequest({ method, path, host, apiKey, name });

    const kind = classOf(method, path);
    const nth = sender.sent.get(kind) ?? 0;
    sender.sent.set(kind, nth + 1);
    if (sender.isKilledAt({ on: kind, nth, when: "before" })) return new Promise(() => undefined);
    const fault = sender.faults.find((each) => each.on === kind && each.nth <= nth && nth < each.nth + each.times);
    if (fault !== undefined) sender.onFault(fault);
    const short = path.replace("/api/v1", "");

    return new Promise((resolve, reject) => {
      let isOver = false;
      const end = (isLost: boolean, finish: () => void) => {
        if (isOver || !sender.isAlive()) return;
        isOver = true;
        if (kind === "create") sender.onCreateEnded({ name, isLost });
        finish();
      };
      const socket = new FakeSocket();
      const abort = () => end(!socket.connecting, () => reject(networkError("ERR_CANCELED")));
      if (signal?.aborted) abort();
      signal?.addEventListener("abort", abort, { once: true });
      request.emit("socket", socket);

      const fail = (code: string) => {
        sender.note(() => `${method} ${short} -> ${code}${fault === undefined ? "" : ` (${fault.kind})`}`);
        end(!socket.connecting, () => reject(networkError(code)));
      };
      const deliver = (given: OnveraResponse, isWhole: boolean) => {
        if (!sender.isAlive()) return;
        sender.event();
        if (!sender.isAlive()) return;
        sender.note(
          () =>
            `${method} ${short} -> ${given.status}${fault === undefined ? "" : ` (${fault.kind})`}${given.createdId === undefined ? "" : ` ${given.createdId}`}`,
        );
        // The provider can use some bodies of a wrong shape.
        end(given.status >= 500 || (!isWhole && fault?.kind !== "wrongShape"), () => {
          if (kind === "listDeployments" && isWhole && given.status === 200) sender.onListed();
          request.emit("response", { statusCode: given.status });
          if (isWhole || (fault?.kind === "wrongShape" && namesDeployment(given))) sender.onDelivered(given);
          resolve({ status: given.status, headers: given.headers, data: given.body });
        });
      };
      const act = (): OnveraResponse => {
        const onvera = this.#organizations.get(host);
        if (onvera === undefined) throw new Error(`no platform at ${host}`);
        const given = onvera.handle({ method, path, apiKey, body: data });
        sender.onActed(onvera, given);
        sender.isKilledAt({ on: kind, nth, when: "after" });
        return given;
      };
      const delay = () => this.#random.integer(5, 150);

      this.#time.after(delay(), () => {
        // It was canceled before the connection was established.
        if (isOver) return undefined;
        if (fault?.kind === "refused") return fail("ECONNREFUSED");
        socket.connecting = false;
        socket.emit("connect");
        const back = (given: OnveraResponse, isWhole = true, extraMs = 0) => {
          this.#time.after(delay() + extraMs, () => deliver(given, isWhole));
        };
        if (fault === undefined) return back(act());
        switch (fault.kind) {
          case "resetBefore":
            return fail("ECONNRESET");
          case "silentBefore":
            return undefined;
          case "rateLimited":
            return back(
              response(
                429,
                { error: { code: "RATE_LIMIT_EXCEEDED", message: "Rate limit exceeded. Please retry later" } },
                rateLimitHeaders(fault.variant, this.#time.now),
              ),
            );
          case "errorBefore":
            return back(serverError(fault.variant));
          case "unauthorized":
            return back(response(401, { error: { code: "INVALID_API_KEY", message: "Invalid API key" } }));
          case "forbidden":
            return back(response(403, { error: { code: "ACCESS_DENIED", message: "Access denied" } }));
          case "conflict":
          case "rejected": {
            const { status, operationId, ...error } = refusal(fault.kind, fault.variant);
            const named = operationId === undefined ? {} : { operation_id: operationId };
            return back(response(status, { error: { ...error, ...named } }));
          }
          case "notFoundYet":
            return back(response(404, { error: { code: "OPERATION_NOT_FOUND", message: "Operation not found" } }));
          case "foreign404":
            return back(foreign404(fault.variant));
          case "echoedKey":
            return back(response(400, { error: { code: "BAD_REQUEST", message: `no access with ${apiKey}` } }));
          case "unknownStatus": {
            const given = act();
            return back(
              { ...given, body: given.body.replace(/"status":"(queued|running)"/, '"status":"paused"') },
              false,
            );
          }
          case "staleList":
            return back(listWithout(act(), sender.holds));
          case "laggingList":
            return back(listWithout(act(), sender.hasJustCreated));
          case "emptyPage":
            return back(nth === fault.nth ? listWithout(act(), () => true) : act());
          case "resetAfter":
            act();
            return void this.#time.after(delay(), () => fail("ECONNRESET"));
          case "silentAfter":
            act();
            return undefined;
          case "late":
            return back(act(), true, 1_000 * (1 + (fault.variant % 40)));
          case "errorAfter":
            act();
            return back(serverError(fault.variant));
          case "truncated": {
            const given = act();
            return back({ ...given, body: given.body.slice(0, Math.floor(given.body.length / 2)) }, false);
          }
          case "notJson":
            return back({ ...act(), body: "<html><body>Welcome to the hotel</body></html>" }, false);
          case "empty":
            return back({ ...act(), body: "" }, false);
          case "wrongShape": {
            const given = act();
            const body = wrongBody(fault.variant, { body: given.body, apiKey: apiKey ?? "" });
            return back({ ...given, body }, kind === "listDeployments" && itemsIn(body) === itemsIn(given.body));
          }
        }
      });
    });
  }
}

/** The items of a list, as text. */
function itemsIn(body: string): string {
  const { data } = JSON.parse(body) as { data?: { items?: unknown } | null };
  return JSON.stringify(data?.items) ?? "";
}

/** Whether the body of a wrong shape still names what was created. */
function namesDeployment({ createdId, body }: OnveraResponse): boolean {
  if (createdId === undefined || !body.includes(createdId)) return false;
  const { data } = JSON.parse(body) as { data?: { deployment_id?: unknown } | null };
  return data?.deployment_id === createdId;
}

function listWithout(given: OnveraResponse, isOmitted: (id: string) => boolean): OnveraResponse {
  if (given.status !== 200) return given;
  const { data } = JSON.parse(given.body) as { data: { items: { id: string }[] } };
  const items = data.items.filter(({ id }) => !isOmitted(id));
  return { ...given, body: JSON.stringify({ data: { ...data, items } }) };
}
