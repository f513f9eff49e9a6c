import type { Platform } from "../platform/platform";
import {
  type DeploymentStatus,
  deploymentStatuses,
  type OperationStatus,
  operationStatuses,
} from "../platform/records";

/** Deployments and operations by status. `total` counts the deployments that the API returns, and all operations. */
export interface Counts {
  deployments: Record<DeploymentStatus | "total", number>;
  operations: Record<OperationStatus | "total", number>;
}

export function countsOf(platform: Platform): Counts {
  const deployments = platform.deployments();
  const operations = platform.allOperations();
  return {
    deployments: {
      ...countBy(
        deploymentStatuses,
        [...deployments, ...platform.goneDeployments()].map(({ status }) => status),
      ),
      total: deployments.length,
    },
    operations: {
      ...countBy(
        operationStatuses,
        operations.map((operation) => platform.view(operation).status),
      ),
      total: operations.length,
    },
  };
}

function countBy<S extends string>(statuses: readonly S[], found: readonly S[]): Record<S, number> {
  const counts = Object.fromEntries(statuses.map((status) => [status, 0])) as Record<S, number>;
  for (const status of found) counts[status]++;
  return counts;
}
