import { createHmac, randomInt } from "node:crypto";
import { suffixLength } from "./name-lengths";

const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

export interface StackNaming {
  /** A secret of the stack's state, which stays the same: nobody else can derive the same names. */
  readonly seed: string;
  /** Identifies the resource among those of all stacks and projects. */
  readonly urn: string;
  readonly logicalName: string;
  /** The name of the deployment that is being replaced, if there is one. */
  readonly previousName?: string | undefined;
}

/**
 * The automatic name of a resource's next deployment: the same in every run, until the state holds a deployment of that name.
 * If a run is killed during a create, the next run derives the same name, and finds what the killed one created. A replacement
 * has another name than the deployment that it replaces.
 *
 * Never change what it returns: a run of one release must find what a killed run of another release has created.
 */
export function stackName({ seed, urn, logicalName, previousName }: StackNaming): string {
  const digest = createHmac("sha256", seed)
    .update(JSON.stringify([urn, previousName ?? null]))
    .digest();
  // 48 bits, of which seven characters take 36: the bias that the rest leaves is below one in a thousand.
  let bits = digest.readUIntBE(0, 6);
  let suffix = "";
  for (let length = 0; length < suffixLength; length += 1) {
    suffix += alphabet[bits % alphabet.length];
    bits = Math.floor(bits / alphabet.length);
  }
  return `${logicalName}-${suffix}`;
}

/** Whether two names are equal except for case, white space and Unicode form, which the platform may normalize: that is not published. */
export function isSameName(name: string, other: string): boolean {
  return name === other || normalizedName(name) === normalizedName(other);
}

/** What is left of a name without the differences that `isSameName` ignores. */
export function normalizedName(name: string): string {
  return name.normalize("NFKC").trim().replaceAll(/\s+/g, " ").toLowerCase();
}

/** What the automatic names of a resource have in common: the normalized name without its last characters, which are random. */
export function stemOf(name: string): string {
  return normalizedName(name).slice(0, -suffixLength);
}

/** A name that no other run can derive. */
export function randomName(logicalName: string): string {
  const suffix = Array.from({ length: suffixLength }, () => alphabet[randomInt(alphabet.length)]).join("");
  return `${logicalName}-${suffix}`;
}
