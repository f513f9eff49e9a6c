/** The program of the root project: declares the deployments of the manifest, exports one output for each, and logs a table. */
import * as pulumi from "@pulumi/pulumi";
import { runError } from "../run-error";
import { declareManifest, defaultManifestFile } from "./declare";
import { logSummary } from "./summary";

const config = new pulumi.Config();
const file = config.get("manifest") ?? defaultManifestFile;
const setBy = `the config ${config.name}:manifest`;
if (file.trim() === "")
  throw runError(`${setBy} is empty; set it to a file, or remove it to use ${defaultManifestFile}`);
const declared = declareManifest(file, { setBy });

logSummary(declared);

const outputs = declared.map(({ key, deployment: { deploymentId, name, appType, status, url } }) => [
  key,
  { id: deploymentId, name, appType, status, url },
]);

export = Object.fromEntries(outputs);
