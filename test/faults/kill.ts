import { setTimeout as sleep } from "node:timers/promises";
import { descendants } from "../../scripts/engine/command";
import type { EngineRun } from "../support/engine";
import type { FaultWorld } from "./fault-world";
import { commandLines, killIfAlive } from "./processes";

/** The ways in which a run is ended from outside. */
export const kills = {
  "Ctrl-C": async ({ command }) => {
    command.interrupt();
    // What hears of it has the time to answer before requests that were held go on.
    await sleep(500);
  },
  "Ctrl-C twice": async ({ command }) => {
    command.interrupt();
    await sleep(500);
    command.interrupt();
    await sleep(300);
  },
  "SIGTERM to the CLI": async ({ command }) => {
    command.signal("SIGTERM");
    await sleep(500);
  },
  "SIGKILL of the provider": async ({ command: { pid } }) => {
    const lines = commandLines();
    for (const each of pid === undefined ? [] : descendants(pid)) {
      if (/pulumi-resource-|dynamic-provider/.test(lines.get(each) ?? "")) killIfAlive(each);
    }
  },
  "SIGKILL of the CLI": async ({ command }) => {
    command.signal("SIGKILL");
    await sleep(200);
  },
  "SIGKILL of everything": async ({ command }) => {
    command.killAll();
  },
} as const satisfies Record<string, (run: EngineRun) => Promise<void>>;

export type Kill = keyof typeof kills;

/** How long what outlives the CLI may go on, in milliseconds; longer than a provider takes to notice that it is alone. */
const outlivesByMs = 10_000;

/**
 * Waits until every fault that was armed holds a request, or until `isTime`, then ends the run; what was held goes on after
 * that, and whoever is left to hear the answers hears them.
 */
export async function killAtHolds(
  world: FaultWorld,
  run: EngineRun,
  kill: Kill,
  isTime = () => everythingHeld(world),
): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!isTime() && run.command.isRunning && Date.now() < deadline) await sleep(10);
  const { pid } = run.command;
  const family = pid === undefined ? [] : descendants(pid);
  await kills[kill](run);
  world.releaseHolds();
  const ended = world.finish(run);
  await Promise.race([ended, sleep(outlivesByMs)]);
  for (const each of family) killIfAlive(each);
  await ended;
}

function everythingHeld(world: FaultWorld): boolean {
  return world.control.faults.list().every(({ action, applied }) => action?.type !== "hang" || applied > 0);
}
