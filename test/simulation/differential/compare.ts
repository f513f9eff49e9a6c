/** Replays the histories of the sample on the model and with the real engine, and compares both after each run. */

import { RealHistory, RealWorld } from "./real-history";
import { recordHistory } from "./record";
import { focusOf, sampleHistory } from "./sample";
import { modelSide, pairIds, type Snapshot, snapshot } from "./snapshot";

export { RealWorld };

export interface HistoryResult {
  readonly number: number;
  readonly focus: string;
  readonly runs: number;
  /** What differs, with both timelines; undefined if nothing does. */
  readonly difference: string | undefined;
}

export async function compareHistory(number: number, world: RealWorld): Promise<HistoryResult> {
  const history = sampleHistory(number, world.host);
  const recorded = await recordHistory(history);
  const real = await RealHistory.start(world, history);
  const timeline: string[] = [];
  const result = (runs: number, difference?: string): HistoryResult => {
    return { number, focus: focusOf(number), runs, difference };
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
        return result(position + 1, [JSON.stringify(history), ...timeline, ...describe(fields, snapshots)].join("\n"));
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
