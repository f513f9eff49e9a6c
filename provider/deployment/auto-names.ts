import type { NameOwner } from "../resource-handler";
import { isSameName, normalizedName, randomName, stackName } from "./naming";

/** The seed of automatic names: the stack's, none, or one that does not exist yet (in a first preview). */
export type Seed = { readonly kind: "stack"; readonly value: string } | { readonly kind: "none" | "unknown" };

/** How many replacements of a resource, one after another, are recognized by their names. */
const maxReplacements = 100;

interface DerivedName {
  readonly name: string;
  readonly owner: NameOwner;
  /**
   * Whether the other name is that of a replacement, or of a replacement's replacement, of a deployment that has this one, or of a
   * replacement of a deployment that has one of the previous names, or one that the state has or had before the run's refresh.
   */
  readonly leadsTo: (other: string, previousNames: readonly string[]) => boolean;
}

/** The automatic names that a process derives: a check derives a name, and the create that follows uses it. */
export class AutoNames {
  /** By URN: the names in the state, the last recorded one last. A replacement must not get them. */
  readonly #recorded = new Map<string, Set<string>>();
  /** By URN: the name that this process has derived. */
  readonly #derived = new Map<string, DerivedName>();

  /**
   * Call it with each name that the state has for a resource, because the check for a replacement gets no old inputs. There are
   * several if an earlier replacement could not delete the old deployment, or if a refresh has found another name.
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
        return this.#remember(urn, { name: randomName(logicalName), owner: "run", leadsTo: () => false });
      case "stack": {
        const nextAfter = (previousName?: string) => stackName({ seed: seed.value, urn, logicalName, previousName });
        const recorded = [...(this.#recorded.get(urn) ?? [])].reverse();
        // The engine reads them in any order, so the last one can be that of a deployment which was already replaced.
        const isReplaced = (name: string) => {
          const later = namesAfter(name, nextAfter);
          return recorded.some((other) => later.has(other));
        };
        const current = recorded.length > 1 ? recorded.find((name) => !isReplaced(name)) : recorded[0];
        const name = nextAfter(current);
        let later: ReadonlySet<string> | undefined;
        const leadsTo = (other: string, previousNames: readonly string[]) => {
          if (!normalizedName(other).startsWith(normalizedName(`${logicalName}-`))) return false;
          later ??= new Set([...namesAfter(name, nextAfter)].map(normalizedName));
          return (
            later.has(normalizedName(other)) ||
            [...recorded, ...previousNames].some((previousName) => isSameName(nextAfter(previousName), other))
          );
        };
        return this.#remember(urn, { name, owner: "stack", leadsTo });
      }
    }
  }

  /** Who can have created a deployment of this name. */
  ownerOf(urn: string | undefined, name: string): NameOwner {
    return this.#derivedAs(urn, name)?.owner ?? "user";
  }

  /**
   * Whether `other` is the name of a later replacement of the resource whose automatic name is `name`, or of the replacement of one of
   * its deployments that has one of the `previousNames`.
   */
  isLaterName(urn: string | undefined, name: string, other: string, previousNames: readonly string[] = []): boolean {
    return this.#derivedAs(urn, name)?.leadsTo(other, previousNames) ?? false;
  }

  #derivedAs(urn: string | undefined, name: string): DerivedName | undefined {
    const derived = urn === undefined ? undefined : this.#derived.get(urn);
    return derived?.name === name ? derived : undefined;
  }

  #remember(urn: string, derived: DerivedName): string {
    this.#derived.set(urn, derived);
    return derived.name;
  }
}

/** The names of the replacements that follow a deployment of this name, one after another. */
function namesAfter(name: string, nextAfter: (previousName: string) => string): ReadonlySet<string> {
  const names = new Set<string>();
  let next = name;
  for (let count = 0; count < maxReplacements; count += 1) {
    next = nextAfter(next);
    names.add(next);
  }
  return names;
}
