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
  readonly with?: Readonly<Record<string, string | number | boolean>>;
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
  /** The variables of the repository and of the job's environment. */
  readonly vars?: Texts;
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
];

/** What pulumi/auth-actions gets from Pulumi Cloud. */
export const exchangedToken = "token-of-pulumi-cloud";

/**
 * What the actions of Pulumi do, as scripts: they cannot run here. Source: src/main.ts of pulumi/actions v7.0.0, which runs the
 * command through the Automation API, and of pulumi/auth-actions v2.1.0, which exports the token to each later step whatever
 * its inputs are.
 */
const pulumiActions: Readonly<Record<string, (inputs: Texts) => string>> = {
  "pulumi/actions": ({ command, "stack-name": stack = "", ...others }) => {
    if (command === undefined) return "pulumi version";
    if (!["up", "destroy"].includes(command))
      throw new Error(`the tests do not know pulumi/actions' command ${command}`);
    expectOnly(["comment-on-summary"], others);
    return `pulumi ${command} --stack '${stack}' --yes --skip-preview --non-interactive --color never`;
  },
  "pulumi/auth-actions": ({ organization, "requested-token-type": type, scope, ...others }) => {
    expectOnly([], others);
    const request = [`audience=urn:pulumi:org:${organization}`, `type=${type}`, ...(scope ? [`scope=${scope}`] : [])];
    return [
      'if [ -z "$ACTIONS_ID_TOKEN_REQUEST_URL" ]; then echo "the job has no permission id-token: write" >&2; exit 1; fi',
      `echo 'requested a token: ${request.join(" ")}'`,
      `echo 'PULUMI_ACCESS_TOKEN=${exchangedToken}' >> "$GITHUB_ENV"`,
    ].join("\n");
  },
};

function expectOnly(known: readonly string[], inputs: Texts): void {
  const unknown = Object.keys(inputs).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`the tests do not know the input ${unknown}`);
}

/** Runs the scripts of one job in order, unchanged, with the conditions and variables that GitHub's own library evaluates. */
export async function runJob(run: JobRun): Promise<JobResult> {
  const { folder, job, workflow, github, vars = {}, matrix = {}, inputs = {}, machine } = run;
  const evaluate = await evaluator();
  const files = mkdtempSync(join(tmpdir(), "github-"));
  const file = (name: string) => join(files, name);
  for (const name of ["output", "summary", "env", "path"]) writeFileSync(file(name), "");
  try {
    let status: "success" | "failure" = "success";
    const steps: Record<string, { outcome: string; outputs: Texts }> = {};
    let contexts: object = { github, vars, matrix, inputs, steps };
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
    const mayAuthenticate = (job.permissions ?? workflow.permissions)?.["id-token"] === "write";
    const env = {
      ...machine,
      ...(mayAuthenticate ? { ACTIONS_ID_TOKEN_REQUEST_URL: "https://pipelines.example/token" } : {}),
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
    for (const step of job.steps.flatMap((each) => scriptsOf(each, folder, textsOf))) {
      let outcome = "skipped";
      if (isMet(step.if)) {
        writeFileSync(file("output"), "");
        const isBash = (step.shell ?? workflow.defaults?.run?.shell) === "bash";
        const ended = await runScript({
          text: textOf(step.run),
          cwd: folder,
          env: { ...env, ...readVariables(file("env")), ...textsOf(step.env) },
          // Source: GitHub's documentation of `jobs.<job_id>.steps[*].shell`.
          flags: isBash ? ["--noprofile", "--norc", "-eo", "pipefail"] : ["-e"],
        });
        output += ended.stdout + ended.stderr;
        outcome = ended.code === 0 ? "success" : "failure";
        if (outcome === "failure") status = "failure";
      }
      outcomes[step.name ?? step.run.trim()] = outcome;
      if (step.id !== undefined) steps[step.id] = { outcome, outputs: readVariables(file("output")) };
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

/** A step with a script, or those of an action. */
function scriptsOf(step: Step, folder: string, textsOf: (texts: Texts) => Texts): (Step & { run: string })[] {
  const { uses, run } = step;
  if (uses === undefined) return run === undefined ? [] : [{ ...step, run }];
  if (uses.startsWith("./")) {
    const action = parse(readFileSync(join(folder, uses, "action.yml"), "utf8")) as {
      runs: { steps: readonly Step[] };
    };
    return action.runs.steps.flatMap((each) => scriptsOf(each, folder, textsOf));
  }
  const [name = ""] = uses.split("@");
  const inputs = textsOf((step.with ?? {}) as Texts);
  const script = pulumiActions[name];
  if (script !== undefined) return [{ ...step, name: step.name ?? name, run: script(inputs), shell: "bash" }];
  if (!skippedActions.includes(name)) throw new Error(`the tests do not know the action ${uses}`);
  return [];
}

/** The workflows write one `name=value` on each line. */
function readVariables(file: string): Texts {
  const lines = readFileSync(file, "utf8").split("\n");
  return Object.fromEntries(lines.flatMap((line) => (line.includes("=") ? [line.split(/=(.*)/s).slice(0, 2)] : [])));
}
