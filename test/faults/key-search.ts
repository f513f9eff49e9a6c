import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { commandLines } from "./processes";

/** Searches for the API key where it must never be, and remembers the places. */
export class KeySearch {
  readonly #found = new Set<string>();
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  get found(): readonly string[] {
    return [...this.#found];
  }

  inText(where: string, text: string): void {
    if (text.includes(this.#key)) this.#found.add(where);
  }

  /** In every file below the folder. */
  inFiles(where: string, folder: string): void {
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      const file = join(folder, name);
      try {
        if (statSync(file).isFile() && readFileSync(file).includes(this.#key)) this.#found.add(`${where}: ${name}`);
      } catch {
        // It was removed in the meantime.
      }
    }
  }

  /** In the arguments of every process, several times a second. Returns a function that stops. */
  inProcesses(): () => void {
    const search = () => {
      for (const commandLine of commandLines().values()) this.inText("process arguments", commandLine);
    };
    const timer = setInterval(search, process.platform === "linux" ? 150 : 1_000);
    return () => clearInterval(timer);
  }
}
