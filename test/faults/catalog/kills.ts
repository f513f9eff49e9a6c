import type { FaultRule } from "../../../emulator/src/faults/rules";
import type { FaultCase, Scene } from "../case";
import { type Kill, killAtHolds, kills } from "../kill";
import { type Call, callNames, calls } from "./calls";
import { allUp } from "./commands";

const everyKill = Object.keys(kills) as Kill[];

/** The run is ended while this request is held. */
function held(
  call: Call,
  where: string,
  when: NonNullable<FaultRule["when"]>,
  nth = 1,
  more: Partial<FaultCase> = {},
): FaultCase {
  return {
    fault: where,
    call: callNames[call],
    rules: [{ when, match: { ...calls[call], nth }, action: { type: "hang" } }],
    ...more,
  };
}

const unheld = (fault: string, call: Call, more: Partial<FaultCase> = {}): FaultCase => ({
  fault,
  call: callNames[call],
  ...more,
});

const onItsWay = "before the platform heard of it";
const acted = "after the platform acted, before the answer arrives";

const creating: readonly FaultCase[] = [
  held("create", onItsWay, "before"),
  held("create", acted, "after"),
  held("operation", "before the first answer", "before"),
  held("operation", "before the second answer", "before", 2),
  held("deployment", "before the last look", "before"),
  held("deployment", "before the last answer arrives", "after"),
  unheld("before it begins, as it waits for another", "create", { declaration: { dependsOn: ["c01"] } }),
  unheld("after it is ready", "deployment"),
];

const destroying: readonly FaultCase[] = [
  held("destroy", onItsWay, "before"),
  held("destroy", acted, "after"),
  held("operation", "before the first answer", "before"),
  held("operation", "before the second answer", "before", 2),
  unheld("after it is gone", "operation"),
];

const replaceFirst = { declaration: { deleteBeforeReplace: true } };
const replacing: readonly FaultCase[] = [
  held("create", `${onItsWay}, the new one first`, "before"),
  held("create", `${acted}, the new one first`, "after"),
  held("operation", "before the first answer, the new one first", "before"),
  held("destroy", `${onItsWay}, the old one first`, "before", 1, replaceFirst),
  held("destroy", `${acted}, the old one first`, "after", 1, replaceFirst),
  held("operation", "before the first answer, the old one first", "before", 1, replaceFirst),
  held("create", `${onItsWay}, the old one first`, "before", 1, replaceFirst),
  held("create", `${acted}, the old one first`, "after", 1, replaceFirst),
];

const replacingOld: readonly FaultCase[] = [
  held("destroy", `${onItsWay}, the new one is ready`, "before"),
  held("destroy", `${acted}, the new one is ready`, "after"),
  held("operation", "of the destroy, before its answer; the new one is ready", "before", 2, {
    // The first look at an operation is the create's, which has ended by then.
    outcomes: [{ result: "succeed", durationMs: 0, match: { operation: "create" } }],
  }),
];

function scenesFor(kill: Kill): Scene[] {
  const id = kill.toLowerCase().replaceAll(/[^a-z]+/g, "-");
  const during = (what: string) => `${what}, ended by ${kill}`;
  return [
    {
      id: `kill-create-${id}`,
      withoutDeploymentsList: "from the first create",
      command: during("up, creating"),
      withoutOperationsList: true,
      isFast: kill === "SIGKILL of everything",
      cases: creating,
      run: async (world) => {
        await killAtHolds(world, world.spawnUp(), kill);
      },
    },
    {
      id: `kill-save-${id}`,
      withoutDeploymentsList: "from the first create",
      command: during("up, creating"),
      cases: Array.from({ length: 8 }, (_, index) =>
        unheld(`around the moment in which the state is saved (${index + 1})`, "deployment"),
      ),
      run: async (world) => {
        const isTime = () => {
          const { requests } = world.control.requests.list();
          return requests.filter(({ path, status }) => /\/deployments\/.+/.test(path) && status !== null).length >= 4;
        };
        await killAtHolds(world, world.spawnUp(), kill, isTime);
      },
    },
    {
      id: `kill-destroy-${id}`,
      command: during("destroy"),
      withoutOperationsList: true,
      prepare: allUp,
      cases: destroying,
      run: async (world) => {
        await killAtHolds(world, world.spawnDestroy(), kill);
      },
    },
    {
      id: `kill-replace-${id}`,
      command: during("up, replacing"),
      withoutOperationsList: true,
      prepare: allUp,
      cases: replacing,
      run: async (world) => {
        world.declareReplacements();
        await killAtHolds(world, world.spawnUp(), kill);
      },
    },
    {
      id: `kill-replaced-${id}`,
      command: during("up, replacing"),
      withoutOperationsList: true,
      prepare: allUp,
      cases: replacingOld,
      run: async (world) => {
        world.declareReplacements();
        await killAtHolds(world, world.spawnUp(), kill);
      },
    },
  ];
}

export const killScenes: readonly Scene[] = [...everyKill.flatMap(scenesFor)];
