import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import { viewQuery } from "../control/schemas";
import type { ConsoleView, ViewQuery } from "./view";

export interface EventTiming {
  /** Real milliseconds between two checks for changes. Default 200. */
  pollMs?: number;
  /** Real milliseconds without a change after which a `beat` is sent. Default 2 s. */
  heartbeatMs?: number;
}

/**
 * Adds `/events`, a stream of server-sent events. A `view` with everything that the console shows is sent at once and
 * after each change, so a client that reconnects needs nothing else. A `beat` with the time is sent while nothing
 * changes, so that a client can detect a server that hangs.
 */
export function addConsoleEvents(
  scope: FastifyInstance,
  viewOf: (query: ViewQuery) => ConsoleView,
  timing: EventTiming = {},
): void {
  scope.get<{ Querystring: Record<keyof ViewQuery, string | undefined> }>(
    "/events",
    { schema: { querystring: viewQuery } },
    (request, reply) => {
      const query = Object.fromEntries(
        Object.entries(request.query).map(([name, value]) => [name, numericNames.has(name) ? Number(value) : value]),
      ) as ViewQuery;
      reply.hijack();
      reply.raw.writeHead(200, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      });
      streamViews(reply.raw, {
        ...timing,
        readView: () => viewOf(query),
        onError: (error) => request.log.error(error),
      });
    },
  );
}

const numericNames: ReadonlySet<string> = new Set(["deployments", "operations", "requests"]);

/**
 * Sends views until the client disconnects. The platform computes its state on demand and emits no change events, so
 * this function polls it.
 */
function streamViews(
  to: ServerResponse,
  {
    readView,
    onError,
    pollMs = 200,
    heartbeatMs = 2_000,
  }: EventTiming & { readView(): ConsoleView; onError(error: unknown): void },
): void {
  let lastContent = "";
  let lastSentAt = 0;
  let timer: NodeJS.Timeout | undefined;
  const send = (event: string, data: object): void => {
    lastSentAt = performance.now();
    to.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const tick = (): void => {
    const startedAt = performance.now();
    // A slow client gets the latest view once its buffer is empty, and none of the views in between.
    if (!to.writableNeedDrain) {
      try {
        const view = readView();
        const { time, ...clock } = view.clock;
        const content = JSON.stringify({ ...view, clock });
        if (content !== lastContent) send("view", view);
        else if (startedAt - lastSentAt >= heartbeatMs) send("beat", { time });
        lastContent = content;
      } catch (error) {
        // For example, a skew has moved timestamps out of the valid range. The client reconnects.
        onError(error);
        to.destroy();
        return;
      }
    }
    // If building a view is slow, wait longer, so that other requests are still served.
    timer = setTimeout(tick, Math.max(pollMs, 10 * (performance.now() - startedAt)));
  };
  to.once("close", () => clearTimeout(timer));
  tick();
}
