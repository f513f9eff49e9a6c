import type { HostName } from "./history";

/** Seeds whose histories once broke an invariant. */
export const regressionSeeds: Readonly<Record<HostName, readonly number[]>> = { dynamic: [], plugin: [] };
