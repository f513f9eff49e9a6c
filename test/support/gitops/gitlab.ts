import { runScript } from "./shell";

type Texts = Readonly<Record<string, string>>;

export interface GitlabFile {
  readonly workflow: { readonly rules: readonly GitlabRule[] };
  readonly default: { readonly before_script: readonly string[] };
  readonly variables: Texts;
  readonly [job: string]: unknown;
}

export interface GitlabRule {
  readonly if: string;
  readonly when?: string;
}

export interface GitlabJob {
  readonly extends?: string;
  readonly needs?: readonly string[];
  readonly rules?: readonly GitlabRule[];
  readonly id_tokens?: Readonly<Record<string, { readonly aud: string }>>;
  readonly before_script?: readonly string[];
  readonly script: readonly string[];
  readonly after_script?: readonly string[];
  readonly resource_group?: string;
  readonly variables?: Texts;
}

export interface GitlabJobResult {
  readonly exitCode: number;
  readonly output: string;
}

/** The names of the jobs; those with a dot are templates for others. */
export function jobNames(file: GitlabFile): string[] {
  const others = ["stages", "workflow", "default", "variables"];
  return Object.keys(file).filter((name) => !others.includes(name) && !name.startsWith("."));
}

/** A job, with the keys of the job that it extends. */
export function jobOf(file: GitlabFile, name: string): GitlabJob {
  const job = file[name] as GitlabJob | undefined;
  if (job === undefined) throw new Error(`there is no job "${name}"`);
  return job.extends === undefined ? job : { ...jobOf(file, job.extends), ...job };
}

/** What GitLab gives to a job as an ID token. */
export const idTokenOf = (name: string) => `id-token-${name}`;

/** Runs the scripts of a job unchanged: `before_script` and `script` in one shell, then `after_script` in another. */
export async function runGitlabJob({
  file,
  name,
  folder,
  variables,
}: {
  file: GitlabFile;
  name: string;
  folder: string;
  variables: Texts;
}): Promise<GitlabJobResult> {
  const job = jobOf(file, name);
  const idTokens = Object.fromEntries(Object.keys(job.id_tokens ?? {}).map((each) => [each, idTokenOf(each)]));
  const env = { ...file.variables, ...variables, ...job.variables, ...idTokens, CI: "true", GITLAB_CI: "true" };
  // Source: the lines with which GitLab's runner begins a job's script for bash.
  const run = (lines: readonly string[], more: Texts = {}) => {
    const text = ["set -eo pipefail", "set +o noclobber", ...lines].join("\n");
    return runScript({ text, cwd: folder, env: { ...env, ...more }, flags: [] });
  };
  const main = await run([...(job.before_script ?? file.default.before_script), ...job.script]);
  const after =
    job.after_script && (await run(job.after_script, { CI_JOB_STATUS: main.code === 0 ? "success" : "failed" }));
  const output = [main, after].map((ended) => (ended ? ended.stdout + ended.stderr : "")).join("");
  return { exitCode: main.code ?? 1, output };
}
