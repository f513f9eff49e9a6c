/** The applications that the platform runs. Source: the API contract, "Deployments". */
export const appTypes = ["airflow", "superset"] as const;
export type AppType = (typeof appTypes)[number];
