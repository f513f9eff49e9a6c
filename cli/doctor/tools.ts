import { CommandError } from "../errors";
import type { PulumiCli } from "../pulumi";
import { type Check, ok, problem } from "./report";

/** As in package.json: `engines` and `peerDependencies`. */
export const oldestNode = "20.0.0";
export const oldestPulumi = "3.181.0";

export function checkNode(version: string): Check {
  if (isAtLeast(version, oldestNode)) return ok("node", `Node.js ${version}`);
  const oldest = oldestNode.replace(/\..*/, "");
  return problem("node", "error", `Node.js ${version} is too old`, `install Node.js ${oldest} or newer`);
}

/** `isUsable` is false if the CLI does not run: then no stack can be checked. */
export async function checkPulumi(pulumi: PulumiCli): Promise<Check & { readonly isUsable: boolean }> {
  const install =
    "install Pulumi (https://www.pulumi.com/docs/install/), or set its path with --pulumi or PULUMI_COMMAND";
  try {
    const ended = await pulumi.run(["version"]);
    const version = ended.stdout.trim().replace(/^v/, "");
    if (ended.how !== undefined || !/^\d+\./.test(version)) {
      return { ...problem("pulumi", "error", pulumi.failureText("version", ended), install), isUsable: false };
    }
    const message = `Pulumi CLI ${version} (${pulumi.command})`;
    if (isAtLeast(version, oldestPulumi)) return { ...ok("pulumi", message), isUsable: true };
    const remedy = `update the Pulumi CLI to ${oldestPulumi} or newer`;
    return { ...problem("pulumi", "error", `${message} is too old`, remedy), isUsable: true };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { ...problem("pulumi", "error", error.message.split("; ")[0] ?? "", install), isUsable: false };
  }
}

function isAtLeast(version: string, oldest: string): boolean {
  const numbers = (text: string) => text.split(/[.+-]/).slice(0, 3).map(Number);
  const [given, wanted] = [numbers(version.replace(/^v/, "")), numbers(oldest)];
  for (const [index, number] of wanted.entries()) {
    const difference = (given[index] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
