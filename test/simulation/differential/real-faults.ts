/** Faults of the simulated network, and kills at a request, as rules of the emulator. */

import type { Emulator, FaultMatch, FaultRule, ResponseAction } from "../../../emulator/src/index";
import {
  type Fault,
  foreign404,
  type RequestClass,
  rateLimitHeaders,
  refusal,
  serverError,
  wrongBody,
} from "../faults";
import type { RequestPoint } from "../history";

type Control = Emulator["control"];

const requests: Readonly<Record<RequestClass, FaultMatch>> = {
  create: { method: "POST", path: "/deployments" },
  delete: { method: "DELETE", path: "/deployments/*" },
  getDeployment: { method: "GET", path: "/deployments/*" },
  listDeployments: { method: "GET", path: "/deployments" },
  getOperation: { method: "GET", path: "/operations/*" },
  listOperations: { method: "GET", path: "/operations" },
  environments: { method: "GET", path: "/environments" },
};

/** Holds the request of that point. */
export function holdAt({ on, nth, when }: RequestPoint): FaultRule {
  return { match: { ...requests[on], nth: nth + 1 }, when, action: { type: "hang" } };
}

export interface FaultWorld {
  readonly control: Control;
  readonly apiKey: string;
  /** Whether the state holds a deployment before the run. */
  readonly holds: (id: string) => boolean;
}

export function faultRule({ on, nth, times, ...fault }: Fault, world: FaultWorld): FaultRule {
  return { match: { ...requests[on], nth: nth + 1, times }, ...effectOf({ on, ...fault }, world) };
}

function effectOf(
  { on, kind, variant }: Pick<Fault, "on" | "kind" | "variant">,
  { control, apiKey, holds }: FaultWorld,
): Omit<FaultRule, "match"> {
  const error = (status: number, code: string, message: string): ResponseAction => ({
    type: "answer",
    status,
    code,
    message,
  });
  /** The status of a success, with another body. */
  const body = (text: string): Omit<FaultRule, "match"> => ({
    when: "after",
    action: { type: "answer", status: on === "create" || on === "delete" ? 202 : 200, body: text },
  });
  const answer = ({ headers, ...rest }: ReturnType<typeof serverError>): ResponseAction => ({
    type: "answer",
    ...rest,
    headers: { ...headers },
  });
  switch (kind) {
    case "resetBefore":
      return { action: { type: "reset" } };
    case "resetAfter":
      return { when: "after", action: { type: "reset" } };
    case "silentBefore":
      return { action: { type: "hang" } };
    case "silentAfter":
      return { when: "after", action: { type: "hang" } };
    case "late":
      return { when: "after", delayMs: 1_000 * (1 + (variant % 40)) };
    case "truncated":
      return { when: "after", action: { type: "truncate" } };
    case "notJson":
      return body("<html><body>Welcome to the hotel</body></html>");
    case "empty":
      return body("");
    case "wrongShape":
      return body(wrongBody(variant, { body: "{}", apiKey }));
    case "errorBefore":
      return { action: answer(serverError(variant)) };
    case "errorAfter":
      return { when: "after", action: answer(serverError(variant)) };
    case "rateLimited": {
      const limited = error(429, "RATE_LIMIT_EXCEEDED", "Rate limit exceeded. Please retry later");
      return { action: { ...limited, headers: { ...rateLimitHeaders(variant, Date.now()) } } };
    }
    case "unauthorized":
      return { action: error(401, "INVALID_API_KEY", "Invalid API key") };
    case "forbidden":
      return { action: error(403, "ACCESS_DENIED", "Access denied") };
    case "conflict":
    case "rejected": {
      const { status, code, message } = refusal(kind, variant);
      return { action: error(status, code, message) };
    }
    case "notFoundYet":
      return { action: error(404, "OPERATION_NOT_FOUND", "Operation not found") };
    case "foreign404":
      return { action: answer(foreign404(variant)) };
    case "echoedKey":
      return { action: error(400, "BAD_REQUEST", `no access with ${apiKey}`) };
    case "unknownStatus":
      return { action: { type: "alter", set: { "data.status": "paused" } } };
    case "staleList":
      return {
        action: { type: "alter", set: { "data.items": control.state().deployments.filter(({ id }) => !holds(id)) } },
      };
    case "emptyPage":
      return { action: { type: "alter", set: { "data.items": [] } } };
    case "laggingList":
      throw new Error("what a lagging list shows depends on timing");
    case "refused":
      throw new Error("the emulator cannot refuse the connection of one request only");
  }
}
