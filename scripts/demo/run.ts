import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type Emulator, startEmulator } from "../../emulator/src/index";
import { type FoundPulumi, findPulumi, PulumiNotFoundError } from "../pulumi/find";
import { createReporter } from "../pulumi/progress";
import { Cli } from "./cli";
import { DemoError, StoppedError } from "./errors";
import { Page } from "./page";
import { exitCodes, onStopSignal } from "./signals";
import { type Outcome, play } from "./story";
import { stackName, Workspace } from "./workspace";

/** A create of Airflow takes 3.6 s instead of 6 minutes, one of Superset 2.4 s, a destroy 2.1 s. */
const speed = 100;
const pollIntervalMs = "250";

/** In a narrower terminal the CLI's table has no column left for the phases; line by line it shows them. */
const tableColumns = 100;

/** Runs the demo in the reader's terminal; the answer is the exit code. All that it has made is gone then, however it ends. */
export async function runDemo(): Promise<number> {
  // A reader that has gone away (a closed pipe or terminal) must not keep us from cleaning up.
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
        `\nThe demo was stopped (${error.signal}); the platform has ended and the temporary files are removed.`,
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
  let platform: Emulator | undefined;
  let cli: Cli | undefined;
  let stopped: StoppedError | undefined;
  const stopListening = onStopSignal({ atTerminal }, (signal, { isTerminals }) => {
    stopped ??= new StoppedError(signal);
    cli?.stop(signal, { isTold: isTerminals });
    // The CLI lets what it has begun come to its end; nobody shall wait for that.
    platform?.control.clock.setSpeed(Number.POSITIVE_INFINITY).catch(() => {});
  });
  const workspace = new Workspace();
  try {
    platform = await startEmulator({ speed });
    const settings = {
      ONVERA_BASE_URL: platform.baseUrl,
      ONVERA_API_KEY: platform.apiKey,
      ONVERA_POLL_INTERVAL_MS: pollIntervalMs,
    };
    const env = workspace.environment(found, settings);
    cli = new Cli({ cli: found, cwd: workspace.project, env, atTerminal, eventLog: workspace.eventLog });
    introduce(page, found, platform);
    if (stopped !== undefined) throw stopped;
    await cli.hide(["stack", "init", stackName]);
    return await play({ page, cli, workspace, platform, displayFlags: isTooNarrow() ? ["--non-interactive"] : [] });
  } finally {
    await platform?.close();
    await workspace.remove();
    stopListening();
  }
}

/** Programs load the package as users have it, compiled. */
function requireBuild(): void {
  if (!existsSync(resolve(__dirname, "..", "..", "dist", "sdk", "manifest", "index.js"))) {
    throw new DemoError('the package is not built; run "npm ci" or "npm run build" first');
  }
}

/** True where the CLI would draw its table, but without the phases. */
function isTooNarrow(): boolean {
  const hasTable = process.stdin.isTTY && process.stdout.isTTY && process.env["TERM"] !== "dumb";
  return hasTable && process.stdout.columns > 0 && process.stdout.columns < tableColumns;
}

function introduce(page: Page, { version }: FoundPulumi, { url }: Emulator): void {
  page.heading("pulumi-onvera, from nothing to deployments and back");
  page.text(
    `This is the real Pulumi CLI (v${version}). In place of Onvera stands a local platform on ${url}, which works ` +
      `${speed} times as fast. No account is needed and nothing leaves this machine; project, state and Pulumi home are in a ` +
      "temporary folder. Ctrl-C ends the demo and leaves nothing behind.",
  );
  if (isTooNarrow()) {
    page.text(`(From ${tableColumns} columns on, this terminal would show a live table in place of lines.)`);
  }
}

function summarize(page: Page, { requests, state }: Outcome, tookMs: number): void {
  const { creates, deletes, polls, total } = requests;
  page.heading("Done: nothing is left on the platform");
  page.table([
    ["shown", "preview, create, no change, drift, repair, replacement, destroy"],
    ["time", `${Math.round(tookMs / 1_000)} s`],
    [
      "requests",
      `${total}: ${creates} creates, ${deletes} deletes, ${polls} polls, ${total - creates - deletes - polls} others`,
    ],
    ["state", `${kilobytes(state.bytes)} with 2 deployments, ${state.bytesPerDeployment} bytes each`],
  ]);
  page.text("\nAnd now:");
  page.table([
    [
      "at Onvera",
      "with an account: set ONVERA_API_KEY, edit deployments.yaml in this folder, and run `npm run --silent pulumi -- up`",
    ],
    [
      "your own program",
      'npm install pulumi-onvera @pulumi/pulumi; then new onvera.Deployment("etl", { appType: "airflow" })',
    ],
  ]);
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} kB`;
}
