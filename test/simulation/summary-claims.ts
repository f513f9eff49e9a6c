/** The closing paragraph of a failed run (provider/runtime/failure-summary.ts), compared with the platform and the state. */

interface Found {
  /** It exists, and is not being destroyed. */
  readonly isLive: boolean;
  readonly isReady: boolean;
  /** An operation on it has ended after the last read. */
  readonly hasJustChanged: boolean;
  /** The state has it. */
  readonly isHeld: boolean;
}

interface ResourceFacts {
  /** What the run has created for the resource. */
  readonly created: readonly Found[];
  /** What the state has for it. */
  readonly entries: readonly Found[];
}

export interface Facts {
  /** Everything that the run has created. */
  readonly created: readonly Found[];
  readonly ofResource: (name: string) => ResourceFacts;
}

const outcomes: readonly (readonly [said: string, isTrue: (facts: ResourceFacts) => boolean])[] = [
  ["failed (kept", ({ entries }) => entries.some(({ isReady }) => !isReady)],
  ["not ready yet (kept", ({ entries }) => entries.length > 0],
  ["not created (not on", ({ created }) => !created.some(({ isLive }) => isLive)],
  ["rejected by Onvera", () => true],
  ["possibly created (not in", ({ created }) => !created.some(({ isHeld }) => isHeld)],
  ["possibly still being destroyed (kept", ({ entries }) => entries.length > 0],
  ["still being destroyed (kept", ({ entries }) => entries.some((each) => !each.isLive || each.hasJustChanged)],
  ["not destroyed (kept", ({ entries }) => entries.length > 0],
];

/** The part of the paragraph that is not true, if there is one. */
export function falseClaim(text: string, { created, ofResource }: Facts): string | undefined {
  const [, list, isComplete] = /not as declared: (.*?)\.( Nothing was lost\.)? Next, /.exec(text) ?? [];
  if (list === undefined) return undefined;
  if (isComplete !== undefined && created.some(({ isLive, isHeld }) => isLive && !isHeld)) return "something was lost";
  return list.split("; ").find((part) => {
    const outcome = outcomes.find(([said]) => part.includes(said));
    if (outcome === undefined) throw new Error(`an unknown outcome: ${part}`);
    return [...part.matchAll(/"([^"]+)"/g)].some(([, name = ""]) => !outcome[1](ofResource(name)));
  });
}
