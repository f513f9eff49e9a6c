import fc from "fast-check";
import type { DeploymentChange } from "../../emulator/src/faults/rules";
import type { Host as Door } from "../../scripts/engine/hosts";
import type { PlacedCase } from "./case";
import {
  type AnswerFault,
  acceptedFaults,
  bodyFaults,
  deploymentFaults,
  listBodyFaults,
  networkFaults,
  operationFaults,
  statusFaults,
} from "./catalog/answers";
import { type Call, calls } from "./catalog/calls";
import { goOn } from "./catalog/commands";
import { FaultWorld } from "./fault-world";
import { isGood, judgeAfterDestroy, judgeAfterUp, judgeForeign, judgeLeaks, newVerdict, type Verdict } from "./judge";
import { type Kill, killAtHolds, kills } from "./kill";

const names = ["a", "b", "c"] as const;
type Name = (typeof names)[number];

/** What can happen next to a stack, its platform and the network in between. */
export type Step =
  | { readonly do: "declare"; readonly name: Name; readonly superset: boolean; readonly oldFirst: boolean }
  | { readonly do: "remove"; readonly name: Name }
  | { readonly do: "drift"; readonly name: Name; readonly change: DeploymentChange }
  | { readonly do: "fault"; readonly call: Call; readonly fault: string; readonly times: number }
  | { readonly do: "outcome"; readonly operation: "create" | "destroy"; readonly result: "fail" | "cancel" }
  | {
      readonly do: "run";
      readonly command: "up" | "preview" | "refresh" | "destroy";
      /** The command is ended so once it has made this many requests. */
      readonly kill?: { readonly how: Kill; readonly atRequest: number } | undefined;
    };

const faultsAt: Readonly<Record<Call, readonly AnswerFault[]>> = {
  create: [...networkFaults, ...statusFaults, ...bodyFaults, ...acceptedFaults],
  operation: [...networkFaults, ...statusFaults, ...bodyFaults, ...operationFaults],
  operations: [...networkFaults, ...statusFaults, ...bodyFaults, ...listBodyFaults],
  deployment: [...networkFaults, ...statusFaults, ...bodyFaults, ...deploymentFaults],
  list: [...networkFaults, ...statusFaults, ...bodyFaults, ...listBodyFaults],
  destroy: [...networkFaults, ...statusFaults, ...bodyFaults],
};

const name = fc.constantFrom(...names);
const change = fc.constantFrom<DeploymentChange>(
  { change: "destroy" },
  { change: "destroyNow" },
  { change: "vanish" },
  { change: "markFailed" },
  { change: "rename", name: "somebody-elses-idea" },
);
const declare = fc.record({
  do: fc.constant("declare" as const),
  name,
  superset: fc.boolean(),
  oldFirst: fc.boolean(),
});
const fault = fc.constantFrom(...(Object.keys(faultsAt) as Call[])).chain((call) =>
  fc.record({
    do: fc.constant("fault" as const),
    call: fc.constant(call),
    fault: fc.constantFrom(...faultsAt[call].map((each) => each.fault)),
    times: fc.integer({ min: 1, max: 3 }),
  }),
);
const kill = fc.record({
  how: fc.constantFrom(...(Object.keys(kills) as Kill[])),
  atRequest: fc.integer({ min: 1, max: 8 }),
});
const up = fc.record({
  do: fc.constant("run" as const),
  command: fc.constant("up" as const),
  kill: fc.option(kill, { nil: undefined }),
});

/** One round: something changes, something may go wrong, then a command runs. */
const round = fc
  .tuple(
    fc.array(
      fc.oneof(
        { arbitrary: declare, weight: 4 },
        { arbitrary: fc.record({ do: fc.constant("remove" as const), name }), weight: 1 },
        { arbitrary: fc.record({ do: fc.constant("drift" as const), name, change }), weight: 2 },
      ),
      { minLength: 1, maxLength: 3 },
    ),
    fc.array(
      fc.oneof(
        { arbitrary: fault, weight: 4 },
        {
          arbitrary: fc.record({
            do: fc.constant("outcome" as const),
            operation: fc.constantFrom("create" as const, "destroy" as const),
            result: fc.constantFrom("fail" as const, "cancel" as const),
          }),
          weight: 1,
        },
      ),
      { maxLength: 3 },
    ),
    fc.oneof(
      { arbitrary: up, weight: 5 },
      {
        arbitrary: fc.record({
          do: fc.constant("run" as const),
          command: fc.constantFrom("preview" as const, "refresh" as const, "destroy" as const),
        }),
        weight: 2,
      },
    ),
  )
  .map(([changes, troubles, command]): Step[] => [...changes, ...troubles, command]);

/** Stories of two to four rounds. */
export const sequences: fc.Arbitrary<Step[]> = fc
  .array(round, { minLength: 2, maxLength: 4 })
  .map((rounds) => rounds.flat());

/**
 * Lets a story happen at one door, then mends everything; one plain `pulumi up` must bring state and platform into agreement
 * with the program, and a `pulumi destroy` must leave nothing. The platform is the model: what it has is counted there.
 */
export async function playSequence(steps: readonly Step[], door: Door): Promise<Verdict> {
  const verdict = newVerdict();
  const world = await FaultWorld.start({ door, keySource: "environment" });
  const watching = world.keyWatch.watchProcesses();
  try {
    for (const each of names) await world.addForeign(`${each}-abcdefg`, "superset");
    const story = new Story(world, verdict);
    for (const step of steps) await story.happen(step);
    await story.end();
  } catch (error) {
    verdict.problems.push(`the story broke off: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    watching.stop();
    world.lookForKey();
    judgeForeign(world, verdict);
    judgeLeaks(world, verdict);
    await world.stop();
  }
  return verdict;
}

class Story {
  /**
   * Whether the latest command that changes something came to its end. While it did not, the program stays what it is: the
   * engine tells no provider what it was about, so what a killed create has made is found by a create of the same resource only.
   */
  #isSettled = true;
  #isTroubled = false;

  constructor(
    private readonly world: FaultWorld,
    private readonly verdict: Verdict,
  ) {
    world.declare({});
  }

  async happen(step: Step): Promise<void> {
    const { world } = this;
    switch (step.do) {
      case "declare": {
        const { superset, oldFirst } = step;
        const declaration = { appType: superset ? ("superset" as const) : ("airflow" as const) };
        if (this.#isSettled) {
          world.declare({ [step.name]: { ...declaration, ...(oldFirst ? { deleteBeforeReplace: true } : {}) } });
        }
        return;
      }
      case "remove":
        if (this.#isSettled) world.declare({ [step.name]: undefined });
        return;
      case "drift":
        return this.#drift(step);
      case "fault": {
        const rule = faultsAt[step.call].find((each) => each.fault === step.fault)?.rule ?? {};
        const { match: _, ...rest } = world.filledIn({ match: undefined, ...rule });
        world.control.faults.add({ ...rest, match: { ...calls[step.call], times: step.times } });
        this.#isTroubled = true;
        return;
      }
      case "outcome":
        world.control.outcomes.add({ result: step.result, match: { operation: step.operation } });
        this.#isTroubled = true;
        return;
      case "run":
        return this.#run(step);
    }
  }

  /** A plain `up`, and a `destroy`. */
  async end(): Promise<void> {
    const { world, verdict } = this;
    await world.mend();
    let { code } = await world.up(goOn);
    // What a killed run has made may have failed since: the first `up` takes it into the state, the second replaces it.
    if (code !== 0 && !this.#isSettled) ({ code } = await world.up(goOn));
    if (code !== 0) verdict.problems.push(`the plain up failed: ${world.said}`);
    this.#judge(judgeAfterUp);
    world.declare(Object.fromEntries(names.map((each) => [each, undefined])));
    const destroyed = await world.destroy();
    if (destroyed.code !== 0) verdict.problems.push(`the destroy failed: ${world.said}`);
    this.#judge(judgeAfterDestroy);
  }

  async #drift({ name: resource, change: drift }: Extract<Step, { do: "drift" }>): Promise<void> {
    const { world } = this;
    // What nobody has the id of yet is known by its name alone.
    if (drift.change === "rename" && !this.#isSettled) return;
    const ids = world
      .recorded()
      .filter(({ urn }) => urn.endsWith(`::${resource}`))
      .map(({ id }) => id);
    for (const { id } of world.control.state().deployments.filter((deployment) => ids.includes(deployment.id))) {
      // It may be going already.
      await world.control.deployments.change(id, drift).catch(() => undefined);
    }
  }

  async #run({ command, kill: end }: Extract<Step, { do: "run" }>): Promise<void> {
    const { world } = this;
    if (command === "preview" || command === "refresh") {
      await world[command]();
      return;
    }
    if (command === "destroy") {
      if (!this.#isSettled) return;
      this.#isSettled = (await world.destroy(goOn)).code === 0;
      return;
    }
    if (end === undefined) {
      this.#isSettled = (await world.up(goOn)).code === 0;
      if (this.#isSettled && !this.#isTroubled) this.#judge(judgeAfterUp);
    } else {
      const count = () => world.control.requests.list().total;
      const before = count();
      await killAtHolds(world, world.spawnUp(goOn), end.how, () => count() >= before + end.atRequest);
      await world.project.unlock();
      this.#isSettled = false;
    }
    await world.mend();
    this.#isTroubled = false;
  }

  #judge(judge: (each: PlacedCase, world: FaultWorld, verdict: Verdict) => void): void {
    for (const logicalName of names) judge({ logicalName, fault: "", call: "" }, this.world, this.verdict);
  }
}

export interface RandomOptions {
  readonly door: Door;
  readonly numRuns: number;
  readonly seed: number;
}

/** Plays random stories; rejects with the first that ends badly, and with the seed that leads to it again. */
export async function playRandomSequences({ door, numRuns, seed }: RandomOptions): Promise<void> {
  await fc.assert(
    fc.asyncProperty(sequences, async (steps) => {
      const verdict = await playSequence(steps, door);
      if (!isGood(verdict)) throw new Error(verdict.problems.join("\n"));
    }),
    // Each story takes half a minute: to look for a shorter one would take hours.
    { seed, numRuns, endOnFailure: true, includeErrorInReport: true },
  );
}
