import type { NameOwner } from "../resource-handler";
import { randomName, stackName } from "./naming";

/** The seed of automatic names: the stack's, none, or one that does not exist yet (in a first preview). */
export type Seed = { readonly kind: "stack"; readonly value: string } | { readonly kind: "none" | "unknown" };

/** How often a resource is replaced, at most, while an old deployment of it cannot be deleted. */
const maxReplacements = 10;

/** The automatic names that a process derives: a check derives a name, and the create that follows uses it. */
export class AutoNames {
  /** By URN: the names in the state, the last recorded one last. A replacement must not get them. */
  readonly #recorded = new Map<string, Set<string>>();
  /** By URN: the name that this process has derived. */
  readonly #derived = new Map<string, { readonly name: string; readonly owner: NameOwner }>();

  /**
   * Call it with each name that the state has for a resource, because the check for a replacement gets no old inputs. There are
   * several if an earlier replacement could not delete the old deployment.
   */
  record(urn: string, name: unknown): void {
    if (typeof name !== "string" || name === "") return;
    const names = this.#recorded.get(urn) ?? new Set();
    names.delete(name);
    this.#recorded.set(urn, names.add(name));
  }

  /** The automatic name of a resource; undefined if it cannot be known yet. */
  nameFor({ urn, logicalName, seed }: { urn: string; logicalName: string; seed: Seed }): string | undefined {
    switch (seed.kind) {
      case "unknown":
        return undefined;
      case "none":
        return this.#remember(urn, randomName(logicalName), "run");
      case "stack": {
        const recorded = this.#recorded.get(urn) ?? new Set();
        const nextAfter = (previousName?: string) => stackName({ seed: seed.value, urn, logicalName, previousName });
        const isReplaced = (name: string) => {
          let next = name;
          for (let count = 0; count < maxReplacements; count += 1) {
            next = nextAfter(next);
            if (recorded.has(next)) return true;
          }
          return false;
        };
        // The engine reads them in any order, so the last one can be that of a deployment which was already replaced.
        const current = [...recorded].reverse().find((name) => !isReplaced(name));
        return this.#remember(urn, nextAfter(current), "stack");
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
