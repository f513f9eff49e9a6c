import * as pulumi from "@pulumi/pulumi";
import * as onvera from "pulumi-onvera";

// A replacement creates an empty deployment and deletes the old one with its data. `protect` makes Pulumi refuse it.
const protect = pulumi.getStack() !== "dev";

const etl = new onvera.Deployment("etl", { appType: "airflow" }, { protect });
const dashboards = new onvera.Deployment("dashboards", { appType: "superset" }, { protect, dependsOn: etl });

export const airflow = etl.url;
export const superset = dashboards.url;
