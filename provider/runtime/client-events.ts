import type { ClientEvent } from "../api/client";
import type { Deprecation } from "../api/deprecation";
import { expiryWarning } from "../api/key-expiry";
import { formatDuration } from "../deployment/timeouts";

export interface EventMessage {
  readonly severity: "warning" | "debug";
  readonly text: string;
  /** What it is about: of the same matter, one line is enough. */
  readonly topic: string;
  /** Whether it concerns the run as a whole, and is to be read after it, too. */
  readonly isLasting: boolean;
}

/** Shorter waits for the rate limit are not worth a word, in milliseconds. */
const worthTellingMs = 500;

/** What the client's reader is told of an event; undefined where there is nothing to tell. */
export function describeEvent(event: ClientEvent): EventMessage | undefined {
  switch (event.kind) {
    case "response":
      return undefined;
    case "retry": {
      // A refusal for the rate is told of by what follows it: how long the request is kept back.
      if (event.isRateLimited) return undefined;
      const { error, delayMs, method, path } = event;
      const text = `${error.message}; retrying in ${formatDuration(delayMs)}`;
      return { severity: "warning", text, topic: `${method} ${path} ${error.message}`, isLasting: false };
    }
    case "delayed": {
      const { method, path, delayMs } = event;
      if (delayMs < worthTellingMs) return undefined;
      const text = `Onvera limits the rate of requests; ${method} ${path.replace(/\?.*/, "")} is sent in ${formatDuration(delayMs)}`;
      return { severity: "warning", text, topic: "rate limit", isLasting: false };
    }
    case "keyExpiry": {
      const text = expiryWarning(event.expiresAt, Date.now());
      return text === undefined ? undefined : { severity: "warning", text, topic: "key expiry", isLasting: true };
    }
    case "deprecation": {
      const { endpoint, deprecation } = event;
      const matter = `deprecation of ${endpoint}`;
      return { severity: "warning", text: deprecationText(endpoint, deprecation), topic: matter, isLasting: true };
    }
    case "rateLimit":
      return { severity: "debug", text: `rate of requests: ${event.text}`, topic: event.text, isLasting: true };
  }
}

function deprecationText(endpoint: string, { since, sunset, link }: Deprecation): string {
  const from = since === undefined ? "" : ` since ${dateText(since)}`;
  const until = sunset === undefined ? "" : ` and will stop working on ${dateText(sunset)}`;
  const details = link === undefined ? "" : ` (${link})`;
  return `the Onvera API announces that ${endpoint} is deprecated${from}${until}${details}; update pulumi-onvera`;
}

function dateText(date: Date): string {
  return date.toISOString().slice(0, 10);
}
