import type { Host as Door } from "../../scripts/engine/hosts";
import type { Scene } from "./case";
import { isGood, isUntried } from "./judge";
import { type CaseResult, runScene, type SceneOptions } from "./run-scene";

export interface MatrixOptions extends Pick<SceneOptions, "packageFolder"> {
  readonly scenes: readonly Scene[];
  readonly doors: readonly Door[];
  /** How many scenes run at once. */
  readonly jobs: number;
  readonly onScene?: (results: readonly CaseResult[], durationMs: number) => void;
}

/** A scene to be run through one door. */
export interface SceneTask extends Pick<SceneOptions, "door" | "keySource"> {
  readonly scene: Scene;
}

/** Every scene through every door that it is for. The API key comes from either source, in turns. */
export function tasksOf(scenes: readonly Scene[], doors: readonly Door[]): SceneTask[] {
  return scenes.flatMap((scene, number) =>
    doors
      .filter((door) => scene.doors === undefined || scene.doors.includes(door))
      .map((door, index) => ({ scene, door, keySource: (number + index) % 2 === 0 ? "environment" : "config" })),
  );
}

/** Runs every scene through every door. The results come in the order of the catalogue, whichever ended first. */
export async function runMatrix({ scenes, doors, jobs, onScene, ...more }: MatrixOptions): Promise<CaseResult[]> {
  const tasks = tasksOf(scenes, doors);
  const results: CaseResult[][] = tasks.map(() => []);
  let next = 0;
  const work = async () => {
    for (let index = next++; ; index = next++) {
      const task = tasks[index];
      if (task === undefined) return;
      const startedMs = performance.now();
      const { scene, ...options } = task;
      let done = await runScene(scene, { ...options, ...more });
      // On a busy machine an operation may have ended before the poll that its fault was for.
      const wrong = done.filter(({ verdict }) => !isGood(verdict));
      if (wrong.length > 0 && wrong.every(({ verdict }) => isUntried(verdict))) {
        done = await runScene(scene, { ...options, ...more });
      }
      results[index] = done;
      onScene?.(done, performance.now() - startedMs);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return results.flat();
}
