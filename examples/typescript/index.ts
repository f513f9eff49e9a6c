// A pipeline platform for one team: Airflow that fills a warehouse, and Superset that shows what is in it.
//
//   npm install                    (in a clone, before it: npm pack ../.. && npm install ./pulumi-onvera-*.tgz)
//   pulumi stack init production
//   pulumi config set --secret onvera:apiKey <key>     (or set ONVERA_API_KEY)
//   pulumi up
//
// Without an account: `npm run emulator` in the repository's root prints an ONVERA_BASE_URL and an ONVERA_API_KEY to set.
import * as pulumi from "@pulumi/pulumi";
import * as onvera from "pulumi-onvera";

const team = new pulumi.Config().get("team") ?? "data";

// Without a `name`, the platform sees "etl-" and seven random characters, which stay the same from then on.
const etl = new onvera.Deployment(
  "etl",
  { appType: "airflow" },
  {
    // A create may take so long; after that `pulumi up` goes on with it.
    customTimeouts: { create: "45m" },
    // Uncomment once it holds what you cannot lose: then neither `destroy` nor a replacement deletes it.
    // protect: true,
  },
);

// Each stack has dashboards of its own. Another team means another name, and so another deployment.
const dashboards = new onvera.Deployment(
  "dashboards",
  { appType: "superset", name: `${team}-dashboards-${pulumi.getStack()}` },
  { dependsOn: etl },
);

// What the platform says of the operation that made it.
const creation = onvera
  .getOperationsOutput({ type: "deployment.create", resourceId: dashboards.deploymentId })
  .apply(([newest]) => newest?.status);

export const airflowUrl = etl.url;
export const supersetUrl = dashboards.url;
export const supersetName = dashboards.name;
export const supersetCreation = creation;
