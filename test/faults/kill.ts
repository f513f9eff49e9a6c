import { setTimeout as sleep } from "node:timers/promises";
import { descendants } from "../../scripts/engine/command";
import type { EngineRun } from "../support/engine";
import { commandLines, killIfAlive } from "./processes";

/** The ways to end a run from outside. The delays leave a process time to handle its signal. */
export const kills = {
  "Ctrl-C": async ({ command }) => {
    command.interrupt();
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
  "SIGKILL of all processes": async ({ command }) => {
    command.killAll();
    // The platform notices the disconnect before held requests continue.
    await sleep(200);
  },
} as const satisfies Record<string, (run: EngineRun) => Promise<void>>;

export type Kill = keyof typeof kills;

/** How long processes can outlive the CLI: longer than a provider needs to notice that the CLI has ended. */
const outlivesByMs = 10_000;

/**
 * Waits until `isTime`, ends the run, and calls `release`. Then the processes that are left end, or are killed. Returns whether
 * the run was still running.
 */
export async function killWhen(
  run: EngineRun,
  { how, isTime, release }: { readonly how: Kill; readonly isTime: () => boolean; readonly release: () => void },
): Promise<boolean> {
  await waitWhileRunning(run, isTime);
  const { pid, isRunning } = run.command;
  const family = pid === undefined ? [] : descendants(pid);
  await kills[how](run);
  release();
  await Promise.race([run.command.ended, sleep(outlivesByMs)]);
  for (const each of family) killIfAlive(each);
  return isRunning;
}

/** Waits until `isTime`, for a minute at most. */
export async function waitWhileRunning({ command }: EngineRun, isTime: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!isTime() && command.isRunning && Date.now() < deadline) await sleep(10);
}
