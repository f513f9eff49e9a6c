import { displayText } from "./display-text";

/**
 * The errors of the core: one class for each thing that a caller might do differently. `name` equals the class name, so
 * that callers which may hold a second copy of a class can test it. No message ever holds the API key.
 */

/** The base of every error that the core throws on purpose. Its message can be shown anywhere (see `displayText`). */
export class PlatformError extends Error {
  override readonly name: string = "PlatformError";
  constructor(message: string, options?: { cause?: unknown }) {
    super(displayText(message), options);
  }
}

/** A setting (API key, base URL, configuration file) is missing or malformed. `setting` names it, as in `onvera:apiKey`. */
export class SettingsError extends PlatformError {
  override readonly name = "SettingsError";
  constructor(
    readonly setting: string,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/**
 * The platform returned an error status.
 * Source: the API contract, "Errors"; `code` is the platform's own, or `HTTP_<status>` where the body has none.
 */
export class ApiError extends PlatformError {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: string;
  /** The platform's own message, or the beginning of a body that is not the published error body. */
  readonly reason: string;
  /** As named by the error body, for example the destroy that is already running. */
  readonly operationId: string | undefined;
  readonly requestId: string | undefined;
  /** How long the platform asks to wait before the next request, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(details: {
    method: string;
    path: string;
    status: number;
    code: string;
    reason: string;
    operationId?: string | undefined;
    requestId?: string | undefined;
    retryAfterMs?: number | undefined;
    cause?: unknown;
  }) {
    const { method, path, status, code, reason, requestId } = details;
    const trace = requestId === undefined ? "" : ` (request ${requestId})`;
    super(`${method} ${path} failed with ${status} ${code}: ${reason}${trace}`, { cause: details.cause });
    this.status = status;
    this.code = code;
    this.reason = reason;
    this.operationId = details.operationId;
    this.requestId = requestId;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** Whether the platform reports that something does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** Whether the platform refused a request because there were too many. Source: the API reference, "Errors". */
export function isRateLimited(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 429;
}

/** No answer arrived: refused, reset, not resolved, or not within the request's deadline. */
export class ConnectionError extends PlatformError {
  override readonly name = "ConnectionError";
  /** False only where the request provably never left (refused, host not found, TLS failed); else the platform may have acted. */
  readonly mayHaveActed: boolean;
  /** The system's code, such as `ECONNREFUSED`, or `TIMEOUT`. */
  readonly code: string;

  constructor(details: {
    method: string;
    path: string;
    host: string;
    code: string;
    reason: string;
    mayHaveActed: boolean;
    cause?: unknown;
  }) {
    super(`${details.method} ${details.path} got no response from ${details.host}: ${details.reason}`, {
      cause: details.cause,
    });
    this.code = details.code;
    this.mayHaveActed = details.mayHaveActed;
  }
}

/** The platform reported success, but the body is invalid. `issues` name each missing or wrong part. */
export class InvalidResponseError extends PlatformError {
  override readonly name = "InvalidResponseError";
  readonly status: number;
  readonly issues: readonly string[];

  constructor(details: { method: string; path: string; status: number; issues: readonly string[]; cause?: unknown }) {
    super(
      `${details.method} ${details.path} returned ${details.status} with an invalid body: ${details.issues.join("; ")}`,
      { cause: details.cause },
    );
    this.status = details.status;
    this.issues = details.issues;
  }
}

/** The operation ended as `failed` or `canceled`, or left its deployment `failed`. */
export class OperationFailedError extends PlatformError {
  override readonly name = "OperationFailedError";
}

/** The operation is still going on, as far as can be seen, but the time given to wait for it is over. */
export class OperationTimeoutError extends PlatformError {
  override readonly name = "OperationTimeoutError";
}

/** The wait was given up before the operation ended, because it can no longer be seen (key revoked) or the user canceled. */
export class OperationDetachedError extends PlatformError {
  override readonly name = "OperationDetachedError";
}

/** A create was sent, its answer was lost, and what it made could not be told apart with certainty. Nothing was sent again. */
export class CreateOutcomeUnknownError extends PlatformError {
  override readonly name = "CreateOutcomeUnknownError";
}
