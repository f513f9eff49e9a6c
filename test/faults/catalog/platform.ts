import type { Change } from "../../../emulator/src/faults/rules";
import type { FaultCase, Scene } from "../case";
import { type AnswerFault, bodyFaults, listBodyFaults, networkFaults, statusFaults } from "./answers";
import { type Call, callNames, calls } from "./calls";
import { allUp, run } from "./commands";

/** What strikes the whole platform needs a run of its own, in which another deployment is under way beside the one that is struck. */
function scene(id: string, struck: FaultCase, more: Partial<Scene> & Pick<Scene, "command" | "run">): Scene {
  const bystander: FaultCase = { fault: struck.fault, call: struck.call, isBystander: true };
  return { id, cases: [struck, bystander], ...more };
}

const stages = [
  { stage: "create", command: "up, creating", run: run.up, calls: ["create", "operation", "deployment"] },
  { stage: "refresh", command: "refresh", prepare: allUp, run: run.refresh, calls: ["deployment"] },
  { stage: "destroy", command: "destroy", prepare: allUp, run: run.destroy, calls: ["destroy", "operation"] },
] as const;

/** So that a single deployment is asked for. */
function withoutLists(call: Call, command: string): Partial<Scene> {
  if (call !== "deployment") return { withoutOperationsList: true };
  return {
    withoutOperationsList: true,
    withoutDeploymentsList: command === "refresh" ? "from the start" : "from the first create",
  };
}

/** A scene for each call at which this may happen. */
function atEachCall(id: string, fault: string, changes: readonly Change[], more: Partial<Scene> = {}): Scene[] {
  return stages.flatMap(({ stage, calls: at, ...how }) =>
    at.flatMap((call) =>
      (["before", "after"] as const)
        .filter((when) => when === "before" || call === "create" || call === "destroy")
        .map((when) =>
          scene(
            `${id}-${stage}-${call}-${when}`,
            {
              fault: when === "before" ? fault : `${fault}, after the platform acted`,
              call: callNames[call],
              rules: [{ when, match: { ...calls[call] }, changes: [...changes] }],
            },
            { ...how, ...withoutLists(call, how.command), ...more },
          ),
        ),
    ),
  );
}

/** The answer to a create is lost, and the look for what it made goes wrong. */
const lostAndUnseen = (fault: string): FaultCase => ({
  fault: `the answer to the create is lost, then: ${fault}`,
  call: callNames.list,
  rules: [{ when: "after", match: { ...calls.create }, action: { type: "reset" } }],
});

const listFaults: readonly (AnswerFault & { lasting?: boolean })[] = [
  ...networkFaults.slice(0, 1),
  ...networkFaults.slice(5, 7),
  ...statusFaults.filter(({ fault }) => /^three times 500|^429 with Retry-After in|redirect.*302/.test(fault)),
  ...statusFaults
    .filter(({ fault }) => /^(500|401 once|403 once)$/.test(fault))
    .map((each) => ({ ...each, lasting: true })),
  ...bodyFaults.slice(0, 2),
  { ...bodyFaults[0], lasting: true } as AnswerFault,
  ...listBodyFaults,
];

const listScenes = listFaults.map((each, index): Scene => {
  const { rule, times = 1, lasting = false } = each;
  const fault = lasting ? `${each.fault}, all along` : each.fault;
  return {
    id: `list-${index + 1}`,
    command: "up, creating",
    cases: [lostAndUnseen(fault), lostAndUnseen(`${fault} (another create)`)],
    run: async (world) => {
      // Looks from before the create are not the ones that matter.
      const stop = world.onFirstCreate(() => {
        world.control.faults.add({
          ...world.filledIn(rule),
          match: { ...calls.list, times: lasting ? "always" : times },
        });
      });
      await run.up(world);
      stop();
    },
  };
});

/** What goes wrong with the pages that many waits share strikes all of them. */
const pageScenes = (["operations", "list"] as const).flatMap((call) =>
  [
    ...networkFaults.slice(0, 1),
    ...networkFaults.slice(5, 7),
    ...statusFaults.filter(({ fault }) =>
      /^(500|401 once|429 with Retry-After in seconds)$|^twice 502|redirect.*307/.test(fault),
    ),
    ...bodyFaults.slice(0, 1),
    ...listBodyFaults,
  ].map(({ fault, rule, times = 1 }, index): Scene => {
    const waiting: FaultCase = { fault, call: callNames[call], isBystander: true };
    return {
      id: `pages-${call}-${index + 1}`,
      command: "up, creating, with polls by pages",
      cases: [{ ...waiting, isBystander: false }, ...Array.from({ length: 4 }, () => waiting)],
      succeeds: true,
      run: async (world) => {
        const stop = world.onFirstCreate(() => {
          world.control.faults.add({ ...world.filledIn(rule), match: { ...calls[call], times } });
        });
        await run.up(world);
        stop();
      },
    };
  }),
);

const hour = 3_600_000;
const lost: FaultCase["rules"] = [{ when: "after", match: { ...calls.create }, action: { type: "reset" } }];

/** The clock of the platform jumps while a create is under way whose answer is lost. */
const clockScenes = [-24 * hour, -hour, hour, 24 * hour].map((ms): Scene => {
  const fault = `the platform's clock jumps by ${ms / hour} h`;
  return scene(
    `clock-${ms / hour}`,
    {
      fault: `${fault}, and the answer to the create is lost`,
      call: callNames.create,
      rules: [{ match: { ...calls.create }, changes: [{ change: "skew", ms }] }, ...(lost ?? [])],
    },
    { command: "up, creating", run: run.up },
  );
});

const restartAt = (
  call: Call,
  when: "before" | "after",
  how: Omit<(typeof stages)[number], "stage" | "calls">,
): Scene =>
  scene(
    `restart-${how.command.replaceAll(/\W+/g, "-")}-${call}-${when}`,
    {
      fault: `the platform restarts ${when === "before" ? "before it hears of the request" : "after it acted, before it answers"}`,
      call: callNames[call],
      rules: [{ when, match: { ...calls[call] }, action: { type: "hang" } }],
      // With the platform, its count of what has struck is gone.
      mayMiss: true,
    },
    {
      ...how,
      keepsData: true,
      ...withoutLists(call, how.command),
      run: async (world) => {
        const held = new Promise<void>((resolve) => {
          const timer = setInterval(() => {
            if (world.control.faults.list().every(({ action, applied }) => action?.type !== "hang" || applied > 0)) {
              clearInterval(timer);
              resolve();
            }
          }, 20);
        });
        const restarted = held.then(() => world.restartPlatform(1_500));
        await how.run(world);
        await restarted;
      },
    },
  );

const [creating, refreshing, destroying] = stages;

export const platformScenes: readonly Scene[] = [
  ...listScenes,
  ...pageScenes,
  ...atEachCall("outage", "connections are refused for 2 s", [{ change: "outage", forMs: 2_000 }]),
  ...atEachCall("revoked", "the key is revoked", [{ change: "revokeKey" }]),
  ...atEachCall("scope", "the key loses every scope but one to read", [{ change: "setScopes", scopes: ["org:read"] }]),
  ...clockScenes,
  restartAt("create", "before", creating),
  restartAt("create", "after", creating),
  restartAt("operation", "before", creating),
  restartAt("deployment", "before", creating),
  restartAt("deployment", "before", refreshing),
  restartAt("destroy", "before", destroying),
  restartAt("destroy", "after", destroying),
  restartAt("operation", "before", destroying),
  ...(["operations:read", "deployments:read", "deployments:write"] as const).map((missing) =>
    scene(
      `scope-${missing.replace(":", "-")}`,
      {
        fault: `the key loses ${missing} once the create is accepted`,
        call: callNames.create,
        rules: [
          {
            when: "after",
            match: { ...calls.create },
            changes: [
              {
                change: "setScopes",
                scopes: (["deployments:read", "deployments:write", "operations:read", "org:read"] as const).filter(
                  (scope) => scope !== missing,
                ),
              },
            ],
          },
        ],
      },
      { command: "up, creating", run: run.up },
    ),
  ),
];
