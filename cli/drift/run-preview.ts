import { spawn } from "node:child_process";
import { z } from "zod";
import { recordedStateWarning } from "../../provider/deployment/errors";
import { CommandError } from "../errors";
import { type EngineEvent, errorsOf, messagesOf, readEvents } from "./events";
import { hasPlan } from "./plan";
import { listMessages } from "./text";

export interface PreviewRun {
  readonly events: readonly EngineEvent[];
  /** The stack's configuration, with secrets masked. */
  readonly config: Readonly<Record<string, string>>;
  /** Warnings of the engine and the providers. */
  readonly warnings: readonly string[];
  /** Absent if the preview failed. */
  readonly state?: StackState;
  /** Why drift cannot be determined. Absent if the preview read the resources and `state` is known. */
  readonly failure?: string;
}

export interface PreviewOptions {
  readonly stack?: string;
  readonly cwd: string;
  readonly pulumi: string;
  readonly forPulumi: readonly string[];
}

const resourceSchema = z.object({
  urn: z.string(),
  type: z.string(),
  external: z.boolean().optional(),
  delete: z.boolean().optional(),
  pendingReplacement: z.boolean().optional(),
});

/** The parts of `pulumi stack export` that drift depends on. */
const exportSchema = z.object({
  deployment: z.object({
    resources: z.array(resourceSchema).nullish(),
    pending_operations: z.array(z.object({ type: z.string(), resource: resourceSchema })).nullish(),
  }),
});

export type StackState = z.infer<typeof exportSchema>["deployment"];

/**
 * Runs `pulumi preview --refresh`: the engine reads each resource at its platform, then runs the program and reports what
 * it would do. The events are read from stdout, so that no state values are written to a file. A preview does not report
 * pending operations, so `pulumi stack export` follows. Throws `CommandError` if the CLI cannot be started.
 */
export async function runPreview(
  { stack, cwd, pulumi, forPulumi }: PreviewOptions,
  env: NodeJS.ProcessEnv,
): Promise<PreviewRun> {
  const stackFlags = stack === undefined ? [] : ["--stack", stack];
  const flags = ["--refresh", "--json", "--non-interactive", "--color", "never", ...stackFlags, ...forPulumi];
  const options = { cwd, env: { ...env, PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true", ONVERA_PREFLIGHT: "off" } };
  const preview = await run(pulumi, ["preview", ...flags], options);
  const events = readEvents(preview.stdout);
  const outcome = {
    events,
    config: Object.assign({}, ...events.map(({ preludeEvent }) => preludeEvent?.config ?? {})),
    warnings: messagesOf(events, "warning"),
  };
  const failure = failureOf(events, preview, `\`${pulumi} preview --refresh\``);
  if (failure !== undefined) return { ...outcome, failure };
  const exported = await run(pulumi, ["stack", "export", "--non-interactive", ...stackFlags], options);
  const state = readState(exported.stdout);
  if (state !== undefined) return { ...outcome, state };
  return { ...outcome, failure: endText(exported, `\`${pulumi} stack export\``) };
}

interface Ended {
  /** The signal or exit code. Absent after a success. */
  readonly how: string | undefined;
  readonly wasInterrupted: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function run(command: string, args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }) {
  return new Promise<Ended>((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        output[name] += text;
      });
    }
    let wasInterrupted = false;
    // Both commands only read, so a second signal from the terminal does no harm.
    const passOn = (signal: NodeJS.Signals) => {
      wasInterrupted = true;
      child.kill(signal);
    };
    for (const signal of stopSignals) process.on(signal, passOn);
    const removeListeners = () => {
      for (const signal of stopSignals) process.off(signal, passOn);
    };
    child.on("error", (error: NodeJS.ErrnoException) => {
      removeListeners();
      reject(new CommandError(whyNotStarted(command, error)));
    });
    child.on("close", (code, signal) => {
      removeListeners();
      const how = code === 0 ? undefined : (signal ?? `code ${code}`);
      resolve({ how, wasInterrupted: wasInterrupted || signal !== null, ...output });
    });
  });
}

function whyNotStarted(command: string, { code, message }: NodeJS.ErrnoException): string {
  const advice =
    "install Pulumi (https://www.pulumi.com/docs/install/), or set the path of the CLI with --pulumi or PULUMI_COMMAND";
  return code === "ENOENT"
    ? `there is no "${command}"; ${advice}`
    : `"${command}" does not start: ${message}; ${advice}`;
}

function failureOf(events: readonly EngineEvent[], ended: Ended, command: string): string | undefined {
  const unseen = messagesOf(events, "warning").filter((text) => text.includes(recordedStateWarning));
  if (unseen.length > 0) return listMessages(unseen);
  if (ended.wasInterrupted) return endText(ended, command);
  // An error after everything was read, such as the replacement of a protected deployment, does not hide the drift.
  if (hasPlan(events)) return undefined;
  return endText(ended, command, errorsOf(events));
}

function endText({ how, wasInterrupted, stderr }: Ended, command: string, errors: readonly string[] = []): string {
  if (wasInterrupted) return `${command} was interrupted`;
  if (how === undefined) return `${command} printed no output of a known form; update the Pulumi CLI`;
  const reason = errors.length > 0 ? listMessages(errors) : stderr.trim().replace(/^error: /, "");
  return `${command} ended with ${how}: ${reason || "it printed no reason"}`;
}

function readState(text: string): StackState | undefined {
  try {
    return exportSchema.safeParse(JSON.parse(text)).data?.deployment;
  } catch {
    // The command failed.
    return undefined;
  }
}
