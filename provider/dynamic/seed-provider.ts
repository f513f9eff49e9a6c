/** The provider of the seed (sdk/seed.ts), for Pulumi's host of dynamic providers. It sends no requests. */

import { randomUUID } from "node:crypto";
import { deletes } from "./deletes";

export function create() {
  return { id: randomUUID(), outs: {} };
}

export function diff() {
  return { changes: false };
}

/**
 * Fails if a deployment of this run was not destroyed: the names of later runs are still derived from the seed then. The engine
 * deletes the seed at the same time as the deployments, which do not depend on it.
 */
async function destroy(): Promise<void> {
  const failed = await deletes.countFailed();
  if (failed === 0) return;
  const error = new Error("onvera-seed is kept, because a deployment was not destroyed");
  error.stack = ""; // The host prints it after the message.
  throw error;
}

export { destroy as delete };
