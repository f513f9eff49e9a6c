import type { DeploymentRecord, OperationRecord, OperationView } from "../platform/records";

/** Converts records to the API's JSON. */

export const apiPrefix = "/api/v1";

export const deploymentPath = (id: string): string => `${apiPrefix}/deployments/${id}`;
export const operationPath = (id: string): string => `${apiPrefix}/operations/${id}`;

export const rfc3339 = (ms: number): string => new Date(ms).toISOString();
export const rfc3339OrNull = (ms: number | null): string | null => (ms === null ? null : rfc3339(ms));

/**
 * `url` is set once the deployment is usable. `links.operation` is the operation in progress, or the one that failed.
 */
export function deploymentToWire(record: DeploymentRecord) {
  const { id, name, appType, status, url, environmentId, createdAt, operationId } = record;
  const isUsable = status === "ready" || status === "destroying";
  const isHeld = status === "provisioning" || status === "destroying" || status === "failed";
  return {
    id,
    name,
    app_type: appType,
    status,
    url: isUsable ? url : null,
    environment_id: environmentId,
    created_at: rfc3339(createdAt),
    links: { self: deploymentPath(id), operation: isHeld && operationId !== null ? operationPath(operationId) : null },
  };
}

export function operationToWire({ id, type, deploymentId, requestedAt }: OperationRecord, view: OperationView) {
  return {
    id,
    type,
    status: view.status,
    progress: view.progress,
    resource: { type: "deployment", id: deploymentId },
    error: view.error,
    requested_at: rfc3339(requestedAt),
    started_at: rfc3339OrNull(view.startedAt),
    ended_at: rfc3339OrNull(view.endedAt),
    links: { self: operationPath(id), resource: deploymentPath(deploymentId) },
  };
}

export function acceptedToWire(deploymentId: string, operationId: string) {
  return {
    deployment_id: deploymentId,
    operation_id: operationId,
    links: { deployment: deploymentPath(deploymentId), operation: operationPath(operationId) },
  };
}

export interface PageQuery {
  page: number;
  per_page: number;
}

/** One page of a list; empty if the page is past the end. */
export function pageToWire<T, W>(all: readonly T[], { page, per_page }: PageQuery, toWire: (item: T) => W) {
  const start = (page - 1) * per_page;
  return {
    items: all.slice(start, start + per_page).map(toWire),
    pagination: { page, per_page, total: all.length, pages: Math.ceil(all.length / per_page) },
  };
}

export type DeploymentWire = ReturnType<typeof deploymentToWire>;
export type OperationWire = ReturnType<typeof operationToWire>;

/** The one environment of every organization. */
export const defaultEnvironment = {
  id: "env_default",
  name: "Default",
  slug: "default",
  created_at: "2025-01-15T09:00:00.000Z",
};
