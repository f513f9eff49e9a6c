// `npm run check`: reads every manifest, and reports all mistakes with their lines. Needs no key and no Pulumi, so it may
// run for anybody's pull request.
const { readdirSync } = require("node:fs");
const { readManifest } = require("pulumi-onvera/manifest");

for (const name of readdirSync("deployments")) {
  try {
    const { deployments } = readManifest(`deployments/${name}`);
    console.log(`deployments/${name}: ${deployments.length} deployments`);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
