/** The API's errors, with the messages that the API reference gives. */

export type ErrorCode =
  | "INVALID_REQUEST"
  | "VALIDATION_ERROR"
  | "INVALID_API_KEY"
  | "MISSING_API_KEY"
  | "API_KEY_EXPIRED"
  | "API_KEY_REVOKED"
  | "INSUFFICIENT_SCOPE"
  | "ACCESS_DENIED"
  | "DEPLOYMENT_NOT_FOUND"
  | "OPERATION_NOT_FOUND"
  | "ENVIRONMENT_NOT_FOUND"
  | "RESOURCE_CONFLICT"
  | "RATE_LIMIT_EXCEEDED"
  | "INTERNAL_ERROR"
  | "SERVICE_UNAVAILABLE";

/** The error codes of each status. */
export const codesByStatus = {
  400: ["INVALID_REQUEST", "VALIDATION_ERROR"],
  401: ["INVALID_API_KEY", "MISSING_API_KEY", "API_KEY_EXPIRED", "API_KEY_REVOKED"],
  403: ["INSUFFICIENT_SCOPE", "ACCESS_DENIED"],
  404: ["DEPLOYMENT_NOT_FOUND", "OPERATION_NOT_FOUND", "ENVIRONMENT_NOT_FOUND"],
  409: ["RESOURCE_CONFLICT"],
  429: ["RATE_LIMIT_EXCEEDED"],
  500: ["INTERNAL_ERROR"],
  503: ["SERVICE_UNAVAILABLE"],
} as const satisfies Record<number, readonly ErrorCode[]>;

export type ErrorStatus = keyof typeof codesByStatus;

export const errorStatuses: readonly ErrorStatus[] = [400, 401, 403, 404, 409, 429, 500, 503];

export interface ErrorBody {
  error: { code: string; message: string; operation_id?: string };
}

/** A response other than success. Any code below a route may throw it; the server turns it into the error envelope. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: ErrorCode;
  readonly operationId: string | undefined;

  constructor(status: number, code: ErrorCode, message: string, operationId?: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.operationId = operationId;
  }

  toBody(): ErrorBody {
    const { code, message, operationId } = this;
    return { error: { code, message, ...(operationId === undefined ? {} : { operation_id: operationId }) } };
  }
}

export const missingApiKey = () =>
  new ApiError(401, "MISSING_API_KEY", "Missing API key. Provide it in the X-API-Key header");
export const invalidApiKey = () => new ApiError(401, "INVALID_API_KEY", "Invalid API key");
export const expiredApiKey = () => new ApiError(401, "API_KEY_EXPIRED", "API key has expired");
export const revokedApiKey = () => new ApiError(401, "API_KEY_REVOKED", "API key has been revoked");
export const insufficientScope = (scope: string) =>
  new ApiError(403, "INSUFFICIENT_SCOPE", `Insufficient scope. Required: ${scope}`);
export const rateLimitExceeded = (seconds: number) =>
  new ApiError(429, "RATE_LIMIT_EXCEEDED", `Rate limit exceeded. Please retry after ${seconds} seconds`);
export const invalidRequest = (message: string) => new ApiError(400, "INVALID_REQUEST", message);
export const validationError = (message: string) => new ApiError(400, "VALIDATION_ERROR", message);
export const deploymentNotFound = () => new ApiError(404, "DEPLOYMENT_NOT_FOUND", "Deployment not found");
export const operationNotFound = () => new ApiError(404, "OPERATION_NOT_FOUND", "Operation not found");
export const alreadyDestroying = (operationId: string | undefined) =>
  new ApiError(409, "RESOURCE_CONFLICT", "Deployment is already being destroyed", operationId);
export const stillProvisioning = (operationId: string | undefined) =>
  new ApiError(409, "RESOURCE_CONFLICT", "Deployment is still being provisioned", operationId);
export const internalError = () => new ApiError(500, "INTERNAL_ERROR", "Internal server error");
export const serviceUnavailable = () => new ApiError(503, "SERVICE_UNAVAILABLE", "Service temporarily unavailable");
