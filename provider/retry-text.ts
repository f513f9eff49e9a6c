import { formatDuration } from "./deployment/timeouts";
import type { ClientEvent } from "./onvera/client";

/** For people: why a request is being sent again, and when. */
export function retryText({ isRateLimited, error, delayMs }: Extract<ClientEvent, { kind: "retry" }>): string {
  const why = isRateLimited ? `Onvera asks to slow down (${error.message})` : error.message;
  return `${why}; trying again in ${formatDuration(delayMs)}`;
}
