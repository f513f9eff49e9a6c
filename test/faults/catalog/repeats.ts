import type { FaultCase, Scene } from "../case";
import { callNames, calls } from "./calls";
import { run } from "./commands";

const again: Pick<FaultCase, "declaration"> = { declaration: { retries: 3 } };

/** The program's error hooks have the engine call a create again, in the same run. */
export const repeatScenes: readonly Scene[] = [
  {
    id: "repeated-create",
    command: "up, creating, with an error hook that repeats what failed",
    isInline: true,
    withoutOperationsList: true,
    isFast: true,
    run: run.up,
    cases: [
      {
        fault: "the operation fails",
        call: callNames.operation,
        outcomes: [{ result: "fail", match: { operation: "create" } }],
        ...again,
      },
      {
        fault: "the operation does not end before the run does",
        call: callNames.operation,
        outcomes: [{ result: "hang", match: { operation: "create" } }],
        declaration: { ...again.declaration, timeouts: { create: "2s", update: "30s" } },
        afterwards: { change: "finishOperation" },
      },
      {
        fault: "401 three times, once the create is accepted",
        call: callNames.operation,
        rules: [{ match: { ...calls.operation, times: 3 }, action: { type: "answer", status: 401 } }],
        ...again,
      },
      {
        fault: "400 for the create, three times",
        call: callNames.create,
        rules: [{ match: { ...calls.create, times: 3 }, action: { type: "answer", status: 400 } }],
        ...again,
      },
    ],
  },
  {
    id: "repeated-unseen",
    command: "up, creating, with an error hook that repeats what failed",
    isInline: true,
    run: async (world) => {
      const stop = world.onFirstCreate(() => {
        world.control.faults.add({ match: { ...calls.list }, action: { type: "answer", status: 401 } });
      });
      await run.up(world);
      stop();
    },
    cases: [
      {
        fault: "the answer is lost, and at first the list cannot be seen",
        call: callNames.create,
        rules: [{ when: "after", match: { ...calls.create }, action: { type: "reset" } }],
        ...again,
      },
    ],
  },
];
