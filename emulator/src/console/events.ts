import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import { viewQuery } from "../control/schemas";
import type { ConsoleView, ViewQuery } from "./view";

export interface EventTiming {
  /** Real milliseconds between two looks at the platform. Default 200. */
  pollMs?: number;
  /** Real milliseconds without a change after which a beat is sent. Default 2 s. */
  heartbeatMs?: number;
}

/**
 * Adds `/events`: server-sent events. A `view` with everything shown comes at once and whenever that has changed, so a
 * reader that was cut off knows all again with its next connection; a `beat` with the time comes while nothing changes, so
 * that a reader can streamViews a platform at rest from one that hangs.
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

/** Nobody tells of changes, since they come to be when somebody looks. So this looks, as long as the reader is there. */
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
    // A reader that does not keep up is lastContent the newest once it does, and nothing in between.
    if (!to.writableNeedDrain) {
      try {
        const view = readView();
        const { time, ...clock } = view.clock;
        const content = JSON.stringify({ ...view, clock });
        if (content !== lastContent) send("view", view);
        else if (startedAt - lastSentAt >= heartbeatMs) send("beat", { time });
        lastContent = content;
      } catch (error) {
        // Times that a skew has pushed out of the calendar, for instance. The reader comes back; the platform goes on.
        onError(error);
        to.destroy();
        return;
      }
    }
    // However much there is to readView at, the platform has most of its time for others.
    timer = setTimeout(tick, Math.max(pollMs, 10 * (performance.now() - startedAt)));
  };
  to.once("close", () => clearTimeout(timer));
  tick();
}
