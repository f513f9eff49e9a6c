import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import { viewQuery } from "../control/schemas";
import type { ConsoleView, ViewQuery } from "./view";

export interface EventTiming {
  /** Real milliseconds between two looks at the platform. Default 200. */
  lookMs?: number;
  /** Real milliseconds without a change after which a beat is sent. Default 2 s. */
  beatMs?: number;
}

/**
 * Adds `/events`: server-sent events. A `view` with everything shown comes at once and whenever that has changed, so a
 * reader that was cut off knows all again with its next connection; a `beat` with the time comes while nothing changes, so
 * that a reader can tell a platform at rest from one that hangs.
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
        Object.entries(request.query).map(([name, value]) => [name, countNames.has(name) ? Number(value) : value]),
      ) as ViewQuery;
      reply.hijack();
      reply.raw.writeHead(200, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      });
      tell(reply.raw, { ...timing, look: () => viewOf(query), onError: (error) => request.log.error(error) });
    },
  );
}

const countNames: ReadonlySet<string> = new Set(["deployments", "operations", "requests"]);

/** Nobody tells of changes, since they come to be when somebody looks. So this looks, as long as the reader is there. */
function tell(
  to: ServerResponse,
  { look, onError, lookMs = 200, beatMs = 2_000 }: EventTiming & { look(): ConsoleView; onError(error: unknown): void },
): void {
  let told = "";
  let toldAt = 0;
  let timer: NodeJS.Timeout | undefined;
  const send = (event: string, data: object): void => {
    toldAt = performance.now();
    to.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const turn = (): void => {
    const began = performance.now();
    // A reader that does not keep up is told the newest once it does, and nothing in between.
    if (!to.writableNeedDrain) {
      try {
        const view = look();
        const { time, ...clock } = view.clock;
        const seen = JSON.stringify({ ...view, clock });
        if (seen !== told) send("view", view);
        else if (began - toldAt >= beatMs) send("beat", { time });
        told = seen;
      } catch (error) {
        // Times that a skew has pushed out of the calendar, for instance. The reader comes back; the platform goes on.
        onError(error);
        to.destroy();
        return;
      }
    }
    // However much there is to look at, the platform has most of its time for others.
    timer = setTimeout(turn, Math.max(lookMs, 10 * (performance.now() - began)));
  };
  to.once("close", () => clearTimeout(timer));
  turn();
}
