// What all teams share. Its outputs are what other projects may rely on: everything else may change.
const pulumi = require("@pulumi/pulumi");
const onvera = require("pulumi-onvera");

const airflow = new onvera.Deployment(
  "airflow",
  { appType: "airflow" },
  { customTimeouts: { create: "45m" }, protect: pulumi.getStack() === "production" },
);

exports.airflowId = airflow.deploymentId;
exports.airflowUrl = airflow.url;
