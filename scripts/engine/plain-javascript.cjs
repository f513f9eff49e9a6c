// Loaded first into the Node.js processes of programs in plain JavaScript, of which the tests start hundreds. Half of the time until such a
// program runs is spent on packages that Pulumi's SDK always loads, and that such a program never uses. Here they load at their first use.
const Module = require("node:module");

const load = Module._load;

Module._load = function (name, ...rest) {
  const now = () => load.call(this, name, ...rest);
  switch (name) {
    case "typescript":
      return new Proxy({}, { get: (_, key) => now()[key] });
    case "@npmcli/arborist":
      return {
        __esModule: true,
        get Arborist() {
          return now().Arborist;
        },
      };
    default:
      return now();
  }
};

// The Node.js language host that scripts/pulumi builds sets it even if Pulumi.yaml has `typescript: false`.
delete process.env["PULUMI_NODEJS_TYPESCRIPT"];
