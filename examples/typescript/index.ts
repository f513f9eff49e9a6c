// A data platform for one team: an Airflow that fills a warehouse, and a Superset that shows its data.
//
//   npm install                    (in a clone, run first: npm pack ../.. && npm install ./pulumi-onvera-*.tgz)
//   pulumi stack init production
//   pulumi config set --secret onvera:apiKey <key>     (or set ONVERA_API_KEY)
//   pulumi up
//
// Without an account: `npx onvera-emulator` prints an ONVERA_BASE_URL and an ONVERA_API_KEY to set.
import * as pulumi from "@pulumi/pulumi";
import * as onvera from "pulumi-onvera";

const team = new pulumi.Config().get("team") ?? "data";
// A replacement creates an empty deployment and deletes the old one with its data. `protect` makes Pulumi refuse it.
const protect = pulumi.getStack() === "production";

// Without a `name`, the deployment is called "etl-" and random characters, which stay the same on later updates.
const etl = new onvera.Deployment(
  "etl",
  { appType: "airflow" },
  {
    protect,
    // If the create takes longer, the run fails, and the next `pulumi up` resumes the wait.
    customTimeouts: { create: "45m" },
  },
);

// Each stack has its own dashboards. Another team means another name, and so a replacement.
const dashboards = new onvera.Deployment(
  "dashboards",
  { appType: "superset", name: `${team}-dashboards-${pulumi.getStack()}` },
  { protect, dependsOn: etl },
);

// The status of the operation that created them.
const creation = onvera
  .getOperationsOutput({ type: "deployment.create", resourceId: dashboards.deploymentId })
  .apply(([newest]) => newest?.status);

export const airflowUrl = etl.url;
export const supersetUrl = dashboards.url;
export const supersetName = dashboards.name;
export const supersetCreation = creation;
