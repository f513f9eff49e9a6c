import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import type { Contexts, Expressions, JobStatus } from "./expressions";
import { runScript } from "./shell";

export interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly defaults?: { readonly run?: { readonly shell?: string } };
  readonly jobs: Readonly<Record<string, Job>>;
}

export interface Job {
  readonly if?: string;
  readonly needs?: string;
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: Concurrency;
  readonly strategy?: { readonly matrix?: Readonly<Record<string, readonly string[]>> };
  readonly env?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly steps: readonly Step[];
}

/** Source: GitHub's documentation of `jobs.<job_id>.concurrency`. */
export interface Concurrency {
  readonly group: string;
  readonly "cancel-in-progress": boolean;
  /** How many jobs can wait: `single` (the default) one, `max` 100. */
  readonly queue?: "single" | "max";
}

export interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface JobRun {
  /** Where the repository is checked out. */
  readonly folder: string;
  readonly workflow: Workflow;
  readonly job: Job;
  readonly github: Readonly<Record<string, unknown>>;
  readonly matrix?: Readonly<Record<string, string>>;
  readonly inputs?: Readonly<Record<string, string>>;
  /** The secrets of each environment; a job without one gets none. */
  readonly secretsOf: (environment: string | undefined) => Readonly<Record<string, string>>;
  /** What the runner's machine has: PATH, and the addresses of the forge and of the platform. */
  readonly machine: Readonly<Record<string, string>>;
  readonly expressions: Expressions;
}

export interface JobResult {
  readonly status: JobStatus | "skipped";
  /** The outcome of each step that has a script, by its name or its first line. */
  readonly steps: Readonly<Record<string, string>>;
  readonly output: string;
  readonly summary: string;
}

/** Actions that prepare what the tests have anyway, or pass on what a job has made. */
const prepared = [
  "actions/checkout",
  "actions/download-artifact",
  "actions/setup-node",
  "actions/upload-artifact",
  "pulumi/actions",
];

/** Runs the scripts of one job as they stand, in order, as GitHub's runner does. */
export async function runJob(run: JobRun): Promise<JobResult> {
  const { folder, job, workflow, github, matrix = {}, inputs = {}, machine, expressions } = run;
  const files = mkdtempSync(join(tmpdir(), "github-runner-"));
  const place = (name: string) => join(files, name);
  for (const name of ["output", "summary", "env", "path"]) writeFileSync(place(name), "");
  try {
    let contexts: Contexts = { github, matrix, inputs, steps: {} };
    const environment = job.environment && expressions.text(job.environment, contexts);
    contexts = { ...contexts, secrets: run.secretsOf(environment) };
    if (!expressions.condition(job.if, contexts, "success")) {
      return { status: "skipped", steps: {}, output: "", summary: "" };
    }
    const evaluated = (env: Readonly<Record<string, string>> = {}) =>
      Object.fromEntries(Object.entries(env).map(([name, value]) => [name, expressions.text(String(value), contexts)]));
    const env = {
      ...machine,
      CI: "true",
      GITHUB_ACTIONS: "true",
      GITHUB_OUTPUT: place("output"),
      GITHUB_STEP_SUMMARY: place("summary"),
      GITHUB_ENV: place("env"),
      GITHUB_PATH: place("path"),
      ...evaluated(workflow.env),
      ...evaluated(job.env),
    };

    let status: JobStatus = "success";
    let output = "";
    const outcomes: Record<string, string> = {};
    const known: Record<string, { outcome: string; outputs: Record<string, string> }> = {};
    for (const step of job.steps.flatMap((each) => expand(each, folder))) {
      if (step.run === undefined) continue;
      contexts = { ...contexts, steps: known };
      let outcome = "skipped";
      if (expressions.condition(step.if, contexts, status)) {
        writeFileSync(place("output"), "");
        const shell = step.shell ?? workflow.defaults?.run?.shell;
        const ended = await runScript({
          text: expressions.text(step.run, contexts),
          cwd: folder,
          env: { ...env, ...evaluated(step.env) },
          // Source: GitHub's documentation of `jobs.<job_id>.steps[*].shell`.
          flags: shell === "bash" ? ["--noprofile", "--norc", "-eo", "pipefail"] : ["-e"],
        });
        output += ended.stdout + ended.stderr;
        outcome = ended.code === 0 ? "success" : "failure";
        if (outcome === "failure") status = "failure";
      }
      outcomes[step.name ?? step.run.trim()] = outcome;
      if (step.id !== undefined) known[step.id] = { outcome, outputs: readOutputs(place("output")) };
    }
    return { status, steps: outcomes, output, summary: readFileSync(place("summary"), "utf8") };
  } finally {
    rmSync(files, { recursive: true, force: true });
  }
}

/** The steps of an action of this repository, instead of it. */
function expand(step: Step, folder: string): readonly Step[] {
  if (step.uses === undefined) return [step];
  if (step.uses.startsWith("./")) {
    const action = parse(readFileSync(join(folder, step.uses, "action.yml"), "utf8")) as {
      runs: { using: string; steps: readonly Step[] };
    };
    return action.runs.steps.flatMap((each) => expand(each, folder));
  }
  const [name = ""] = step.uses.split("@");
  if (!prepared.includes(name)) throw new Error(`the tests do not know the action ${step.uses}`);
  return [];
}

/** `name=value` a line: nothing else is used. */
function readOutputs(file: string): Record<string, string> {
  const lines = readFileSync(file, "utf8").split("\n");
  return Object.fromEntries(lines.flatMap((line) => (line.includes("=") ? [line.split(/=(.*)/s).slice(0, 2)] : [])));
}
