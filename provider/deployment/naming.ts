import { createHmac, randomInt } from "node:crypto";

const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
const suffixLength = 7;

export interface StackNaming {
  /** What only this stack's state knows, and what stays the same for it: nobody else can come to the same names. */
  readonly seed: string;
  /** Tells the resource from all others, those of other stacks and projects included. */
  readonly urn: string;
  readonly logicalName: string;
  /** The name that the resource has had until now, if it is to be replaced. */
  readonly previousName?: string | undefined;
}

/**
 * The automatic name of a resource's next deployment: the same each time it is asked for, until a deployment of that name
 * is in the state. So a run that was killed in the middle of a create asks for the same name as the run after it, which
 * can tell by it what the first one made. A replacement has another name than what it replaces.
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

/** A name that nobody has chosen before, but that no later run can come to again. */
export function randomName(logicalName: string): string {
  const suffix = Array.from({ length: suffixLength }, () => alphabet[randomInt(alphabet.length)]).join("");
  return `${logicalName}-${suffix}`;
}
