import { suggestion } from "../../provider/suggestion";
import type { Path } from "./source";

/** Reports an error at a path of the manifest. */
export type Report = (path: Path, text: string) => void;

/** The number of unknown names to report: each search for the nearest name reads all names. */
const maxUnknown = 100;

/**
 * Sorts names so that each comes after its dependencies, and otherwise keeps their order. Reports unknown names, and each circular
 * dependency once; the order is then meaningless. Ignores empty names, which are reported already.
 */
export function orderByDependencies(
  dependencies: ReadonlyMap<string, readonly string[]>,
  report: Report,
): readonly string[] {
  const names = [...dependencies.keys()];
  let unknown = 0;
  for (const [name, targets] of dependencies) {
    for (const [index, target] of targets.entries()) {
      if (target === "" || dependencies.has(target) || unknown >= maxUnknown) continue;
      unknown += 1;
      const near = suggestion(target, names, "; dependsOn takes keys of other entries");
      report(["deployments", name, "dependsOn", index], `there is no deployment ${JSON.stringify(target)}${near}`);
    }
  }

  const order = new Set<string>();
  for (const name of names) visit(name, dependencies, { order, report });
  return [...order];
}

/** Depth first, with its own stack, because a chain can be longer than the call stack. */
function visit(
  start: string,
  dependencies: ReadonlyMap<string, readonly string[]>,
  { order, report }: { order: Set<string>; report: Report },
): void {
  const stack: { name: string; targets: Iterator<[number, string]> }[] = [];
  const open = new Set<string>();
  const enter = (name: string) => {
    open.add(name);
    stack.push({ name, targets: (dependencies.get(name) ?? []).entries() });
  };
  if (!order.has(start)) enter(start);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const { name, targets } = top;
    const next = targets.next();
    if (next.done) {
      stack.pop();
      open.delete(name);
      order.add(name);
      continue;
    }
    const [index, target] = next.value;
    if (!dependencies.has(target) || order.has(target)) continue;
    if (open.has(target)) report(["deployments", name, "dependsOn", index], circleText([...open], target));
    else enter(target);
  }
}

/** `open` is the current path, which contains `target`. */
function circleText(open: readonly string[], target: string): string {
  const circle = open.slice(open.indexOf(target));
  if (circle.length === 1) return "a deployment cannot depend on itself";
  const shown = circle.length <= 10 ? circle : [...circle.slice(0, 10), "…"];
  return `circular dependency: ${[...shown, target].join(" → ")}`;
}
