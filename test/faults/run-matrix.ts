import type { Door } from "../support/doors";
import type { Scene } from "./case";
import { type CaseResult, runScene } from "./run-scene";

export interface MatrixOptions {
  readonly scenes: readonly Scene[];
  readonly doors: readonly Door[];
  /** How many scenes run at once. */
  readonly jobs: number;
  readonly onScene?: (results: readonly CaseResult[], durationMs: number) => void;
}

/** Runs every scene through every door. The results come in the order of the catalogue, whichever ended first. */
export async function runMatrix({ scenes, doors, jobs, onScene }: MatrixOptions): Promise<CaseResult[]> {
  const tasks = scenes.flatMap((scene, number) =>
    doors
      .filter((door) => scene.doors === undefined || scene.doors.includes(door))
      // The key comes from either source, in turns.
      .map(
        (door, index) => ({ scene, door, keySource: (number + index) % 2 === 0 ? "environment" : "config" }) as const,
      ),
  );
  const results: CaseResult[][] = tasks.map(() => []);
  let next = 0;
  const work = async () => {
    for (let index = next++; ; index = next++) {
      const task = tasks[index];
      if (task === undefined) return;
      const startedMs = performance.now();
      const done = await runScene(task.scene, task.door, task.keySource);
      results[index] = done;
      onScene?.(done, performance.now() - startedMs);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return results.flat();
}
