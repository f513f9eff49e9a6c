import { ActionRequiredError, ApiError } from "../api/errors";
import { shellQuoted } from "../shell";
import { DeploymentNotVisibleError } from "./organization";

/**
 * How the provider plugin's warning begins if a refresh uses the recorded state, because the API key cannot read the platform.
 * `pulumi-onvera drift` searches for it: such a refresh does not show whether there is drift.
 */
export const recordedStateWarning = "cannot read the deployment; continuing with the recorded state";

/** Which key a destroy or a refresh uses. */
const keyHint =
  "Without --run-program, `pulumi destroy` and refreshes use the API key that the last `pulumi up` stored in the state. If the key was " +
  "changed since, add --run-program, or first run `pulumi up` without --refresh";

/** Adds the hint to an error about the key. Call it in a destroy or a refresh. Returns any other error unchanged. */
export function withKeyHint(error: unknown): unknown {
  if (error instanceof DeploymentNotVisibleError) {
    return new DeploymentNotVisibleError(`${error.problem}. ${keyHint}`, error.remedy);
  }
  if (!(error instanceof ApiError) || (error.status !== 401 && error.status !== 403)) return error;
  const remedy = "Provide an API key that is valid and has the required scopes";
  return new ActionRequiredError(`${error.message}. ${remedy}. ${keyHint}`, { cause: error });
}

/**
 * Adds what to do if the resource has moved from an explicit provider of another organization to the default one. Returns an error
 * about anything else unchanged.
 */
export function withMoveHint(error: unknown, urn: string): unknown {
  if (!(error instanceof DeploymentNotVisibleError)) return error;
  const hint = `If the resource has moved here from an explicit provider, replace it with \`pulumi up --replace ${shellQuoted(urn)}\``;
  const otherwise = `${error.remedy.charAt(0).toLowerCase()}${error.remedy.slice(1)}`;
  return new DeploymentNotVisibleError(error.problem, `${hint}. Otherwise, ${otherwise}`);
}
