import { formatDuration } from "./deployment/timeouts";
import type { ClientEvent } from "./onvera/client";

export interface ToldEvent {
  readonly severity: "warning" | "debug";
  readonly text: string;
  /** What it is about: of the same matter, one line is enough. */
  readonly matter: string;
}

/** Shorter waits for the rate limit are not worth a word, in milliseconds. */
const worthTellingMs = 1_000;

/** What the client's reader is told of an event; undefined where there is nothing to tell. */
export function tellEvent(event: ClientEvent): ToldEvent | undefined {
  switch (event.kind) {
    case "answer":
      return undefined;
    case "retry": {
      // A refusal for the rate is told of by what follows it: how long the request is kept back.
      if (event.isRateLimited) return undefined;
      const { error, delayMs, method, path } = event;
      const text = `${error.message}; trying again in ${formatDuration(delayMs)}`;
      return { severity: "warning", text, matter: `${method} ${path} ${error.message}` };
    }
    case "held": {
      const { method, path, delayMs } = event;
      if (delayMs < worthTellingMs) return undefined;
      const text = `Onvera limits the rate of requests; ${method} ${path} is sent in ${formatDuration(delayMs)}`;
      return { severity: "warning", text, matter: `${method} ${path} held` };
    }
    case "governor":
      return { severity: "debug", text: `rate of requests: ${event.text}`, matter: event.text };
  }
}
