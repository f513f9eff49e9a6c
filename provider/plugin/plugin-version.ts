import { readPackageVersion } from "../version";

/** A version that the engine can parse, whatever becomes of the package's own. */
export function pluginVersion(): string {
  const version = readPackageVersion();
  return version === "unknown" ? "0.0.0" : version;
}
