import { messages } from "../../support/engine";
import type { FaultCase, Scene } from "../case";
import type { FaultWorld } from "../fault-world";
import { killAtHolds } from "../kill";
import { callNames, calls } from "./calls";
import { run } from "./commands";

const declaration = { name: "chosen" };

const lost: FaultCase = {
  fault: "the answer is lost, the name was chosen by the user",
  call: callNames.create,
  rules: [{ when: "after", match: { ...calls.create }, action: { type: "reset" } }],
};

/** A plain `up` has to stop, touch nothing and name what it found; then it is told what to do about it. */
async function healByHand(world: FaultWorld, adopt: (found: string) => string): Promise<void> {
  const before = world.control.state().deployments.length;
  const stopped = await world.up();
  const said = messages(stopped.events).join("\n");
  if (stopped.code === 0) throw new Error("the plain up did not stop, although nothing proves whose the deployment is");
  if (world.control.state().deployments.length !== before) throw new Error("the plain up made something");
  for (const name of world.declarations.keys()) {
    const found = world.control.state().deployments.filter((deployment) => deployment.name === name);
    const [newest] = found;
    if (newest === undefined || !said.includes(newest.id)) {
      throw new Error(`the plain up did not name what it found (${found.map(({ id }) => id).join(", ")}): ${said}`);
    }
    await world.setConfig(`onvera:adopt.${name}`, adopt(newest.id));
  }
  const { code } = await world.up();
  if (code !== 0) throw new Error(`told what to adopt, up failed: ${world.said}`);
}

/** Where names prove nothing: see docs/internals/exactly-once.md. */
export const nameScenes: readonly Scene[] = [
  {
    id: "chosen-lost",
    command: "up, creating",
    declaration,
    cases: [lost, { ...lost, fault: `${lost.fault} (another create)` }],
    run: run.up,
    heal: (world) => healByHand(world, (found) => found),
  },
  {
    id: "chosen-killed",
    command: "up, creating, ended by SIGKILL of everything",
    declaration,
    cases: [
      {
        fault: "after the platform acted, before the answer arrives; the name was chosen by the user",
        call: callNames.create,
        rules: [{ when: "after", match: { ...calls.create }, action: { type: "hang" } }],
      },
    ],
    run: async (world) => {
      await killAtHolds(world, world.spawnUp(), "SIGKILL of everything");
    },
    heal: (world) => healByHand(world, (found) => found),
  },
  {
    id: "chosen-foreign",
    command: "up, creating",
    declaration,
    cases: [
      {
        fault: "the request is lost, and somebody else makes one of the same, chosen name at that moment",
        call: callNames.create,
        rules: [{ match: { ...calls.create }, action: { type: "reset" } }],
      },
    ],
    run: async (world) => {
      const [name = ""] = world.declarations.keys();
      world.onFirstCreate(() => void world.addForeign(name, "superset"));
      await run.up(world);
    },
    heal: (world) => healByHand(world, (found) => `not:${found}`),
  },
];
