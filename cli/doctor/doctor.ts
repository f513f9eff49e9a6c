import { readPackageVersion } from "../../provider/version";
import { CommandError, requireFolder } from "../errors";
import { createMask } from "../mask";
import { displayJson, displayLines } from "../output";
import { findProject } from "../project";
import { PulumiCli } from "../pulumi";
import type { StackOptions } from "../stack";
import { exportState, managedDeployments, type OnveraConfig, readConfig, type StackState, textSetting } from "../stack";
import type { Surroundings } from "../surroundings";
import { checkAccess } from "./access";
import { checkApi } from "./api";
import { checkProject } from "./project-checks";
import { type Check, type DoctorReport, formatVersion, ok, problem, renderReport, skipped } from "./report";
import { adoptTargets, checkAdoptLeftovers, checkState } from "./state-checks";
import { checkNode, checkPulumi } from "./tools";

export interface DoctorOptions extends StackOptions {
  readonly isJson: boolean;
}

/** So many deployments of the state are read, to see whether the key belongs to their organization. */
const sampleSize = 3;

/**
 * Prints what is wrong with a setup, and returns the exit code: 0 without an error, 2 with one, 1 if the command itself fails.
 * Sends GET requests only, and changes nothing.
 */
export async function doctor(options: DoctorOptions, { env, stdout, stderr }: Surroundings): Promise<number> {
  let mask = createMask(env, undefined);
  try {
    requireFolder(options.cwd);
    const { report, apiKey } = await diagnose(options, env);
    mask = createMask(env, apiKey);
    stdout.write(mask(options.isJson ? `${displayJson(report)}\n` : renderReport(report)));
    return report.healthy ? 0 : 2;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    stderr.write(`pulumi-onvera doctor: ${mask(displayLines(error.message))}\n`);
    return 1;
  }
}

async function diagnose({ pulumi: command, cwd, stack }: DoctorOptions, env: NodeJS.ProcessEnv) {
  const version = readPackageVersion();
  const pulumi = new PulumiCli({ command, cwd, env, stack });
  const { isUsable, ...cli } = await checkPulumi(pulumi);
  const checks: Check[] = [checkNode(process.versions.node), cli];
  const found = await findStack(pulumi, { cwd, isUsable, env, version });
  checks.push(...found.checks);

  const { config, state } = found;
  const access = checkAccess({ config, env });
  checks.push(...access.checks);
  const managedIds = managedDeployments(state ?? {}).flatMap(({ id }) => id || []);
  const adoptIds = adoptTargets(config, state);
  const api =
    access.settings === undefined
      ? { checks: [skipped("api", "not reached: a setting is missing or invalid")], differences: [] }
      : await checkApi({
          settings: access.settings,
          userAgent: `pulumi-onvera-doctor/${version}`,
          managedIds: managedIds.slice(0, sampleSize),
          adoptIds,
        });
  checks.push(...api.checks);
  if (state !== undefined) checks.push(...checkState(state), ...checkAdoptLeftovers(config, state));
  const report: DoctorReport = {
    formatVersion,
    version,
    healthy: checks.every(({ status }) => status !== "error"),
    checks,
    openapi: api.differences,
  };
  return { report, apiKey: textSetting(config, "apiKey") };
}

interface FoundStack {
  readonly checks: readonly Check[];
  readonly config: OnveraConfig;
  /** Undefined if the state cannot be read, or there is no stack. */
  readonly state: StackState | undefined;
}

/** The project and the stack. What cannot be read is a check, not an error: the other checks go on without it. */
async function findStack(
  pulumi: PulumiCli,
  { cwd, isUsable, ...options }: { cwd: string; isUsable: boolean; env: NodeJS.ProcessEnv; version: string },
): Promise<FoundStack> {
  const nothing = { config: new Map(), state: undefined };
  const project = readOr(() => findProject(cwd));
  if ("check" in project) return { ...nothing, checks: [project.check] };
  if (project.value === undefined) {
    return { ...nothing, checks: [skipped("project", `no Pulumi.yaml in ${cwd} or above: no stack is checked`)] };
  }
  if (!isUsable) return { ...nothing, checks: [skipped("stack", "not read: the Pulumi CLI is missing")] };
  const checks = await checkProject(project.value, { ...options, pulumi });
  const state = await readStack(() => exportState(pulumi));
  if ("check" in state) return { ...nothing, checks: [...checks, state.check] };
  checks.push(ok("stack", "the state backend responds, and has the stack"));
  const config = await readStack(() => readConfig(pulumi));
  if ("check" in config) return { config: nothing.config, state: state.value, checks: [...checks, config.check] };
  return { config: config.value, state: state.value, checks };
}

function readOr<T>(read: () => T): { value: T } | { check: Check } {
  try {
    return { value: read() };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { check: problem("project", "error", error.message, "correct the file") };
  }
}

async function readStack<T>(read: () => Promise<T>): Promise<{ value: T } | { check: Check }> {
  try {
    return { value: await read() };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { check: problem("stack", "error", error.message, remedyFor(error.message)) };
  }
}

function remedyFor(message: string): string {
  if (/passphrase/i.test(message))
    return "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the stack's passphrase";
  if (/no stack named|not found/i.test(message)) return "create the stack with `pulumi stack init`, or correct --stack";
  if (/no stack selected|select a stack|--stack/i.test(message))
    return "select a stack with `pulumi stack select`, or pass --stack";
  if (/login|access token|credentials/i.test(message))
    return "run `pulumi login`, or set PULUMI_ACCESS_TOKEN or PULUMI_BACKEND_URL";
  return "check `pulumi whoami --verbose`: the state backend has to be reachable";
}
