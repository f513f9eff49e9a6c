// Declares what deployments/<stack>.yaml lists. What a platform team changes every day is those files, not this program.
const pulumi = require("@pulumi/pulumi");
const { declareDeployments } = require("pulumi-onvera/manifest");

const deployments = declareDeployments(`deployments/${pulumi.getStack()}.yaml`, { setBy: "the stack's name" });

exports.urls = Object.fromEntries(Object.entries(deployments).map(([key, { url }]) => [key, url]));
