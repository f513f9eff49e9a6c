// One team's project. It knows the shared platform by the outputs of its stack alone: `requireOutput` fails where one is missing.
const pulumi = require("@pulumi/pulumi");
const onvera = require("pulumi-onvera");

// With a state of one's own (a folder, a bucket, a database) the organization is always called "organization".
const platform = new pulumi.StackReference(
  new pulumi.Config().get("platform") || `${pulumi.getOrganization()}/onvera-platform/${pulumi.getStack()}`,
);
const airflowId = platform.requireOutput("airflowId");

const reports = new onvera.Deployment("reports", { appType: "superset" }, { customTimeouts: { create: "45m" } });

exports.airflowUrl = platform.requireOutput("airflowUrl");
// The reference tells what the platform's last run has seen; the platform itself tells what is there now.
exports.airflowStatus = onvera.getDeploymentOutput({ id: airflowId }).status;
exports.reportsUrl = reports.url;
