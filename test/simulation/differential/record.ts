import type { History } from "../history";
import { Coverage, type RecordedRun, Simulation } from "../simulation";

/** Runs a history on the model. */
export function recordHistory(history: History, coverage = new Coverage()): Promise<RecordedRun[]> {
  return new Simulation(history, { coverage, isTraced: true }).record();
}
