import { ApiError, PlatformError } from "../api/errors";
import { DeploymentNotVisibleError } from "./organization";

/**
 * How the provider plugin's warning begins if a refresh uses the recorded state, because the API key cannot read the platform.
 * `pulumi-onvera drift` searches for it: such a refresh does not show whether there is drift.
 */
export const recordedStateWarning = "cannot read the deployment; continuing with the recorded state";

/** The most likely reason why a destroy or a refresh cannot use its key. */
const keyHint =
  "`pulumi destroy` and a refresh use the API key that the stack's state has from the last `pulumi up`: if the key was changed " +
  "since, run `pulumi up` first, without --refresh, or add --run-program";

/** Adds the hint to the error of a destroy or a refresh that is about the key. Returns any other error unchanged. */
export function withKeyHint(error: unknown): unknown {
  if (error instanceof DeploymentNotVisibleError) {
    return new DeploymentNotVisibleError(`${error.problem}; ${keyHint}`, error.remedy);
  }
  if (!(error instanceof ApiError) || (error.status !== 401 && error.status !== 403)) return error;
  return new PlatformError(`${error.message}; ${keyHint}`, { cause: error });
}
