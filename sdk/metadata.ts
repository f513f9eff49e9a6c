import * as pulumi from "@pulumi/pulumi";
import { parseAdopt } from "../provider/deployment/adopt-setting";
import { stackName } from "../provider/deployment/naming";
import { knownValue } from "./known-value";
import { stackSeed } from "./seed";
import { type StackState, stackState } from "./stack-state";

/**
 * What `check` needs and the host of dynamic providers does not tell it. The program sends it as the input `__resource`; `check`
 * takes it out, so that it never reaches the state.
 */
export interface Hints {
  /** The resource's name in the program. */
  readonly name: string;
  readonly isPreview: boolean;
  /** Whether changes of the name are ignored (`ignoreChanges`). */
  readonly ignoresName: boolean;
  readonly urn?: string | undefined;
  /** The `onvera:adopt` setting for the resource. */
  readonly adopt?: string | undefined;
  /** The URN of another resource of the state that holds the deployment which `adopt` names. */
  readonly adoptHeldBy?: string | undefined;
  /** Whether the program could read the stack's state. */
  readonly isStateKnown: boolean;
  /** What the state holds for this resource: the deployment's id and name. */
  readonly ownId?: string | undefined;
  readonly previousName?: string | undefined;
  /** The outputs of a few deployments that the state holds. */
  readonly held?: readonly Readonly<Record<string, unknown>>[] | undefined;
  /** The stack's seed; empty if the name needs it and it does not exist yet. */
  readonly seed?: string | undefined;
  /** The deployments that the state holds under the name that a create of this resource would use. */
  readonly heldIds?: readonly string[] | undefined;
}

/** The hints of one resource, whose name in the program may be an output that is not known yet or turns out undefined. */
export async function hintsOf({
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
  // As an output, the URN would depend on the parent, and so on all the parent's children: two of them would wait for each other.
  const [urn, state] = await Promise.all([knownValue(pulumi.createUrn(name, type, parent)), stackState()]);
  const own = urn === undefined ? undefined : state?.deployment(urn);

  const byName = async (given: string | undefined): Promise<Pick<Hints, "seed" | "heldIds">> => {
    if (given !== undefined) return { heldIds: state?.idsNamed(given) };
    // A stack whose names were all given has no seed: none is added for a deployment that has its name already.
    if (own !== undefined && state?.hasSeed === false) return {};
    const seed = await stackSeed();
    if (seed === undefined) return { seed: "" };
    if (urn === undefined) return { seed };
    return { seed, heldIds: state?.idsNamed(stackName({ seed, urn, logicalName: name, previousName: own?.name })) };
  };

  const adopt = settings?.[name];
  const hints: Hints = {
    name,
    isPreview: pulumi.runtime.isDryRun(),
    ignoresName: ignoreChanges.includes("name"),
    urn,
    ...(typeof adopt === "string" ? { adopt, adoptHeldBy: holderOf(adopt, { name, urn, state }) } : {}),
    isStateKnown: state !== undefined,
    ownId: own?.id,
    previousName: own?.name,
    held: state?.sample,
  };
  // Without `pulumi.output`, a deployment whose name is not given depends on no other resource, and so not on the seed.
  const isPlain = givenName === undefined || givenName === null || typeof givenName === "string";
  const create = isPlain
    ? byName(givenName ?? undefined)
    : pulumi.output(givenName).apply((given) => byName(given ?? undefined));
  return { ...hints, create };
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
