// deployments.yaml lists the deployments, which are protected by default. This program adds what a list cannot express.
//
//   npm install                    (in a clone, run first: npm pack ../.. && npm install ./pulumi-onvera-*.tgz)
//   pulumi stack init production
//   pulumi config set --secret onvera:apiKey <key>     (or set ONVERA_API_KEY)
//   pulumi up
//
// All mistakes in the list are reported with their lines, before anything changes.
import { declareDeployments } from "pulumi-onvera/manifest";

const deployments = declareDeployments("deployments.yaml");

/** By key, for the readers of this stack's outputs. */
export const catalog = Object.fromEntries(
  Object.entries(deployments).map(([key, { appType, name, url }]) => [key, { appType, name, url }]),
);
