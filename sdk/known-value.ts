import * as pulumi from "@pulumi/pulumi";

/**
 * The value of an output without its dependencies; undefined if it is unknown. `apply` never runs for an unknown output, and the
 * public types do not have `isKnown`.
 */
export async function knownValue(output: pulumi.Output<string>): Promise<string | undefined> {
  const { isKnown } = output as { isKnown?: Promise<boolean> };
  if (!(await (isKnown ?? !pulumi.runtime.isDryRun()))) return undefined;
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}
