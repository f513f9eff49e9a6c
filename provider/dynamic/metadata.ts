import type { Values } from "../resource-handler";
import { engineUnknown } from "../runtime/engine-values";

/**
 * What `check` needs and the host of dynamic providers does not pass. The program sends it as the input `__resource`; `check`
 * removes it, so that it never reaches the state.
 */
export interface ResourceMetadata {
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
  readonly sample?: readonly Values[] | undefined;
  /** The stack's seed; empty if the name needs it and it does not exist yet. */
  readonly seed?: string | undefined;
  /** The deployments that the state holds under a name that a create of this resource searches for. */
  readonly heldIds?: readonly string[] | undefined;
}

/** Reads the metadata as the engine passes it: what is not known yet is absent. */
export function readMetadata(value: unknown): ResourceMetadata {
  const given = fieldsOf(value);
  const create = fieldsOf(given["create"]);
  const text = (field: unknown) => (typeof field === "string" && field !== engineUnknown ? field : undefined);
  const { heldIds } = create;
  return {
    name: text(given["name"]) ?? "deployment",
    isPreview: given["isPreview"] === true,
    // With `ignoreChanges: ["*"]`, the engine ignores the metadata as well.
    ignoresName: given["ignoresName"] === true || given["name"] === undefined,
    isStateKnown: given["isStateKnown"] === true,
    urn: text(given["urn"]),
    adopt: text(given["adopt"]),
    adoptHeldBy: text(given["adoptHeldBy"]),
    ownId: text(given["ownId"]),
    previousName: text(given["previousName"]),
    seed: text(create["seed"]),
    sample: Array.isArray(given["sample"]) ? given["sample"].map(fieldsOf) : undefined,
    heldIds: Array.isArray(heldIds) ? heldIds.filter((id) => typeof id === "string") : undefined,
  };
}

function fieldsOf(value: unknown): Values {
  return typeof value === "object" && value !== null ? (value as Values) : {};
}
