/** Where in a program, and so on which machine, a resource was declared. */
const positions = new Set(["sourcePosition", "stackTrace"]);

/** An exported state, indented, without positions in source files. */
export function stateToKeep(exported: string): string {
  const state: unknown = JSON.parse(exported, (key, value: unknown) => (positions.has(key) ? undefined : value));
  return `${JSON.stringify(state, null, 2)}\n`;
}

/** A data file of the local platform without its API keys. */
export function withoutKeys(data: string): string {
  const lines = data.split("\n").filter((line) => line === "" || !("key" in (JSON.parse(line) as object)));
  return lines.join("\n");
}
