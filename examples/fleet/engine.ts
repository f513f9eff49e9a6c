import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type EngineEvent, LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation";
import { stringify } from "yaml";
import { reasonOf } from "./reason";
import type { Result, StackRow, Task } from "./store";

export interface RunOptions {
  readonly project: string;
  readonly task: Task;
  readonly row: StackRow;
  readonly apiKey: string;
  readonly gatewayUrl: string | undefined;
  /** Interrupts the engine as Ctrl-C does: what was created is in the state, and the next run resumes it. */
  readonly signal: AbortSignal;
  /** Whether every worker of another host is dead. */
  readonly isDeadHost: (host: string) => Promise<boolean>;
}

/** `busy`: somebody who lives holds the stack's lock. `interrupted`: the signal ended the run. */
export type Outcome = Result | { readonly status: "busy" | "interrupted"; readonly reason: string };

const plugin = process.env["FLEET_PLUGIN"] ?? join(dirname(require.resolve("pulumi-onvera/package.json")), "bin");

const deploymentType = "onvera:index:Deployment";

let command: Promise<PulumiCommand> | undefined;

/**
 * Runs one task of one stack. The program is YAML: it needs no language host and no compiler, so a run starts in half the
 * time of a Node.js program's, and a worker holds no program in its memory.
 */
export async function runTask(options: RunOptions): Promise<Outcome> {
  const { project, task, row, apiKey, gatewayUrl, signal } = options;
  const workDir = mkdtempSync(join(tmpdir(), "fleet-"));
  const errors: string[] = [];
  const changes: string[] = [];
  const onEvent = (event: EngineEvent) => {
    const { diagnosticEvent } = event;
    const { severity, message = "" } = diagnosticEvent ?? {};
    // The provider keeps what the state has of a deployment that it cannot read, and warns.
    const isUnread = severity === "warning" && task === "drift" && message.includes("recorded state");
    if (severity === "error" || isUnread) errors.push(message.replaceAll(/<\{%.*?%\}>/g, "").trim());
    changes.push(...(task === "drift" ? driftOf(event) : changeOf(event)));
  };
  try {
    writeFileSync(join(workDir, "Pulumi.yaml"), program(project, task === "destroy" ? {} : row.deployments));
    command ??= PulumiCommand.get({ root: __dirname });
    const envVars = {
      ONVERA_API_KEY: apiKey,
      ...(gatewayUrl === undefined ? {} : { ONVERA_GATEWAY_URL: gatewayUrl }),
    };
    const inFolder = { workDir, pulumiCommand: await command, envVars };
    const args = { stackName: row.stack, workDir };
    // Only what was applied can drift.
    const stack = await (task === "drift"
      ? LocalWorkspace.selectStack(args, inFolder)
      : LocalWorkspace.createOrSelectStack(args, inFolder));
    const shared = { onEvent, signal, suppressOutputs: true, suppressProgress: true };
    const run = async () => {
      errors.length = 0;
      changes.length = 0;
      const parallel = Math.max(16, Object.keys(row.deployments).length);
      if (task === "up") await stack.up({ ...shared, parallel });
      else if (task === "destroy") await stack.destroy({ ...shared, parallel, remove: true });
      else if (task === "drift") await stack.previewRefresh(shared);
      else await stack.preview(shared);
    };
    try {
      await run();
    } catch (error) {
      const owners = lockOwners(error);
      if (owners.length === 0) throw error;
      const living = await firstLiving(owners, options.isDeadHost);
      if (living !== undefined) return { status: "busy", reason: `the stack is locked by ${living}, which lives` };
      // This worker alone runs the stack, and whoever locked it is dead.
      await stack.cancel();
      await run();
    }
    if (task === "drift" && errors.length > 0) return failure(errors.join("\n"), row);
    return success(task, row.stack, changes);
  } catch (error) {
    const text = errors.length > 0 ? errors.join("\n") : String(error instanceof Error ? error.message : error);
    if (signal.aborted) return { status: "interrupted", reason: String(signal.reason) };
    return failure(text, row);
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

function program(name: string, deployments: StackRow["deployments"]): string {
  const resources = Object.fromEntries(
    Object.entries(deployments).map(([key, appType]) => [key, { type: "onvera:Deployment", properties: { appType } }]),
  );
  return stringify({ name, runtime: "yaml", plugins: { providers: [{ name: "onvera", path: plugin }] }, resources });
}

/** A step of the preview; a replacement has two more. */
function changeOf({ resourcePreEvent }: EngineEvent): string[] {
  const { op, urn, type } = resourcePreEvent?.metadata ?? {};
  const isStep = type === deploymentType && ["create", "update", "replace", "delete"].includes(op ?? "");
  return isStep ? [`${op} ${nameIn(urn)}`] : [];
}

/** How the platform differs from the state, whatever the files of the teams say now. */
function driftOf({ resOutputsEvent }: EngineEvent): string[] {
  const { op, urn, type, old, new: observed } = resOutputsEvent?.metadata ?? {};
  if (type !== deploymentType) return [];
  if (op === "delete" || !observed) return [`${nameIn(urn)}: gone`];
  const outputs: Record<string, unknown> = observed.outputs ?? {};
  const differing = Object.entries(old?.outputs ?? {}).filter(
    ([key, value]) => !isDeepStrictEqual(value, outputs[key]),
  );
  return differing.length > 0
    ? [`${nameIn(urn)}: ${differing.map(([key]) => `${key} ${outputs[key]}`).join(", ")}`]
    : [];
}

function nameIn(urn = ""): string {
  return urn.split("::").at(-1) ?? "";
}

function success(task: Task, stack: string, changes: readonly string[]): Result {
  if (task === "destroy") return { status: "destroyed" };
  if (task === "up" || changes.length === 0) return { status: "done" };
  const reason = changes.join(", ");
  return { status: task === "drift" ? "drifted" : "done", reason, nextStep: `to repair it: fleet enqueue ${stack}` };
}

function failure(text: string, { stack, key_variable: variable }: StackRow): Result {
  const reason = reasonOf(text);
  if (/API_KEY_REVOKED|API_KEY_EXPIRED|INVALID_API_KEY/.test(text)) {
    return {
      status: "failed",
      reason,
      nextStep: `set a valid key in ${variable}, restart the workers, then: fleet retry ${stack}`,
    };
  }
  return { status: "retrying", reason, nextStep: "none: it is tried again" };
}

interface LockOwner {
  readonly user: string;
  readonly host: string;
  readonly pid: number;
}

/** From the message of a run that found the stack locked. */
function lockOwners(error: unknown): LockOwner[] {
  const text = String(error instanceof Error ? error.message : error);
  if (!text.includes("the stack is currently locked by")) return [];
  return [...text.matchAll(/created by (\S+)@(\S+) \(pid (\d+)\)/g)].map(([, user = "", host = "", pid]) => {
    return { user, host, pid: Number(pid) };
  });
}

/** On this host, a process is dead if it does not run; on another one, if all of its workers are dead. */
async function firstLiving(
  owners: readonly LockOwner[],
  isDeadHost: RunOptions["isDeadHost"],
): Promise<string | undefined> {
  for (const { user, host, pid } of owners) {
    const isDead = host === hostname() ? !isRunning(pid) : await isDeadHost(host);
    if (!isDead) return `${user}@${host} (pid ${pid})`;
  }
  return undefined;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
