import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unseenStateText } from "../../provider/deployment/unseen";
import { CommandError } from "../errors";
import { type EngineEvent, errorsOf, messagesOf, readEvents } from "./events";
import { hasPlan } from "./plan";

export interface PreviewRun {
  readonly events: readonly EngineEvent[];
  /** The stack's configuration; what is secret is masked. */
  readonly config: Readonly<Record<string, string>>;
  /** What the engine or a provider warns of. */
  readonly warnings: readonly string[];
  /** Why nothing can be said about drift; absent where the preview was made, and every deployment seen. */
  readonly failure?: string;
}

export interface PreviewOptions {
  readonly stack?: string;
  readonly cwd: string;
  readonly pulumi: string;
  readonly forPulumi: readonly string[];
}

/**
 * Runs `pulumi preview --refresh`: the engine reads each resource at its platform, then runs the program and tells what
 * it would do. What it prints is for people, so its event log is read. Throws `CommandError` where it cannot be run.
 */
export async function runPreview(
  { stack, cwd, pulumi, forPulumi }: PreviewOptions,
  env: NodeJS.ProcessEnv,
): Promise<PreviewRun> {
  // Readable for this user alone: a state may hold what was not marked as secret.
  const folder = mkdtempSync(join(tmpdir(), "pulumi-onvera-drift-"));
  const eventLog = join(folder, "events.jsonl");
  const args = [
    ...["preview", "--refresh", "--non-interactive", "--color", "never", "--event-log", eventLog],
    ...(stack === undefined ? [] : ["--stack", stack]),
    ...forPulumi,
  ];
  try {
    // Without PULUMI_DEBUG_COMMANDS the CLI has no --event-log.
    const ended = await run(pulumi, args, {
      cwd,
      env: { ...env, PULUMI_DEBUG_COMMANDS: "1", ONVERA_PREFLIGHT: "off" },
    });
    const events = readEvents(readOrNothing(eventLog));
    const failure = failureOf(events, ended, pulumi);
    return {
      events,
      config: Object.assign({}, ...events.map(({ preludeEvent }) => preludeEvent?.config ?? {})),
      warnings: messagesOf(events, "warning"),
      ...(failure === undefined ? {} : { failure }),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Ended {
  /** With which signal or exit code; absent where it succeeded. */
  readonly how: string | undefined;
  readonly wasInterrupted: boolean;
  readonly output: string;
}

function run(command: string, args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }) {
  return new Promise<Ended>((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    let wasInterrupted = false;
    // A preview may be broken off at any time, so it does no harm where the terminal has told the CLI already.
    const passOn = (signal: NodeJS.Signals) => {
      wasInterrupted = true;
      child.kill(signal);
    };
    process.on("SIGINT", passOn).on("SIGTERM", passOn);
    const settle = () => process.off("SIGINT", passOn).off("SIGTERM", passOn);
    child.on("error", (error: NodeJS.ErrnoException) => {
      settle();
      reject(new CommandError(whyNotStarted(command, error)));
    });
    child.on("close", (code, signal) => {
      settle();
      const how = code === 0 ? undefined : (signal ?? `code ${code}`);
      resolve({ how, wasInterrupted: wasInterrupted || signal !== null, output });
    });
  });
}

function whyNotStarted(command: string, { code, message }: NodeJS.ErrnoException): string {
  const advice =
    "install Pulumi (https://www.pulumi.com/docs/install/), or tell where it is by --pulumi or PULUMI_COMMAND";
  return code === "ENOENT"
    ? `there is no "${command}"; ${advice}`
    : `"${command}" does not start: ${message}; ${advice}`;
}

function failureOf(
  events: readonly EngineEvent[],
  { how, wasInterrupted, output }: Ended,
  pulumi: string,
): string | undefined {
  const unseen = messagesOf(events, "warning").filter((text) => text.includes(unseenStateText));
  if (unseen.length > 0) return unseen.join("; ");
  const command = `\`${pulumi} preview --refresh\``;
  if (wasInterrupted) return `${command} was interrupted`;
  // What fails after everything was read, such as the replacement of a protected deployment, does not hide the drift.
  if (hasPlan(events)) return undefined;
  if (how === undefined) return `${command} wrote no event log; a Pulumi CLI of 3.150 or later is needed`;
  const said = errorsOf(events);
  const reason = said.length > 0 ? said.join("; ") : output.trim().replace(/^error: /, "");
  return `${command} ended with ${how}: ${reason || "it said nothing"}`;
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // The CLI ended before it began.
    return "";
  }
}
