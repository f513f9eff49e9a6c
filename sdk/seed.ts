import * as pulumi from "@pulumi/pulumi";
import { knownValue } from "./known-value";
import { serializedSeedProvider } from "./serialized-provider";

/**
 * A random id that the stack's state keeps and nobody else knows. Automatic names are derived from it, so that what a
 * killed run has made can be told from everybody else's deployments. One for each stack, made with its first deployment.
 */
class Seed extends pulumi.CustomResource {
  constructor() {
    super("pulumi-nodejs:dynamic/onvera:Seed", "onvera-seed", { __provider: serializedSeedProvider });
  }
}

/** By stack: a process may run several programs (Automation API). */
const seeds = new WeakMap<object, Promise<string | undefined>>();
const noStack = {};

/**
 * The running stack's seed; undefined where it is not known yet, in a preview, or is left out by `--target`. A promise and
 * no output, because deployments shall not depend on it: it would have to be in each `--target` list.
 */
export function stackSeed(): Promise<string | undefined> {
  const stack = pulumi.runtime.getStackResource() ?? noStack;
  let seed = seeds.get(stack);
  if (seed === undefined) {
    seed = knownValue(new Seed().id);
    seeds.set(stack, seed);
  }
  return seed;
}
