/** Lines of the engine and of the Automation API that do not name a cause. */
const noCause =
  /^(?:\d+ errors? occurred:|code: -?\d+|stdout:|(?:stderr: |err\?: Error: )?Command failed with .*|\w+ failed)$/;

/** Why a run failed, in one line: each message once, without credentials. */
export function reasonOf(text: string): string {
  const lines = text.split("\n").map((line) => line.trim().replace(/^\* /, ""));
  const causes = lines.filter((line) => line !== "" && !noCause.test(line));
  return withoutCredentials([...new Set(causes.length > 0 ? causes : lines)].join(" ").trim()).slice(0, 1_000);
}

/**
 * Masks user and password in URLs, such as that of a state database that Pulumi cannot reach, and passwords in their queries. Masks
 * too much rather than too little: a password can contain "@" and "/".
 */
export function withoutCredentials(text: string): string {
  return text
    .replaceAll(/(?<=:\/\/)\S+@/g, "***@")
    .replaceAll(/([?&][\w.-]*(?:password|secret|token|key)=)[^&#\s"]*/gi, "$1***");
}
