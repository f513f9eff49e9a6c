import { displayText } from "./display-text";

/**
 * The errors of the provider: one class for each reaction of a caller. `name` equals the class name, so that a caller that has
 * another copy of a class can test for it. No message contains the API key.
 */

/** The base class. Its message is safe to display (see `displayText`). */
export class PlatformError extends Error {
  override readonly name: string = "PlatformError";
  constructor(message: string, options?: { cause?: unknown }) {
    super(displayText(message), options);
  }
}

/** The next run fails in the same way, unless the user does what the message says. */
export class ActionRequiredError extends PlatformError {
  override readonly name: string = "ActionRequiredError";
}

/** A setting (API key, base URL, configuration file) is missing or malformed. `setting` names it, as in `onvera:apiKey`. */
export class SettingsError extends PlatformError {
  override readonly name = "SettingsError";
  /** The file that contains the error, if the value does not come from the stack or a variable. */
  declare readonly file?: string;
  constructor(
    readonly setting: string,
    message: string,
    options?: { cause?: unknown; file?: string },
  ) {
    super(message, options);
    if (options?.file !== undefined) this.file = options.file;
  }
}

/**
 * The platform returned an error status.
 * Source: the API reference, "Errors". `code` is the platform's, or `HTTP_<status>` if the body has none.
 */
export class ApiError extends PlatformError {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: string;
  /** The platform's message, or the beginning of a body in another format. */
  readonly reason: string;
  /** The operation that the body names, for example the destroy that is already running. */
  readonly operationId: string | undefined;
  readonly requestId: string | undefined;
  /** The delay that the platform requests before the next request, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /**
   * Whether the platform reports that a deployment or an operation does not exist. A 404 with another code, or with none, does not:
   * it can be that of a proxy while the platform restarts. Source: the API reference, "Errors".
   */
  readonly isNotFound: boolean;

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
    this.isNotFound = status === 404 && (code === "DEPLOYMENT_NOT_FOUND" || code === "OPERATION_NOT_FOUND");
  }
}

/** Whether the platform reports that a deployment or an operation does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.isNotFound;
}

/** Whether the request exceeded the rate limit. Source: the API reference, "Errors". */
export function isRateLimited(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 429;
}

/** There was no response: connection refused or reset, host not found, timeout, or canceled. */
export class ConnectionError extends PlatformError {
  override readonly name = "ConnectionError";
  /** False if the request was certainly not sent (refused, host not found, TLS failed); otherwise the platform may have acted. */
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

/** The operation has not ended within the timeout. */
export class OperationTimeoutError extends PlatformError {
  override readonly name = "OperationTimeoutError";
}

/** The wait ended before the operation, because the key can no longer read it or the user canceled. */
export class OperationDetachedError extends PlatformError {
  override readonly name = "OperationDetachedError";
}

/** The response to a create was lost, and it is unknown which deployment it created, if any. No further create is sent. */
export class CreateOutcomeUnknownError extends ActionRequiredError {
  override readonly name = "CreateOutcomeUnknownError";
}
