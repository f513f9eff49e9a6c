import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { commandLines } from "./processes";

/** Looks for the API key where it must never be, and remembers where it was found. */
export class KeyWatch {
  readonly #found = new Set<string>();
  readonly #key: string;
  #timer: NodeJS.Timeout | undefined;

  constructor(key: string) {
    this.#key = key;
  }

  /** Each place once, for people. */
  get found(): readonly string[] {
    return [...this.#found];
  }

  lookAtText(where: string, text: string): void {
    if (text.includes(this.#key)) this.#found.add(where);
  }

  /** Every file below the folder. */
  lookAtFiles(where: string, folder: string): void {
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      const file = join(folder, name);
      try {
        if (statSync(file).isFile() && readFileSync(file).includes(this.#key)) this.#found.add(`${where}: ${name}`);
      } catch {
        // Gone in between.
      }
    }
  }

  /** Looks at every process's arguments from now on, several times a second, until `stop`. */
  watchProcesses(): { stop(): void } {
    const look = () => {
      for (const commandLine of commandLines().values()) this.lookAtText("process arguments", commandLine);
    };
    this.#timer = setInterval(look, process.platform === "linux" ? 150 : 1_000);
    return { stop: () => clearInterval(this.#timer) };
  }
}
