export { type DeclareOptions, declareDeployments } from "./declare";
export { ManifestError, type ManifestProblem } from "./errors";
export { type Manifest, type ManifestDeployment, readManifest } from "./read";
