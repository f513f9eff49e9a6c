// `npm run demo`: creates, changes and deletes two deployments on the emulator with the real Pulumi CLI.
// The demo is compiled in memory: unlike tsx, this writes nothing to TMPDIR and accepts "#" and "?" in paths.
const { readFileSync } = require("node:fs");
const { ModuleKind, ScriptTarget, transpileModule } = require("typescript");

const compilerOptions = { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022, esModuleInterop: true };
require.extensions[".ts"] = (module, file) => {
  module._compile(transpileModule(readFileSync(file, "utf8"), { compilerOptions }).outputText, file);
};
require("./demo/main.ts");
