import { createHash } from "node:crypto";

/** What the engine tells, by which a name can be made that comes out the same again. */
export interface NameSource {
  readonly urn: string;
  /** The same bytes for each run of one plan; empty with engines that send none. */
  readonly randomSeed: Uint8Array;
  /** The provider resource's id: the same for a stack from its first run on. Not part of the name so far. */
  readonly providerId: string | undefined;
}

/**
 * The seven characters that end an automatic name, derived from the engine's seed, so that an `up --plan` makes the
 * deployment that its preview has shown. Undefined without a seed: then they are random.
 */
export function nameSuffix({ urn, randomSeed }: NameSource): string | undefined {
  if (randomSeed.length === 0) return undefined;
  const digest = createHash("sha256").update(randomSeed).update("\0").update(urn).digest("hex");
  return BigInt(`0x${digest}`).toString(36).slice(-7);
}
