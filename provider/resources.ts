import { type DeploymentConnection, deploymentHandler } from "./deployment/handler";
import type { ResourceHandler } from "./resource-handler";

/** The resource types, by type token. Both hosts serve them. */
export const resources = {
  "onvera:index:Deployment": deploymentHandler,
} as const satisfies Readonly<Record<string, ResourceHandler<DeploymentConnection>>>;
