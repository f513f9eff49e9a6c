import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type Emulator, startEmulator } from "../../emulator/src/index";
import { type FoundPulumi, findPulumi, PulumiNotFoundError } from "../pulumi/find";
import { createReporter } from "../pulumi/progress";
import { Cli } from "./cli";
import { DemoError, StoppedError } from "./errors";
import { Page } from "./page";
import { exitCodes, onStopSignal } from "./signals";
import { type Outcome, play } from "./steps";
import { stackName, Workspace } from "./workspace";

/** Airflow takes 7.2 s instead of 6 minutes, Superset 4.8 s, a delete 4.2 s. */
const speed = 50;
const pollIntervalMs = "250";

/** In a narrower terminal, the CLI's table has no column for the phases, but its plain output shows them. */
const tableColumns = 100;

/** Runs the demo and returns the exit code. However it ends, it removes everything that it created. */
export async function runDemo(): Promise<number> {
  // A closed pipe or terminal must not prevent the cleanup.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  const page = new Page(process.stdout, process.env);
  try {
    requireBuild();
    const cli = await findPulumi({ reporter: createReporter({ stream: process.stderr }) });
    const startedMs = performance.now();
    const outcome = await playWith(cli, page);
    summarize(page, outcome, performance.now() - startedMs);
    return 0;
  } catch (error) {
    if (error instanceof StoppedError) {
      page.text(
        `\nThe demo was stopped (${error.signal}). The emulator has ended and the temporary files are removed.`,
      );
      return exitCodes[error.signal];
    }
    if (error instanceof DemoError || error instanceof PulumiNotFoundError) {
      process.stderr.write(`\nThe demo failed: ${error.message}\n`);
      return 1;
    }
    throw error;
  }
}

async function playWith(found: FoundPulumi, page: Page): Promise<Outcome> {
  const atTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
  let emulator: Emulator | undefined;
  let cli: Cli | undefined;
  let stopped: StoppedError | undefined;
  const stopListening = onStopSignal({ atTerminal }, (signal, { isTerminals }) => {
    stopped ??= new StoppedError(signal);
    cli?.stop(signal, { isSignaled: isTerminals });
    // The CLI waits for the running operations, so they end at once.
    emulator?.control.clock.setSpeed(Number.POSITIVE_INFINITY).catch(() => {});
  });
  const workspace = new Workspace();
  try {
    emulator = await startEmulator({ speed });
    const settings = {
      ONVERA_BASE_URL: emulator.baseUrl,
      ONVERA_API_KEY: emulator.apiKey,
      ONVERA_POLL_INTERVAL_MS: pollIntervalMs,
    };
    const env = workspace.environment(found, settings);
    cli = new Cli({ cli: found, cwd: workspace.project, env, atTerminal, eventLog: workspace.eventLog });
    introduce(page, found, emulator);
    if (stopped !== undefined) throw stopped;
    await cli.hide(["stack", "init", stackName]);
    return await play({ page, cli, workspace, emulator, displayFlags: isTooNarrow() ? ["--non-interactive"] : [] });
  } finally {
    await emulator?.close();
    await workspace.remove();
    stopListening();
  }
}

/** Programs load the compiled package. */
function requireBuild(): void {
  if (!existsSync(resolve(__dirname, "..", "..", "dist", "sdk", "manifest", "index.js"))) {
    throw new DemoError('the package is not built; run "npm ci" or "npm run build" first');
  }
}

/** Whether the CLI would draw its table without the phases. */
function isTooNarrow(): boolean {
  const hasTable = process.stdin.isTTY && process.stdout.isTTY && process.env["TERM"] !== "dumb";
  return hasTable && process.stdout.columns > 0 && process.stdout.columns < tableColumns;
}

function introduce(page: Page, { version }: FoundPulumi, { url }: Emulator): void {
  page.heading("pulumi-onvera: the life cycle of two deployments");
  page.text(
    `This demo runs the real Pulumi CLI (v${version}) with an emulator of Onvera at ${url}, which is ${speed} times as fast. It ` +
      "needs no account, and nothing leaves this machine. The project, the state and the Pulumi home are in a temporary folder. " +
      "Press Ctrl-C to end the demo; it removes everything that it created.",
  );
  if (isTooNarrow()) {
    page.text(`(In a terminal with ${tableColumns} columns or more, the CLI shows a live table instead of lines.)`);
  }
}

function summarize(page: Page, { requests, state }: Outcome, tookMs: number): void {
  const { creates, deletes, polls, total } = requests;
  page.heading("Done: no deployments are left");
  page.table([
    ["steps", "preview, create, no change, drift, repair, replacement, destroy"],
    ["time", `${Math.round(tookMs / 1_000)} s`],
    [
      "requests",
      `${total}: ${creates} creates, ${deletes} deletes, ${polls} polls, ${total - creates - deletes - polls} others`,
    ],
    ["state", `${kilobytes(state.bytes)} with 2 deployments, ${state.bytesPerDeployment} bytes each`],
  ]);
  page.text("\nNext steps:");
  page.table([
    [
      "at Onvera",
      "With an account: set ONVERA_API_KEY, edit deployments.yaml in this folder, and run `npm run --silent pulumi -- up`",
    ],
    [
      "your own program",
      'Run npm install pulumi-onvera @pulumi/pulumi, and declare new onvera.Deployment("etl", { appType: "airflow" })',
    ],
  ]);
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} kB`;
}
