import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { runScript } from "./shell";

type Texts = Readonly<Record<string, string>>;

export interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Texts;
  readonly env?: Texts;
  readonly defaults?: { readonly run?: { readonly shell?: string } };
  readonly jobs: Readonly<Record<string, Job>>;
}

export interface Job {
  readonly if?: string;
  readonly needs?: string;
  readonly environment?: string;
  readonly permissions?: Texts;
  /** Source: GitHub's documentation of `jobs.<job_id>.concurrency`. */
  readonly concurrency?: { readonly group: string; readonly "cancel-in-progress": boolean; readonly queue?: string };
  readonly strategy?: { readonly matrix?: Readonly<Record<string, readonly string[]>> };
  readonly env?: Texts;
  readonly "timeout-minutes"?: number;
  readonly steps: readonly Step[];
}

export interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly env?: Texts;
}

export interface JobRun {
  /** The checkout of the repository. */
  readonly folder: string;
  readonly workflow: Workflow;
  readonly job: Job;
  readonly github: Readonly<Record<string, unknown>>;
  readonly matrix?: Texts;
  readonly inputs?: Texts;
  /** The secrets of each environment; `undefined` stands for a job without one. */
  readonly secretsOf: (environment: string | undefined) => Texts;
  /** The environment variables of the runner's machine. */
  readonly machine: Texts;
}

export interface JobResult {
  readonly status: "success" | "failure" | "skipped";
  /** The outcome of each step that has a script, by its name or its first line. */
  readonly steps: Texts;
  readonly output: string;
  readonly summary: string;
}

/** These actions prepare what a test has anyway, or pass on the files of a job. */
const skippedActions = [
  "actions/checkout",
  "actions/download-artifact",
  "actions/setup-node",
  "actions/upload-artifact",
  "pulumi/actions",
];

/** Runs the scripts of one job in order, unchanged, with the conditions and variables that GitHub's own library evaluates. */
export async function runJob(run: JobRun): Promise<JobResult> {
  const { folder, job, workflow, github, matrix = {}, inputs = {}, machine } = run;
  const evaluate = await evaluator();
  const files = mkdtempSync(join(tmpdir(), "github-"));
  const file = (name: string) => join(files, name);
  for (const name of ["output", "summary", "env", "path"]) writeFileSync(file(name), "");
  try {
    let status: "success" | "failure" = "success";
    const steps: Record<string, { outcome: string; outputs: Texts }> = {};
    let contexts: object = { github, matrix, inputs, steps };
    const isMet = (condition = "success()") => {
      const expression = condition.trim().replace(/^\$\{\{(.*)\}\}$/s, "$1");
      const asksForStatus = /\b(success|failure|always|cancelled)\s*\(/.test(expression);
      return evaluate(asksForStatus ? expression : `success() && (${expression})`, contexts, status) === "true";
    };
    const textOf = (text: string) =>
      String(text).replaceAll(/\$\{\{(.*?)\}\}/gs, (_, expression: string) =>
        evaluate(expression, contexts, "success"),
      );
    const textsOf = (texts: Texts = {}) =>
      Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, textOf(text)]));

    contexts = { ...contexts, secrets: run.secretsOf(job.environment && textOf(job.environment)) };
    if (!isMet(job.if)) return { status: "skipped", steps: {}, output: "", summary: "" };
    const env = {
      ...machine,
      CI: "true",
      GITHUB_ACTIONS: "true",
      GITHUB_OUTPUT: file("output"),
      GITHUB_STEP_SUMMARY: file("summary"),
      GITHUB_ENV: file("env"),
      GITHUB_PATH: file("path"),
      ...textsOf(workflow.env),
      ...textsOf(job.env),
    };
    let output = "";
    const outcomes: Record<string, string> = {};
    for (const step of job.steps.flatMap((each) => scriptsOf(each, folder))) {
      let outcome = "skipped";
      if (isMet(step.if)) {
        writeFileSync(file("output"), "");
        const isBash = (step.shell ?? workflow.defaults?.run?.shell) === "bash";
        const ended = await runScript({
          text: textOf(step.run),
          cwd: folder,
          env: { ...env, ...textsOf(step.env) },
          // Source: GitHub's documentation of `jobs.<job_id>.steps[*].shell`.
          flags: isBash ? ["--noprofile", "--norc", "-eo", "pipefail"] : ["-e"],
        });
        output += ended.stdout + ended.stderr;
        outcome = ended.code === 0 ? "success" : "failure";
        if (outcome === "failure") status = "failure";
      }
      outcomes[step.name ?? step.run.trim()] = outcome;
      if (step.id !== undefined) steps[step.id] = { outcome, outputs: readOutputs(file("output")) };
    }
    return { status, steps: outcomes, output, summary: readFileSync(file("summary"), "utf8") };
  } finally {
    rmSync(files, { recursive: true, force: true });
  }
}

/** The problems that GitHub's own parser finds in a workflow. */
export async function problemsIn(name: string, content: string): Promise<string[]> {
  const { parseWorkflow, convertWorkflowTemplate, NoOperationTraceWriter } = await import("@actions/workflow-parser");
  const { context, value } = parseWorkflow({ name, content }, new NoOperationTraceWriter());
  if (value !== undefined) await convertWorkflowTemplate(context, value);
  return context.errors.getErrors().map(({ message }) => message);
}

/** Evaluates an expression, with the functions that tell the status of the job so far. */
async function evaluator() {
  const { data, Evaluator, Lexer, Parser } = await import("@actions/expressions");
  return (expression: string, contexts: object, status: string): string => {
    const functions = ["success", "failure", "always", "cancelled"].map((name) => ({
      name,
      minArgs: 0,
      maxArgs: 0,
      call: () => new data.BooleanData(name === "always" || name === status),
    }));
    const values = JSON.parse(JSON.stringify(contexts), data.reviver) as InstanceType<typeof data.Dictionary>;
    const parsed = new Parser(new Lexer(expression).lex().tokens, Object.keys(contexts), functions).parse();
    return new Evaluator(parsed, values, new Map(functions.map((each) => [each.name, each]))).evaluate().coerceString();
  };
}

/** A step with a script, or those of an action of this repository. */
function scriptsOf(step: Step, folder: string): (Step & { run: string })[] {
  const { uses, run } = step;
  if (uses === undefined) return run === undefined ? [] : [{ ...step, run }];
  if (uses.startsWith("./")) {
    const action = parse(readFileSync(join(folder, uses, "action.yml"), "utf8")) as {
      runs: { steps: readonly Step[] };
    };
    return action.runs.steps.flatMap((each) => scriptsOf(each, folder));
  }
  if (!skippedActions.includes(uses.split("@")[0] ?? "")) throw new Error(`the tests do not know the action ${uses}`);
  return [];
}

/** The workflows write one `name=value` on each line. */
function readOutputs(file: string): Texts {
  const lines = readFileSync(file, "utf8").split("\n");
  return Object.fromEntries(lines.flatMap((line) => (line.includes("=") ? [line.split(/=(.*)/s).slice(0, 2)] : [])));
}
