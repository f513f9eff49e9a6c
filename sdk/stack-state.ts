import * as pulumi from "@pulumi/pulumi";

import { suffixLength } from "../provider/deployment/name-lengths";
import { normalizedName, stemOf } from "../provider/deployment/naming";
import { readOnly } from "../provider/resource-handler";
import { seedName } from "./seed";
import { isMocked } from "./settings";

const sampleSize = 3;
const automaticName = new RegExp(`-[a-z0-9]{${suffixLength}}$`);

/** What the state of the running program's stack held before the run, as far as this package needs it. */
export class StackState {
  readonly #byUrn = new Map<string, HeldDeployment>();
  /** By the normalized name, because the platform may spell names differently. */
  readonly #idsByName = new Map<string, string[]>();
  /** By the stem (see `stemOf`). */
  readonly #idsByStem = new Map<string, string[]>();
  readonly #urnsById = new Map<string, string>();
  /** The outputs of a few deployments, with which the provider can check that the API key can read the stack's organization. */
  readonly sample: Readonly<Record<string, unknown>>[] = [];
  /** Whether it holds the seed of automatic names (seed.ts). */
  readonly hasSeed: boolean;

  /** `resources` are outputs by URN. */
  constructor(resources: Readonly<Record<string, unknown>>) {
    this.hasSeed = Object.keys(resources).some((urn) => urn.endsWith(`::${seedName}`));
    for (const [urn, resource] of Object.entries(resources)) {
      const outputs = outputsOf(resource);
      const { deploymentId: id, name, __origin } = outputs;
      if (typeof id !== "string" || typeof name !== "string" || outputs[readOnly] === true) continue;
      if (this.sample.length < sampleSize) {
        const { appType, operationId } = outputs;
        this.sample.push({ deploymentId: id, name, appType, operationId, __origin });
      }
      // The releases before the seed recorded no origin.
      this.#byUrn.set(urn, { id, name, hadSeed: __origin !== undefined && automaticName.test(name) });
      append(this.#idsByName, normalizedName(name), id);
      append(this.#idsByStem, stemOf(name), id);
      this.#urnsById.set(id, urn);
    }
  }

  deployment(urn: string): HeldDeployment | undefined {
    return this.#byUrn.get(urn);
  }

  idsNamed(name: string): readonly string[] {
    return this.#idsByName.get(normalizedName(name)) ?? [];
  }

  /** The ids of deployments that can have an automatic name of this resource, or of an earlier one with its name. */
  idsNamedAfter(resource: string): readonly string[] {
    return this.#idsByStem.get(normalizedName(`${resource}-`)) ?? [];
  }

  holderOf(id: string): string | undefined {
    return this.#urnsById.get(id);
  }
}

export interface HeldDeployment {
  /** The id on the platform. */
  readonly id: string;
  readonly name: string;
  /** Whether the name was probably derived from the stack's seed. A chosen name such as `etl-staging` can look the same. */
  readonly hadSeed: boolean;
}

/** By stack: a process can run several programs (Automation API). */
const states = new WeakMap<object, Promise<StackState | undefined>>();
const noStack = {};

/**
 * The running stack's state, read with one call to the engine for each stack. Resources that are pending deletion are not in it.
 * Undefined if it cannot be read: by an older engine, or in a unit test with mocks. Never rejects.
 */
export function stackState(): Promise<StackState | undefined> {
  const stack = pulumi.runtime.getStackResource() ?? noStack;
  let state = states.get(stack);
  if (state === undefined) {
    state = readState();
    states.set(stack, state);
  }
  return state;
}

async function readState(): Promise<StackState | undefined> {
  if (isMocked()) return undefined;
  try {
    const stackName = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
    const result: unknown = await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", { stackName });
    const { outputs } = result as { outputs?: unknown };
    return typeof outputs === "object" && outputs !== null ? new StackState({ ...outputs }) : undefined;
  } catch {
    return undefined;
  }
}

function append(map: Map<string, string[]>, key: string, id: string): void {
  const ids = map.get(key);
  if (ids === undefined) map.set(key, [id]);
  else ids.push(id);
}

function outputsOf(resource: unknown): Readonly<Record<string, unknown>> {
  const { outputs } = (resource ?? {}) as { outputs?: unknown };
  return typeof outputs === "object" && outputs !== null ? { ...outputs } : {};
}
