import { join } from "node:path";
import { cachedProgram } from "../../scripts/pulumi/cached-program";
import type { Reporter } from "../../scripts/pulumi/progress";

/** The newest release of Pulumi's framework that compiles with the CLI's modules. */
const framework = { "github.com/pulumi/pulumi-go-provider": "1.5.0" };

/** The Go plugin's executable; compiled once per user, which needs Go. */
export function goPeer(reporter: Reporter): Promise<string> {
  const source = join(__dirname, "go", "main.go");
  const program = {
    name: "pulumi-resource-peer",
    what: "a provider plugin in Go to compare with",
    source,
    requires: framework,
  };
  return cachedProgram(program, { env: process.env, reporter });
}
