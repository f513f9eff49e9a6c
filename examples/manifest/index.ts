// What there is stands in deployments.yaml, which needs no code to be edited; this program adds what a list cannot say.
//
//   npm install                    (in a clone, before it: npm pack ../.. && npm install ./pulumi-onvera-*.tgz)
//   pulumi stack init production
//   pulumi config set --secret onvera:apiKey <key>     (or set ONVERA_API_KEY)
//   pulumi up
//
// A mistake in the list ends the run before anything is touched, and names its line.
import * as pulumi from "@pulumi/pulumi";
import { declareDeployments } from "pulumi-onvera/manifest";

const deployments = declareDeployments("deployments.yaml", {
  // For each deployment that the list does not say it of.
  opts: { protect: pulumi.getStack() === "production" },
});

/** By key, for whoever reads this stack's outputs. */
export const catalog = Object.fromEntries(
  Object.entries(deployments).map(([key, { appType, name, url }]) => [key, { appType, name, url }]),
);
