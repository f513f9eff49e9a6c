import * as pulumi from "@pulumi/pulumi";
import { knownValue } from "./known-value";
import { serializedSeedProvider } from "./serialized-provider";

export const seedName = "onvera-seed";

/**
 * A random id that only the stack's state holds. Automatic names are derived from it, so that a deployment that a killed run
 * created can be distinguished from all others. One for each stack, created with the first deployment that needs it.
 */
class Seed extends pulumi.CustomResource {
  constructor() {
    super("pulumi-nodejs:dynamic/onvera:Seed", seedName, { __provider: serializedSeedProvider });
  }
}

/** By stack: a process can run several programs (Automation API). */
const seeds = new WeakMap<object, Promise<string | undefined>>();

/**
 * The running stack's seed; undefined if it is unknown in a preview, or excluded by `--target`. It is a promise, not an output,
 * because deployments must not depend on it: it would have to be in each `--target` list.
 */
export function stackSeed(): Promise<string | undefined> {
  const stack = pulumi.runtime.getStackResource();
  // Under `pulumi.runtime.setMocks` there is no stack, and the number of resources must not depend on the order of the tests.
  if (stack === undefined) return Promise.resolve(undefined);
  let seed = seeds.get(stack);
  if (seed === undefined) {
    seed = knownValue(new Seed().id);
    seeds.set(stack, seed);
  }
  return seed;
}
