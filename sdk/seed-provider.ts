/** The provider of the seed (seed.ts), as the host of dynamic resources loads it. It needs no platform. */

import { randomUUID } from "node:crypto";

export function create() {
  return { id: randomUUID(), outs: {} };
}

export function diff() {
  return { changes: false };
}
