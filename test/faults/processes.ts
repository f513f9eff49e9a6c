import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** The arguments of every process on this machine, by process id. */
export function commandLines(): Map<number, string> {
  if (process.platform !== "linux") {
    const table = execFileSync("ps", ["-A", "-o", "pid=,command="], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
    return new Map(
      table.split("\n").map((line) => {
        const [, pid, command = ""] = /^\s*(\d+)\s(.*)$/.exec(line) ?? [];
        return [Number(pid), command];
      }),
    );
  }
  const lines = new Map<number, string>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      lines.set(Number(pid), readFileSync(`/proc/${pid}/cmdline`, "utf8"));
    } catch {
      // It ended in the meantime.
    }
  }
  return lines;
}

export function killIfAlive(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}
