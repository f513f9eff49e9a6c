// Loaded first into the Node.js processes of the engine tests' programs, hundreds of which run. Pulumi's SDK spends half of its start on two
// packages that most programs never use. Here they load at their first use.
const { existsSync, readFileSync } = require("node:fs");
const Module = require("node:module");

const load = Module._load;
/** The last one is the SDK's own copy, for programs whose packages have none. */
const packages = /^@npmcli\/arborist$|^typescript$|[\\/]typescript\.js$/;

Module._load = function (name, parent, ...rest) {
  const now = () => load.call(this, name, parent, ...rest);
  if (!packages.test(name) || !/[\\/]@pulumi[\\/]pulumi[\\/]/.test(parent?.filename ?? "")) return now();
  // Throws if there is none.
  Module._resolveFilename(name, parent, ...rest);
  return new Proxy({}, { get: (_, key) => key === "__esModule" || now()[key] });
};

// Pulumi's Node.js host reads this option. The older one that scripts/pulumi builds does not.
if (existsSync("Pulumi.yaml") && readFileSync("Pulumi.yaml", "utf8").includes("typescript: false")) {
  delete process.env["PULUMI_NODEJS_TYPESCRIPT"];
}
