// Declares the deployments that deployments.yaml lists.
const { declareDeployments } = require("pulumi-onvera/manifest");

const deployments = declareDeployments("deployments.yaml");

exports.urls = Object.fromEntries(Object.entries(deployments).map(([key, { url }]) => [key, url]));
