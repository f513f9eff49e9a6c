/** The program of a stack, as far as the engine and the provider see it. */

import { type Engine, ignoreStopped, type Registration } from "./engine";
import type { Resource } from "./history";
import { Product } from "./product";
import { chosenName, type Stack, urnOf } from "./stack";

/** What the SDK passes to a dynamic provider about a resource. */
export type HintsOf = (options: {
  readonly name: string;
  readonly givenName: unknown;
  readonly ignoreChanges: readonly string[];
}) => Promise<unknown>;

/** Runs the stack's program: registers its resources, each after those that it depends on. */
export async function runProgram({
  stack,
  engine,
  type,
  registersInOrder = false,
  hintsOf,
}: {
  stack: Stack;
  engine: Engine;
  type: string;
  /** The program registers a resource only after the engine has the one before it. */
  registersInOrder?: boolean | undefined;
  /** Undefined for the plugin. */
  hintsOf: HintsOf | undefined;
}): Promise<void> {
  const registered: { urn: string; done: Promise<void> }[] = [];
  let previous: Promise<void> = Promise.resolve();
  for (const declared of stack.program) {
    if (!declared.isPresent) continue;
    const { resource, logicalName: name, appType } = declared;
    const before = registered.slice(0, resource.dependencies);
    const urn = urnOf(stack, type, name);
    const earlier = registersInOrder ? previous : undefined;
    const register = async (onRegister: () => void) => {
      await Promise.all([earlier, ...before.map(({ done }) => done)]);
      const given = chosenName(declared);
      const ignoreChanges = resource.ignoresName ? ["name"] : [];
      const timeouts = timeoutsOf(resource);
      // The plugin gets the engine's timeout of an update; the dynamic provider reads that of a create in its inputs.
      const update = hintsOf === undefined ? undefined : resource.createTimeout;
      const inputs: Record<string, unknown> = { appType, ...(given === undefined ? {} : { name: given }) };
      if (hintsOf !== undefined) {
        if (Object.keys(timeouts).length > 0) inputs["timeouts"] = timeouts;
        const givenName = declared.name === "undefinedOutput" ? { isOutput: true } : given;
        inputs["__resource"] = await hintsOf({ name, givenName, ignoreChanges });
      }
      const registration: Registration = {
        urn,
        name,
        aliases: declared.aliases.map((alias) => urnOf(stack, type, alias)),
        inputs,
        dependencies: before.map((each) => each.urn),
        ignoreChanges,
        importId: declared.importId,
        deletesBeforeReplace: resource.deletesBeforeReplace,
        repeats: resource.repeats ?? 0,
        timeouts: { ...timeouts, update },
      };
      const registering = engine.register(registration);
      onRegister();
      await registering;
    };
    const { promise, resolve } = promiseWithResolver();
    const done = register(resolve);
    // One that depends on what has failed is not registered.
    done.catch(resolve);
    previous = promise;
    registered.push({ urn, done });
  }
  await Promise.all(registered.map(({ done }) => done.catch(ignoreStopped)));
  await engine.finish();
}

/** The SDK's own hints, with what it gets from Pulumi's runtime. */
export function sdkHints({
  stack,
  engine,
  type,
  isPreview,
}: {
  stack: Stack;
  engine: Engine;
  type: string;
  isPreview: boolean;
}): HintsOf {
  const outputs = Object.fromEntries(
    stack.state.entries
      .filter((entry) => !entry.isPendingDelete)
      .map(({ urn, kind, outputs: own }) => [urn, { type: kind, outputs: own }]),
  );
  const stackResource = {};
  const pulumi = {
    Config: class {
      getObject(key: string): unknown {
        return key === "adopt" && Object.keys(stack.adopt).length > 0 ? stack.adopt : undefined;
      }
    },
    createUrn: (name: string) => urnOf(stack, type, name),
    output: () => ({ apply: (then: (value: undefined) => unknown) => then(undefined) }),
    getOrganization: () => "organization",
    getProject: () => "simulation",
    getStack: () => stack.name,
    runtime: {
      isDryRun: () => isPreview,
      getStackResource: () => stackResource,
      hasMonitor: () => true,
      getMonitor: () => ({}),
      invoke: async () => ({ outputs }),
    },
  };
  let seed: Promise<string | undefined> | undefined;
  const seedName = "onvera-seed";
  const product = new Product({
    replacements: {
      "@pulumi/pulumi": pulumi,
      "@pulumi/pulumi/runtime/mocks": { MockMonitor: class {} },
      "sdk/known-value": { knownValue: async (value: unknown) => value },
      "sdk/seed": {
        seedName,
        stackSeed: () => {
          seed ??= engine.registerSeed(urnOf(stack, "pulumi-nodejs:dynamic/onvera:Seed", seedName), seedName);
          return seed;
        },
      },
    },
  });
  const { resourceMetadata } = product.load<{
    resourceMetadata: (options: object) => Promise<Record<string, unknown>>;
  }>("sdk/metadata");
  return async (options) => {
    const { create, ...hints } = await resourceMetadata({ type, parent: undefined, ...options });
    return JSON.parse(JSON.stringify({ ...hints, create: await create })) as unknown;
  };
}

/** The timeouts of a resource's calls, in seconds. */
function timeoutsOf({ createTimeout, deleteTimeout }: Resource): { create?: number; delete?: number } {
  return {
    ...(createTimeout === undefined ? {} : { create: createTimeout }),
    ...(deleteTimeout === undefined ? {} : { delete: deleteTimeout }),
  };
}

function promiseWithResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((resolver) => {
    resolve = resolver;
  });
  return { promise, resolve };
}
