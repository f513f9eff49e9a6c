// Self-service: a team asks for its Airflow or Superset with one command, and nobody writes a Pulumi program.
//
//   npm install                    (in a clone, before it: npm pack ../.. && npm install ./pulumi-onvera-*.tgz)
//   export ONVERA_API_KEY=<key> PULUMI_CONFIG_PASSPHRASE=<passphrase>
//   npx tsx self-service.ts request data airflow
//   npx tsx self-service.ts list
//   npx tsx self-service.ts retire data airflow
//
// `pulumi` has to be on PATH; the state is where its login, or PULUMI_BACKEND_URL, says. Each deployment is a stack of its
// own, so that the requests of two teams never wait for one another, and two for the same deployment meet its lock.
import {
  ConcurrentUpdateError,
  type EngineEvent,
  LocalWorkspace,
  type LocalWorkspaceOptions,
  PulumiCommand,
  type Stack,
  StackNotFoundError,
} from "@pulumi/pulumi/automation";
import * as onvera from "pulumi-onvera";

const usage = `usage: self-service request TEAM airflow|superset
       self-service list
       self-service retire TEAM airflow|superset`;

/** A mistake of the person who asks: it is told without a stack trace. */
class UsageError extends Error {}

/** What a team may have once. */
interface Wish {
  team: string;
  appType: onvera.AppType;
}

const projectName = "onvera-self-service";

const stackNameOf = ({ team, appType }: Wish) => `${team}-${appType}`;

async function workspaceOptions(): Promise<LocalWorkspaceOptions> {
  const pulumiCommand = await PulumiCommand.get().catch((error: unknown) => {
    if (!String(error).includes("ENOENT")) throw error;
    throw new Error("there is no pulumi on PATH: https://www.pulumi.com/docs/install/", { cause: error });
  });
  // The provider is loaded from the project's folder, so that has to be the one with `node_modules`.
  return { workDir: __dirname, pulumiCommand };
}

/** The whole program of a stack. */
function programFor({ team, appType }: Wish) {
  return async () => {
    const deployment = new onvera.Deployment(`${team}-${appType}`, { appType }, { customTimeouts: { create: "45m" } });
    return { team, appType, name: deployment.name, status: deployment.status, url: deployment.url };
  };
}

/** Creates the deployment, or goes on with a create that was not finished; one that is there already stays as it is. */
async function request(wish: Wish): Promise<void> {
  const args = { stackName: stackNameOf(wish), projectName, program: programFor(wish) };
  const stack = await LocalWorkspace.createOrSelectStack(args, await workspaceOptions());
  const { outputs } = await narrated((onEvent) => stack.up({ onEvent, suppressOutputs: true, suppressProgress: true }));
  console.log(`${wish.appType} of ${wish.team} is ${outputs["status"]?.value}: ${outputs["url"]?.value}`);
}

/** Destroys the deployment, and forgets its stack. */
async function retire(wish: Wish): Promise<void> {
  const args = { stackName: stackNameOf(wish), projectName, program: programFor(wish) };
  const stack: Stack = await LocalWorkspace.selectStack(args, await workspaceOptions()).catch((error: unknown) => {
    if (error instanceof StackNotFoundError) throw new UsageError(`${wish.team} has no ${wish.appType}`);
    throw error;
  });
  await narrated((onEvent) => stack.destroy({ onEvent, suppressOutputs: true, suppressProgress: true }));
  await stack.workspace.removeStack(stack.name);
  console.log(`${wish.appType} of ${wish.team} is gone`);
}

/** One line for each stack, with what its last run has seen. */
async function list(): Promise<void> {
  const workspace = await LocalWorkspace.create(await workspaceOptions());
  const stacks = await workspace.listStacks();
  if (stacks.length === 0) console.log("nothing was requested");
  for (const { name } of stacks) {
    const { status, url } = await workspace.stackOutputs(name);
    console.log([name, status?.value ?? "unfinished", url?.value ?? ""].join("\t").trimEnd());
  }
}

/** All but what is for debugging, which an inline program gets as well. */
const shown: ReadonlySet<string> = new Set(["info", "info#err", "warning", "error"]);

/** Shows what a run tells while it goes on; where it fails, the error says why, without the engine's whole output. */
async function narrated<T>(run: (onEvent: (event: EngineEvent) => void) => Promise<T>): Promise<T> {
  const errors: string[] = [];
  const onEvent = ({ diagnosticEvent }: EngineEvent) => {
    if (diagnosticEvent === undefined || !shown.has(diagnosticEvent.severity)) return;
    const message = diagnosticEvent.message.replaceAll(/<\{%.*?%\}>/g, "").trim();
    if (message === "") return;
    if (diagnosticEvent.severity === "error") errors.push(message);
    else console.log(`  ${message}`);
  };
  try {
    return await run(onEvent);
  } catch (error) {
    if (error instanceof ConcurrentUpdateError) {
      throw new Error("somebody else's request for it is under way; try again when that is done", { cause: error });
    }
    throw errors.length === 0 ? error : new Error(errors.join("\n"), { cause: error });
  }
}

function wishOf([team = "", appType = "", ...more]: readonly string[]): Wish {
  if (more.length > 0 || team === "" || appType === "") throw new UsageError(usage);
  if (!/^[a-z][a-z0-9-]{0,29}$/.test(team)) {
    throw new UsageError(
      `team: expected up to 30 lower-case letters, digits and hyphens, a letter first, got "${team}"`,
    );
  }
  const known = onvera.appTypes.find((each) => each === appType);
  if (known === undefined) throw new UsageError(`expected airflow or superset, got "${appType}"`);
  return { team, appType: known };
}

async function main([command, ...rest]: readonly string[]): Promise<void> {
  if (command === "request") return request(wishOf(rest));
  if (command === "retire") return retire(wishOf(rest));
  if (command === "list" && rest.length === 0) return list();
  throw new UsageError(usage);
}

// A Ctrl-C reaches the CLI as well, which lets what it has begun come to its end: leaving before it would lose the program.
process.on("SIGINT", () => console.error("ending: what has begun comes to its end first"));

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
