/** The user of the simulation, who follows what the messages say. */

import { namesOf, type Stack } from "./stack";

/** Runs the commands that an error or a warning prints. */
export function follow(
  stack: Stack,
  error: string,
  {
    ownIds,
    exists,
    note,
  }: {
    /** Deployments that the stack has created, and that its state does not hold. */
    ownIds: ReadonlySet<string>;
    exists: (id: string) => boolean;
    note: (text: () => string) => void;
  },
): void {
  for (const [name, value] of Object.entries(adoptChanges(error, ownIds))) {
    if (value === undefined) delete stack.adopt[name];
    else stack.adopt[name] = value;
    note(() => `user: sets onvera:adopt.${name} to ${value ?? "nothing"}`);
  }
  if (!error.includes("`pulumi state delete")) return;
  const [, goneId] = /deployment "[^"]*" \(\w+, ([\w-]+)[^)]*\) is not visible/.exec(error) ?? [];
  // The key is the right one by now.
  if (goneId !== undefined && !exists(goneId)) {
    note(() => `user: pulumi state delete ${goneId}`);
    stack.state.entries = stack.state.entries.filter((entry) => entry.id !== goneId);
  }
  const [, id] =
    /deployment (?:"[^"]*" \()?([\w-]+)\)? is not destroyed(?!.*; remove the resource that)/.exec(error) ?? [];
  const present = new Set(stack.program.filter((each) => each.isPresent).flatMap(namesOf));
  stack.state.entries = stack.state.entries.filter((entry) => {
    const isDoomed = entry.id === id && (entry.isPendingDelete || !present.has(entry.name));
    if (isDoomed) note(() => `user: pulumi state delete ${entry.urn} (${entry.id})`);
    return !isDoomed;
  });
  const [, sharedId] =
    /(?:the state has|deployment) ([\w-]+) (?:for \S+ and for|is not destroyed: .* also as \S+;)/.exec(error) ?? [];
  const shared = stack.state.entries.filter((entry) => entry.id === sharedId);
  const owner = shared.find(({ isPendingDelete }) => !isPendingDelete) ?? shared[0];
  const others = shared.filter((entry) => entry !== owner);
  for (const { urn } of others) note(() => `user: pulumi state delete ${urn} (${sharedId})`);
  stack.state.entries = stack.state.entries.filter((entry) => !others.includes(entry));
}

/**
 * What the user does with `onvera:adopt` when an error prints commands about it, and does not first ask for something else. Who
 * knows that a deployment is the stack's own adopts it instead of excluding it.
 */
export function adoptChanges(error: string, ownIds: ReadonlySet<string>): Record<string, string | undefined> {
  if (error.includes("Run the same command again,")) return {};
  const commands = [...error.matchAll(/`pulumi config (set|rm) --path '([^']*)'(?: ([^`]+))?`/g)];
  const changes: Record<string, string | undefined> = {};
  for (const [, verb, path = "", value = ""] of commands) {
    const name = /^onvera:adopt\.(.*)$/.exec(path)?.[1];
    if (name === undefined) continue;
    if (verb === "rm") changes[name] = undefined;
    else if (value.startsWith("not:")) {
      const own = value
        .slice(4)
        .split(",")
        .find((id) => ownIds.has(id));
      changes[name] = own ?? value;
    }
  }
  return changes;
}
