// package.json's "main": the SDK, as "exports" has it. Only Pulumi's Node.js host reads "main": with PulumiPlugin.yaml, it runs
// a folder with a copy of the repository as the provider plugin.
const isPluginHost = /[\\/]cmd[\\/]run-plugin[\\/]/.test(require.main?.filename ?? "");
module.exports = isPluginHost ? require("./pulumi-resource-onvera") : require("../dist/sdk");
