/** The program of the project at the root: declares what the manifest lists, one stack output for each deployment, and a table. */
import * as pulumi from "@pulumi/pulumi";
import { declareDeployments, defaultManifestFile } from "./declare";
import { tellSummary } from "./summary";

const config = new pulumi.Config();
const deployments = declareDeployments(config.get("manifest") || defaultManifestFile, {
  setBy: `the config ${config.name}:manifest`,
});

tellSummary(deployments);

const outputs = Object.entries(deployments).map(([key, { deploymentId, name, appType, status, url }]) => [
  key,
  { id: deploymentId, name, appType, status, url },
]);

export = Object.fromEntries(outputs);
