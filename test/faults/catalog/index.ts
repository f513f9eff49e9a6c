import type { Scene } from "../case";
import { createScenes } from "./creates";
import { destroyScenes } from "./destroys";
import { killScenes } from "./kills";
import { nameScenes } from "./names";
import { platformScenes } from "./platform";
import { refreshScenes } from "./refreshes";
import { repeatScenes } from "./repeats";
import { replaceScenes } from "./replaces";
import { resumeScenes } from "./resumes";

/** Everything that `npm run faults` runs, the longest first. */
export const scenes: readonly Scene[] = [
  ...createScenes,
  ...resumeScenes,
  ...destroyScenes,
  ...replaceScenes,
  ...refreshScenes,
  ...killScenes,
  ...nameScenes,
  ...repeatScenes,
  ...platformScenes,
];
