import type { Scene } from "../case";
import { createScenes } from "./creates";
import { destroyScenes } from "./destroys";
import { refreshScenes } from "./refreshes";

/** Everything that `npm run faults` runs, the longest first. */
export const scenes: readonly Scene[] = [...createScenes, ...destroyScenes, ...refreshScenes];
