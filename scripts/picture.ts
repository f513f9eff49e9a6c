// `npm run picture`: the picture in the README, docs/images/pulumi-up.svg, from a real `pulumi up` on the emulator.
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { parse, stringify } from "yaml";
import { startEmulator } from "../emulator/src/index";
import { stackName, Workspace } from "./demo/workspace";
import { runScript } from "./flags";
import { plain, terminalSvg } from "./picture/terminal-svg";
import { findPulumi } from "./pulumi/find";

const root = resolve(__dirname, "..");
const template = join(root, "templates", "onvera-yaml", "Pulumi.yaml");
const picture = join(root, "docs", "images", "pulumi-up.svg");
const command = ["up", "--yes", "--skip-preview"];

async function main(): Promise<void> {
  const { binary, ...found } = await findPulumi({ languages: ["nodejs", "yaml"] });
  const emulator = await startEmulator({ speed: 30 });
  const workspace = new Workspace();
  const env = workspace.environment(found, {
    ONVERA_BASE_URL: emulator.baseUrl,
    ONVERA_API_KEY: emulator.apiKey,
    ONVERA_POLL_INTERVAL_MS: "500",
  });
  const pulumi = async (...args: readonly string[]) => {
    const { stdout } = spawn(binary, args, { cwd: workspace.project, env, stdio: ["ignore", "pipe", "inherit"] });
    return text(stdout);
  };
  try {
    const plugins = { providers: [{ name: "onvera", path: join(root, "bin") }] };
    const project = { ...parse(readFileSync(template, "utf8")), name: "data-platform", description: "", plugins };
    writeFileSync(join(workspace.project, "Pulumi.yaml"), stringify(project));
    await pulumi("stack", "init", stackName);
    const output = await pulumi(...command, "--color", "always");
    if (!plain(output).includes("+ 3 created")) throw new Error(`pulumi up failed\n${output}`);
    const shown = [`$ pulumi ${command.join(" ")}`, ...output.split("\n").filter((line) => !isHeartbeat(line))];
    writeFileSync(picture, terminalSvg(shown.join("\n").trimEnd(), { title: "pulumi up on Onvera" }));
  } finally {
    await emulator.close();
    await workspace.remove();
  }
}

/** Without a terminal, the CLI prints these instead of a spinner. */
function isHeartbeat(line: string): boolean {
  return plain(line).startsWith("@ updating");
}

runScript({ help: "npm run picture\n\nWrites docs/images/pulumi-up.svg.", options: {} }, main);
