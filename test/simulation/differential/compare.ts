/** Replays the histories of the sample on the model and with the real engine, and compares both after each run. */

import { explanations } from "./explained";
import { RealHistory, RealWorld } from "./real-history";
import { recordHistory } from "./record";
import { focusOf, sampleHistory } from "./sample";
import { modelSide, pairIds, type Snapshot, snapshot } from "./snapshot";

export { RealWorld };

export interface HistoryResult {
  readonly number: number;
  readonly focus: string;
  readonly runs: number;
  /** The names of explanations that were needed. */
  readonly explained: readonly string[];
  /** What differs, with both timelines; undefined if nothing does. */
  readonly difference: string | undefined;
}

export async function compareHistory(number: number, world: RealWorld): Promise<HistoryResult> {
  const history = sampleHistory(number, world.host);
  const recorded = await recordHistory(history);
  const real = await RealHistory.start(world, history);
  const explained: string[] = [];
  const timeline: string[] = [];
  const result = (runs: number, difference?: string): HistoryResult => {
    return { number, focus: focusOf(number), runs, explained, difference };
  };
  try {
    let ids: ReadonlyMap<string, string> = new Map();
    for (const [position, run] of recorded.entries()) {
      const model = modelSide(run);
      const side = await real.replay(run, (id) => ids.get(id));
      timeline.push(`--- run ${position + 1}`, ...sideBySide(run.timeline, real.timeline));
      const snapshots = { model: snapshot(model), real: snapshot(side) };
      const fields = differingFields(snapshots.model, snapshots.real);
      if (fields.length > 0) {
        const known = Object.entries(explanations).find(([, { applies }]) =>
          applies({ recorded: run, fields, ...snapshots }),
        );
        if (known === undefined) {
          return result(
            position + 1,
            [JSON.stringify(history), ...timeline, ...describe(fields, snapshots)].join("\n"),
          );
        }
        explained.push(known[0]);
        // What follows is the same only if both have the same now.
        if (fields.some((field) => field === "state" || field === "platform" || field === "adopt")) {
          return result(position + 1);
        }
      }
      ids = pairIds(model, side);
    }
    return result(recorded.length);
  } finally {
    await real.stop();
  }
}

function differingFields(model: Snapshot, real: Snapshot): (keyof Snapshot)[] {
  return (Object.keys(model) as (keyof Snapshot)[]).filter(
    (field) => JSON.stringify(model[field]) !== JSON.stringify(real[field]),
  );
}

function describe(fields: readonly (keyof Snapshot)[], { model, real }: Record<"model" | "real", Snapshot>): string[] {
  return fields.flatMap((field) => [
    `${field} in the model: ${JSON.stringify(model[field], undefined, 2)}`,
    `${field} in reality:   ${JSON.stringify(real[field], undefined, 2)}`,
  ]);
}

function sideBySide(model: readonly string[], real: readonly string[]): string[] {
  return ["model:", ...model.map((line) => `  ${line}`), "Pulumi:", ...real.map((line) => `  ${line}`)];
}

/** Compares some histories of the sample, one after the other. */
export async function compareHistories(
  world: RealWorld,
  numbers: readonly number[],
  onResult: (result: HistoryResult) => void = () => undefined,
): Promise<HistoryResult[]> {
  const results: HistoryResult[] = [];
  for (const number of numbers) {
    const result = await compareHistory(number, world);
    onResult(result);
    results.push(result);
  }
  return results;
}
