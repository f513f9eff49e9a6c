import { PlatformError } from "../onvera/errors";
import type { DeploymentOuts } from "./outs";

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
