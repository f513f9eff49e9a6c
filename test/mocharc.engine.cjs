// The engine tests of `npm test`: the core behavior.
const { readdirSync } = require("node:fs");
const { availableParallelism } = require("node:os");
const { join } = require("node:path");

const core = ["contract/", "manifest.test.ts", "plugin/import.test.ts", "plugin/yaml.test.ts"];

const files = readdirSync(join(__dirname, "engine"), { recursive: true })
  .map((name) => name.replaceAll("\\", "/"))
  .filter((name) => name.endsWith(".test.ts"))
  .sort();
const isCore = (name) => core.some((start) => name.startsWith(start));
const inRepository = (name) => `test/engine/${name}`;

const engine = {
  "node-option": ["import=tsx"],
  require: ["test/support/whole-messages.ts", "test/support/engine-cli.ts"],
  parallel: true,
  // One more than there are cores, because some tests wait for a clock.
  jobs: availableParallelism() + 1,
  timeout: 900_000,
  slow: 60_000,
};

module.exports = { ...engine, spec: files.filter(isCore).map(inRepository) };
/** Every other engine test, for mocharc.full.cjs. */
module.exports.others = { ...engine, spec: files.filter((name) => !isCore(name)).map(inRepository) };
