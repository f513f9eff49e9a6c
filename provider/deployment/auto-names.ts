import type { NameOwner } from "../resource-handler";
import { randomName, stackName } from "./naming";

/** The seed of automatic names: the stack's, none, or one that does not exist yet (in a first preview). */
export type Seed = { readonly kind: "stack"; readonly value: string } | { readonly kind: "none" | "unknown" };

/** The automatic names that a process derives: a check derives a name, and the create that follows uses it. */
export class AutoNames {
  /** By URN: the name in the state, which a replacement must not get. */
  readonly #recorded = new Map<string, string>();
  /** By URN: the name that this process has derived. */
  readonly #derived = new Map<string, { readonly name: string; readonly owner: NameOwner }>();

  /** Call it with the name in the state, because the check for a replacement gets no old inputs. */
  record(urn: string, name: unknown): void {
    if (typeof name === "string" && name !== "") this.#recorded.set(urn, name);
  }

  /** The automatic name of a resource; undefined if it cannot be known yet. */
  nameFor({ urn, logicalName, seed }: { urn: string; logicalName: string; seed: Seed }): string | undefined {
    switch (seed.kind) {
      case "unknown":
        return undefined;
      case "none":
        return this.#remember(urn, randomName(logicalName), "run");
      case "stack": {
        const previousName = this.#recorded.get(urn);
        return this.#remember(urn, stackName({ seed: seed.value, urn, logicalName, previousName }), "stack");
      }
    }
  }

  /** Who can have created a deployment of this name. */
  ownerOf(urn: string | undefined, name: string): NameOwner {
    const derived = urn === undefined ? undefined : this.#derived.get(urn);
    return derived?.name === name ? derived.owner : "user";
  }

  #remember(urn: string, name: string, owner: NameOwner): string {
    this.#derived.set(urn, { name, owner });
    return name;
  }
}
