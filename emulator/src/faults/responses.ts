import { codesByStatus } from "../api/errors";
import { httpDate } from "../api/rate-limit";
import type { ResponseAction } from "./rules";

const defaultMessages: Record<number, string> = {
  400: "The request is invalid",
  401: "Invalid API key",
  403: "Access denied",
  404: "Deployment not found",
  409: "Deployment is already being destroyed",
  500: "Internal server error",
  502: "Bad Gateway",
  503: "Service temporarily unavailable",
  504: "Gateway Timeout",
};

/** A response as it is sent. */
export interface RawResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** The response that a fault sends in place of the platform's. `now` is the real time in milliseconds. */
export function faultResponse(action: ResponseAction, now: number): RawResponse {
  const { status, html = false, headers = {}, retryAfter, retryAfterAs = "seconds", body } = action;
  const text = body === undefined ? (html ? page(action) : JSON.stringify(envelope(action))) : toText(body);
  return {
    status,
    headers: {
      "content-type": html ? "text/html; charset=utf-8" : "application/json; charset=utf-8",
      ...(retryAfter === undefined
        ? {}
        : { "retry-after": retryAfterAs === "date" ? httpDate(now + retryAfter * 1000) : String(retryAfter) }),
      ...headers,
    },
    body: text,
  };
}

const toText = (body: unknown): string => (typeof body === "string" ? body : JSON.stringify(body));

function envelope({ status, code, message, retryAfter }: ResponseAction) {
  const codes: readonly string[] = Object.entries(codesByStatus).find(([each]) => Number(each) === status)?.[1] ?? [];
  const defaultMessage =
    status === 429
      ? `Rate limit exceeded. Please retry after ${retryAfter ?? 60} seconds`
      : (defaultMessages[status] ?? "Something went wrong");
  return { error: { code: code ?? codes[0] ?? "INTERNAL_ERROR", message: message ?? defaultMessage } };
}

const page = ({ status, message }: ResponseAction): string =>
  `<html>\r\n<head><title>${status} ${message ?? defaultMessages[status] ?? ""}</title></head>\r\n<body>\r\n<center><h1>${status} ${
    message ?? defaultMessages[status] ?? ""
  }</h1></center>\r\n</body>\r\n</html>\r\n`;
