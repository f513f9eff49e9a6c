import { runScript } from "./shell";

export interface GitlabFile {
  readonly stages: readonly string[];
  readonly workflow: { readonly rules: readonly GitlabRule[] };
  readonly default: { readonly before_script: readonly string[] };
  readonly variables: Readonly<Record<string, string>>;
  readonly [job: string]: unknown;
}

export interface GitlabRule {
  readonly if: string;
  readonly when?: string;
}

export interface GitlabJob {
  readonly extends?: string;
  readonly stage: string;
  readonly needs?: readonly string[];
  readonly rules?: readonly GitlabRule[];
  readonly script: readonly string[];
  readonly after_script?: readonly string[];
  readonly resource_group?: string;
  readonly environment?: { readonly name: string };
  readonly variables?: Readonly<Record<string, string>>;
  readonly parallel?: { readonly matrix: readonly Readonly<Record<string, readonly string[]>>[] };
}

type Variables = Readonly<Record<string, string>>;

const notJobs = ["stages", "workflow", "default", "variables"];

/** The job as GitLab sees it: with what it extends. */
export function jobOf(file: GitlabFile, name: string): GitlabJob {
  const job = file[name] as GitlabJob | undefined;
  if (job === undefined) throw new Error(`there is no job "${name}"`);
  return job.extends === undefined ? job : { ...jobOf(file, job.extends), ...job };
}

/** The jobs of a pipeline with these variables, each with `manual` where it waits for a person. */
export function jobsOf(file: GitlabFile, variables: Variables): Record<string, "runs" | "manual"> {
  if (!file.workflow.rules.some((rule) => holds(rule.if, variables))) return {};
  const names = Object.keys(file).filter((name) => !notJobs.includes(name) && !name.startsWith("."));
  return Object.fromEntries(
    names.flatMap((name) => {
      const rule = jobOf(file, name).rules?.find((each) => holds(each.if, variables));
      return rule === undefined ? [] : [[name, rule.when === "manual" ? "manual" : "runs"] as const];
    }),
  );
}

/** Source: GitLab's documentation of `rules:if`; only `==` and `&&` are used. */
function holds(condition: string, variables: Variables): boolean {
  const value = (term: string) => {
    const [, name, text] = /^(?:\$(\w+)|"([^"]*)")$/.exec(term.trim()) ?? [];
    if (name === undefined && text === undefined) throw new Error(`the tests do not know the condition ${condition}`);
    return name === undefined ? text : variables[name];
  };
  return condition.split("&&").every((part) => {
    const [left = "", right = "", ...more] = part.split("==");
    if (more.length > 0 || right === "") throw new Error(`the tests do not know the condition ${condition}`);
    return value(left) === value(right);
  });
}

export interface GitlabJobResult {
  readonly exitCode: number;
  readonly output: string;
}

/** Runs the scripts of a job as they stand: `before_script` and `script` in one shell, then `after_script` in another. */
export async function runGitlabJob({
  file,
  name,
  folder,
  variables,
}: {
  file: GitlabFile;
  name: string;
  folder: string;
  variables: Variables;
}): Promise<GitlabJobResult> {
  const job = jobOf(file, name);
  const env = { ...file.variables, ...variables, ...job.variables, CI: "true", GITLAB_CI: "true" };
  // Source: what GitLab's runner writes at the head of a job's script for bash.
  const head = "set -eo pipefail\nset +o noclobber";
  const lines = [head, ...file.default.before_script, ...job.script];
  const main = await runScript({ text: lines.join("\n"), cwd: folder, env, flags: [] });
  let output = main.stdout + main.stderr;
  if (job.after_script !== undefined) {
    const after = await runScript({
      text: [head, ...job.after_script].join("\n"),
      cwd: folder,
      env: { ...env, CI_JOB_STATUS: main.code === 0 ? "success" : "failed" },
      flags: [],
    });
    output += after.stdout + after.stderr;
  }
  return { exitCode: main.code ?? 1, output };
}
