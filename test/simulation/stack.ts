/** A stack of the simulated user: its program, its settings and its state. */

import type { Entry, State } from "./engine";
import type { Edit, HostName, Resource } from "./history";
import type { ProviderEntry } from "./plugin-host";

/** A resource of a stack's program, as it is at the moment. */
export interface Declared {
  readonly resource: Resource;
  /** Whether it has the name that another resource had before it. */
  readonly hasReusedName?: boolean;
  appType: Resource["appType"];
  logicalName: string;
  /** Its earlier names, by which the engine finds it in the state. */
  aliases: readonly string[];
  name: Resource["name"];
  isPresent: boolean;
  /** The option `import`. */
  importId?: string | undefined;
}

export interface Stack {
  readonly name: string;
  readonly state: State;
  provider: ProviderEntry | undefined;
  readonly program: Declared[];
  /** The `onvera:adopt` settings. */
  readonly adopt: Record<string, string>;
  organization: number;
  /** The organization that has the stack's deployments. */
  home: number;
}

export function typeOf(host: HostName): string {
  return host === "dynamic" ? "pulumi-nodejs:dynamic/onvera:Deployment" : "onvera:index:Deployment";
}

export function urnOf({ name: stack }: Stack, type: string, name: string): string {
  return `urn:pulumi:${stack}::simulation::${type}::${name}`;
}

/** The names that a resource can have in the state. */
export function namesOf({ logicalName, aliases }: Declared): readonly string[] {
  return [logicalName, ...aliases];
}

/** The name that the program gives a resource. */
export function chosenName({ name }: Declared): string | undefined {
  return name === "web" || name === "etl" ? name : undefined;
}

/** The chosen name, unless a change of it is ignored. */
export function enforcedName(declared: Declared): string | undefined {
  return declared.resource.ignoresName ? undefined : chosenName(declared);
}

export function replacesByForce({ state }: Stack, replaces: readonly number[]): boolean {
  return replaces.length > 0 || state.entries.some(({ isTainted }) => isTainted);
}

/** What the user changes in the program, the settings or, for a taint, in the state. */
export function changeStack(
  stack: Stack,
  edit: Exclude<Edit, { readonly kind: "organization" | "rotateKey" }>,
  {
    type,
    foreign,
  }: { type: string; foreign: readonly { readonly id: string; readonly appType: Resource["appType"] }[] },
): void {
  const declared = stack.program[edit.resource % stack.program.length] as Declared;
  switch (edit.kind) {
    case "appType":
      declared.appType = declared.appType === "airflow" ? "superset" : "airflow";
      break;
    case "rename":
      declared.logicalName = newName(stack, declared);
      break;
    case "alias":
      declared.aliases = [...declared.aliases, declared.logicalName];
      declared.logicalName = newName(stack, declared);
      break;
    case "reuseName":
      reuseName(stack, edit.resource);
      break;
    case "remove":
      declared.isPresent = false;
      break;
    case "restore":
      declared.isPresent = true;
      break;
    case "taint": {
      const urn = urnOf(stack, type, declared.logicalName);
      stack.state.entries = stack.state.entries.map((entry) =>
        entry.urn === urn && !entry.isPendingDelete ? { ...entry, isTainted: true } : entry,
      );
      break;
    }
    case "swapNames": {
      const other = stack.program[edit.other % stack.program.length] as Declared;
      [declared.name, other.name] = [other.name, declared.name];
      break;
    }
    case "import": {
      const held = stack.state.entries.find(({ kind, name }) => kind === "deployment" && name !== declared.logicalName);
      const found = foreign[edit.resource % Math.max(1, foreign.length)];
      declared.importId = { foreign: found?.id, gone: "dep_gone", held: held?.id }[edit.value];
      // Half of the users declare what they import; the others get an error, and a replacement in the next run.
      if (edit.value === "foreign" && found !== undefined && edit.resource % 2 === 0) declared.appType = found.appType;
      break;
    }
    case "adoptLeftover": {
      const held = stack.state.entries.filter(({ kind }) => kind === "deployment");
      const other = held[0]?.id ?? "dep_unknown";
      // Nobody excludes what the resource itself holds.
      const excluded = held.find(({ name }) => name !== declared.logicalName)?.id ?? "dep_unknown";
      const values = { gone: "dep_gone", other, not: `not:${excluded}` };
      stack.adopt[declared.logicalName] = values[edit.value];
      break;
    }
  }
}

function newName({ program }: Stack, { logicalName }: Declared): string {
  const isTaken = (name: string) => program.some((each) => namesOf(each).includes(name));
  let name = `${logicalName}x`;
  while (isTaken(name)) name += "x";
  return name;
}

/** Before or after the resource that had the name. The alias is no longer needed, and must go. */
function reuseName({ program, state }: Stack, index: number): void {
  const isHeld = (name: string) => state.entries.some((entry) => entry.name === name);
  const renamed = program.find(({ aliases }) => aliases.length > 0 && !aliases.some(isHeld));
  const [logicalName] = renamed?.aliases ?? [];
  if (renamed === undefined || logicalName === undefined) return;
  renamed.aliases = [];
  const added = { ...renamed, logicalName, isPresent: true, hasReusedName: true };
  program.splice(program.indexOf(renamed) + (index % 2), 0, added);
}

export function describeState({ name, state }: Stack): string {
  const entries = state.entries.map((entry: Entry) => {
    const marks = [
      entry.initErrors.length > 0 ? "unfinished" : "",
      entry.isPendingDelete ? "to be deleted" : "",
      entry.isPendingReplacement ? "to be replaced" : "",
      entry.isTainted ? "tainted" : "",
    ].filter((mark) => mark !== "");
    const { status } = entry.outputs as { status?: string };
    return `${entry.name} ${entry.id}${status === undefined ? "" : ` ${status}`}${marks.length === 0 ? "" : ` (${marks.join(", ")})`}`;
  });
  return `state of ${name}: ${entries.join("; ") || "empty"}`;
}
