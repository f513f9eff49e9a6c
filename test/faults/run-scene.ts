import type { Host as Door } from "../../scripts/engine/hosts";
import type { Declaration, PlacedCase, Scene } from "./case";
import { FaultWorld, type FaultWorldOptions } from "./fault-world";
import {
  judgeAfterDestroy,
  judgeAfterUp,
  judgeDestroyed,
  judgeForeign,
  judgeLeaks,
  liveFor,
  merge,
  newVerdict,
  noteUnstruck,
  type Verdict,
} from "./judge";

export interface CaseResult {
  readonly scene: Scene;
  readonly case: PlacedCase;
  readonly door: Door;
  readonly verdict: Verdict;
}

const defaultDeclaration: Declaration = { appType: "superset" };

export type SceneOptions = Pick<FaultWorldOptions, "door" | "keySource" | "packageFolder">;

/**
 * Runs one scene through one door: makes what must be there, lets the faults strike one command, then mends everything and
 * asks for agreement by one plain `pulumi up` and a `pulumi destroy`. Never rejects: what goes wrong is in the verdicts.
 */
export async function runScene(scene: Scene, { door, ...options }: SceneOptions): Promise<CaseResult[]> {
  const cases = placeCases(scene, door);
  const results = cases.map((each) => ({ scene, case: each, door, verdict: newVerdict() }));
  const forAll = (problem: string) => {
    for (const { verdict } of results) verdict.problems.push(problem);
  };
  let world: FaultWorld | undefined;
  try {
    world = await FaultWorld.start({
      door,
      ...options,
      ...(scene.speed === undefined ? {} : { speed: scene.speed }),
      ...(scene.keepsData === undefined ? {} : { keepsData: scene.keepsData }),
      ...(scene.isInline === undefined ? {} : { isInline: scene.isInline }),
    });
    const watching = world.keyWatch.watchProcesses();
    try {
      await play(scene, results, world);
    } finally {
      watching.stop();
      world.lookForKey();
    }
    const [first] = results;
    // What cannot be told apart by case is counted once.
    if (first !== undefined) {
      judgeForeign(world, first.verdict);
      judgeLeaks(world, first.verdict);
    }
  } catch (error) {
    forAll(`the scene broke off: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await world?.stop();
  }
  for (const { case: each, verdict } of results) {
    if (each.isBystander && results[0] !== undefined) merge(verdict, results[0].verdict);
  }
  return results.filter(({ case: each }) => !each.isBystander);
}

async function play(scene: Scene, results: readonly CaseResult[], world: FaultWorld): Promise<void> {
  for (const { case: each } of results) {
    const declaration: Declaration = { ...defaultDeclaration, ...scene.declaration, ...each.declaration };
    const chosen = declaration.name === undefined ? {} : { name: each.logicalName };
    world.declare({ [each.logicalName]: { ...declaration, ...chosen } });
    // Somebody else's, as like ours as can be; of the same name only where that is no reason to stop.
    if (chosen.name !== undefined) await world.control.clock.skew(-7 * 24 * 3_600_000);
    await world.addForeign(chosen.name ?? `${each.logicalName}-abcdefg`, declaration.appType);
    await world.control.clock.skew(0);
  }
  await scene.prepare?.(world);
  const failAt = (path: string) =>
    world.control.faults.add({
      match: { method: "GET", path, times: "always" },
      action: { type: "answer", status: 500 },
    });
  if (scene.withoutOperationsList) failAt("/operations");
  if (scene.withoutDeploymentsList === "from the start") failAt("/deployments");
  if (scene.withoutDeploymentsList === "from the first create") world.onFirstCreate(() => failAt("/deployments"));
  const countMissed = results.map(({ case: each }) => arm(each, world));
  await scene.run(world);
  if (scene.succeeds && world.code !== 0) judgeRefusals("the struck command failed", results, world);
  for (const [index, { case: each, verdict }] of results.entries()) {
    const missed = countMissed[index]?.() ?? 0;
    if (missed > 0 && !each.mayMiss) noteUnstruck(verdict, missed);
  }
  await world.mend();
  for (const { case: each } of results) {
    if (each.afterwards === undefined) continue;
    for (const { id } of liveFor(each, world)) await world.control.deployments.change(id, each.afterwards);
  }
  await world.project.unlock();
  if (scene.heal === undefined) {
    // The flag changes nothing for an up that succeeds; for one that does not, it keeps other cases out of it.
    const { code } = await world.up({ flags: ["--continue-on-error"] });
    if (code !== 0) judgeRefusals("the plain up failed", results, world);
  } else {
    await scene.heal(world);
  }
  for (const { case: each, verdict } of results) {
    judgeAfterUp(each, world, verdict);
    if (!each.mayDestroy) judgeDestroyed(each, world, verdict);
  }
  const destroyed = await world.destroy();
  if (destroyed.code !== 0) results[0]?.verdict.problems.push(`the destroy failed: ${world.said}`);
  for (const { case: each, verdict } of results) judgeAfterDestroy(each, world, verdict);
}

/** Keeps what a failed command said of each case's resource; what it said at all, where it names none. */
function judgeRefusals(what: string, results: readonly CaseResult[], { said }: FaultWorld): void {
  let isNamed = false;
  for (const { case: each, verdict } of results) {
    const about = said.split("\n").filter((line) => new RegExp(`(?<!\\w)${each.logicalName}(?!\\w)`).test(line));
    if (about.length === 0) continue;
    isNamed = true;
    verdict.problems.push(`${what}: ${about.join(" | ").slice(0, 600)}`);
  }
  if (!isNamed) results[0]?.verdict.problems.push(`${what}: ${said}`);
}

export function placeCases(scene: Scene, door: Door): PlacedCase[] {
  return scene.cases
    .map((each, index) => ({ ...each, logicalName: `c${String(index + 1).padStart(2, "0")}` }))
    .filter(({ doors }) => doors === undefined || doors.includes(door));
}

/** Sets the case's faults. The answer tells how many of them have not struck. */
function arm({ logicalName, rules = [], everywhere = false, outcomes = [] }: PlacedCase, world: FaultWorld) {
  const { control } = world;
  // The name itself where it was chosen, else what was made from it.
  const name = world.declarations.get(logicalName)?.name ?? `${logicalName}-*`;
  const faults = rules.map((rule) => {
    const { match, ...rest } = world.filledIn(rule);
    return control.faults.add({ ...rest, match: { ...(everywhere ? {} : { name }), ...match } }).id;
  });
  const planned = outcomes.map((rule) => control.outcomes.add({ ...rule, match: { name, ...rule.match } }).id);
  return () => {
    world.noteStruck();
    return [...faults, ...planned].filter((id) => !world.struck.has(id)).length;
  };
}
