/** Properties that hold the place of a declaration in a program, and so paths of a machine. */
const positions = new Set(["sourcePosition", "stackTrace"]);

/** An exported state, indented, without positions in programs. */
export function stateToKeep(exported: string): string {
  const state: unknown = JSON.parse(exported, (key, value: unknown) => (positions.has(key) ? undefined : value));
  return `${JSON.stringify(state, null, 2)}\n`;
}

/** A data file of the emulator without its API keys. */
export function withoutKeys(data: string): string {
  const lines = data.split("\n").filter((line) => line === "" || !("key" in (JSON.parse(line) as object)));
  return lines.join("\n");
}
