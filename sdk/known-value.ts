import * as pulumi from "@pulumi/pulumi";

/**
 * The value alone, without what the output depends on; undefined where it is not known. `apply` of an output that is not
 * known never runs; its public typings hide how to tell.
 */
export async function knownValue(output: pulumi.Output<string>): Promise<string | undefined> {
  const { isKnown } = output as { isKnown?: Promise<boolean> };
  if (!(await (isKnown ?? !pulumi.runtime.isDryRun()))) return undefined;
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}
