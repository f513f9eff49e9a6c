import * as pulumi from "@pulumi/pulumi";
import { adoptText, parseAdopt } from "../provider/deployment/adopt-setting";
import type { ResourceMetadata } from "../provider/dynamic/metadata";
import { knownValue } from "./known-value";
import { stackSeed } from "./seed";
import { type StackState, stackState } from "./stack-state";

/** The metadata of one resource. The given name can be an output that is not known yet, or that resolves to undefined. */
export async function resourceMetadata({
  type,
  name,
  givenName,
  ignoreChanges = [],
  parent,
}: {
  type: string;
  name: string;
  givenName: pulumi.Input<string | undefined>;
  ignoreChanges?: readonly string[] | undefined;
  parent: pulumi.Resource | undefined;
}): Promise<Record<string, unknown>> {
  const settings = new pulumi.Config("onvera").getObject<Record<string, unknown>>("adopt");
  const [prefix, state] = await Promise.all([urnPrefix(type, parent), stackState()]);
  const urn = prefix === undefined ? undefined : `${prefix}${name}`;
  const own = urn === undefined ? undefined : state?.deployment(urn);

  const byName = async (given: string | undefined): Promise<Pick<ResourceMetadata, "seed" | "heldIds">> => {
    if (given !== undefined) return { heldIds: state?.idsNamed(given) };
    // A stack without a seed gets none for a deployment that has its name already, unless the name was derived from a seed that is lost.
    if (own !== undefined && !own.hadSeed && state?.hasSeed === false) return {};
    const seed = await stackSeed();
    if (seed === undefined) return { seed: "" };
    return { seed, heldIds: state?.idsNamedAfter(name) };
  };

  const setting = settings?.[name];
  // `parseAdopt` rejects the empty text.
  const adopt = setting === undefined ? undefined : (adoptText(setting) ?? "");
  const metadata: ResourceMetadata = {
    name,
    isPreview: pulumi.runtime.isDryRun(),
    ignoresName: ignoreChanges.includes("name"),
    urn,
    ...(adopt !== undefined ? { adopt, adoptHeldBy: holderOf(adopt, { name, urn, state }) } : {}),
    isStateKnown: state !== undefined,
    ownId: own?.id,
    previousName: own?.name,
    sample: state?.sample,
  };
  // Without `pulumi.output`, a deployment whose name is not given depends on no other resource, and so not on the seed.
  const isPlain = givenName === undefined || givenName === null || typeof givenName === "string";
  const create = isPlain
    ? await byName(givenName ?? undefined)
    : pulumi.output(givenName).apply((given) => byName(given ?? undefined));
  return { ...metadata, create };
}

/** By parent, or by stack: the beginning of the URNs of its deployments, because an output for each of many takes long. */
const urnPrefixes = new WeakMap<object, Promise<string | undefined>>();

/**
 * The URN of a resource up to its name; undefined if it is not known yet. As an output, the URN would depend on the parent, and
 * so on all the parent's children: two of them would wait for each other.
 */
function urnPrefix(type: string, parent: pulumi.Resource | undefined): Promise<string | undefined> {
  const key = parent ?? pulumi.runtime.getStackResource();
  const known = key === undefined ? undefined : urnPrefixes.get(key);
  if (known !== undefined) return known;
  const prefix = knownValue(pulumi.createUrn("", type, parent));
  if (key !== undefined) urnPrefixes.set(key, prefix);
  return prefix;
}

/** The other resource of the state that holds the deployment which an `onvera:adopt` setting names. */
function holderOf(
  adopt: string,
  { name, urn, state }: { name: string; urn: string | undefined; state: StackState | undefined },
): string | undefined {
  try {
    const setting = parseAdopt(adopt, { logicalName: name });
    const holder = setting.kind === "adopt" ? state?.holderOf(setting.id) : undefined;
    return holder === urn ? undefined : holder;
  } catch {
    // A create reports it. Until then the setting has no effect, and must not fail the program.
    return undefined;
  }
}
