import type { Scene } from "../case";

/** Otherwise the first case that fails would keep others from being struck at all. */
export const goOn = { flags: ["--continue-on-error"] } as const;

export const run = {
  up: async (world) => {
    await world.up(goOn);
  },
  preview: async (world) => {
    await world.preview();
  },
  refresh: async (world) => {
    await world.refresh();
  },
  destroy: async (world) => {
    await world.destroy(goOn);
  },
  replace: async (world) => {
    world.declareReplacements();
    await world.up(goOn);
  },
  replaceOrStop: async (world) => {
    world.declareReplacements();
    await world.up();
  },
} as const satisfies Record<string, Scene["run"]>;

/** Everything that is declared is there already. */
export const allUp: Scene["run"] = async (world) => {
  const { code } = await world.up();
  if (code !== 0) throw new Error(`nothing was wrong yet, but up failed: ${world.said}`);
};
