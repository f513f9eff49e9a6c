import { join } from "node:path";
import { cachedProgram } from "../../scripts/pulumi/cached-program";
import type { Reporter } from "../../scripts/pulumi/progress";

/** The newest release of pulumi-go-provider that compiles with the CLI's modules. */
const framework = { "github.com/pulumi/pulumi-go-provider": "1.5.0" };

/** The executable of the Go plugin. Compiled once per user, which needs Go. */
export function goPeer(reporter: Reporter): Promise<string> {
  const source = join(__dirname, "go", "main.go");
  const program = {
    name: "pulumi-resource-peer",
    what: "a Go provider plugin for comparison",
    source,
    requires: framework,
  };
  return cachedProgram(program, { env: process.env, reporter });
}
