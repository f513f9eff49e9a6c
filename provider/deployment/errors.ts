import { ApiError, PlatformError } from "../api/errors";

/**
 * How the provider plugin's warning begins if a refresh uses the recorded state, because the API key cannot read the platform.
 * `pulumi-onvera drift` searches for it: such a refresh does not show whether there is drift.
 */
export const recordedStateWarning = "cannot read the deployment; continuing with the recorded state";

/** Adds the most likely reason to the error of a destroy or refresh whose key is denied. Returns any other error unchanged. */
export function withKeyHint(error: unknown): unknown {
  if (!(error instanceof ApiError) || (error.status !== 401 && error.status !== 403)) return error;
  return new PlatformError(
    `${error.message}; \`pulumi destroy\` and \`pulumi refresh\` use the API key that the stack's state has from the last ` +
      "`pulumi up`: if the key was changed since, run `pulumi up` first, or add --run-program",
    { cause: error },
  );
}
