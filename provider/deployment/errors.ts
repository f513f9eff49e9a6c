import { ApiError, PlatformError } from "../api/errors";
import type { DeploymentOuts } from "./outputs";

/**
 * The platform has accepted the deployment, but it did not become ready. It exists, and `id` and `outs` must reach the
 * state: the next apply goes on from them.
 */
export class DeploymentInitError extends PlatformError {
  override readonly name = "DeploymentInitError";
  constructor(
    readonly id: string,
    readonly outs: DeploymentOuts,
    /** The error that ended the wait; its message is this one's. */
    override readonly cause: Error,
  ) {
    super(cause.message, { cause });
  }
}

/** Adds the most likely reason to the error of a destroy or refresh whose key is refused. Returns any other error as it is. */
export function withKeyHint(error: unknown): unknown {
  if (!(error instanceof ApiError) || (error.status !== 401 && error.status !== 403)) return error;
  return new PlatformError(
    `${error.message}; \`pulumi destroy\` and \`pulumi refresh\` use the API key that the stack's state has from the last ` +
      "`pulumi up`: if the key was changed since, run `pulumi up` first, or add --run-program",
    { cause: error },
  );
}
