import type { ClientEvent } from "../api/client";
import type { Deprecation } from "../api/deprecation";
import { expiryWarning } from "../api/key-expiry";
import { formatDuration } from "../deployment/timeouts";

export interface EventMessage {
  readonly severity: "warning" | "debug";
  readonly text: string;
  /** Messages with the same topic are reported once. */
  readonly topic: string;
  /** Whether it concerns the whole run, and must stay visible after it. */
  readonly isLasting: boolean;
}

/** Shorter delays by the rate limit are not reported, in milliseconds. */
const minReportedDelayMs = 500;

/** The message for an event; undefined if there is nothing to report. */
export function describeEvent(event: ClientEvent): EventMessage | undefined {
  switch (event.kind) {
    case "response":
      return undefined;
    case "retry": {
      // The event `delayed` that follows reports it.
      if (event.isRateLimited) return undefined;
      const { error, delayMs, method, path } = event;
      const text = `${error.message}; retrying in ${formatDuration(delayMs)}`;
      return { severity: "warning", text, topic: `${method} ${path} ${error.message}`, isLasting: false };
    }
    case "delayed": {
      const { method, path, delayMs } = event;
      if (delayMs < minReportedDelayMs) return undefined;
      const text = `Onvera limits the rate of requests; ${method} ${path.replace(/\?.*/, "")} is sent in ${formatDuration(delayMs)}`;
      return { severity: "warning", text, topic: "rate limit", isLasting: false };
    }
    case "keyExpiry": {
      const text = expiryWarning(event.expiresAt, Date.now());
      return text === undefined ? undefined : { severity: "warning", text, topic: "key expiry", isLasting: true };
    }
    case "deprecation": {
      const { endpoint, deprecation } = event;
      const topic = `deprecation of ${endpoint}`;
      return { severity: "warning", text: deprecationText(endpoint, deprecation), topic, isLasting: true };
    }
    case "rateLimit":
      return { severity: "debug", text: `rate limit: ${event.text}`, topic: event.text, isLasting: true };
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
