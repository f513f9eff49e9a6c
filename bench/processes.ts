import { readdirSync, readFileSync } from "node:fs";
import { descendants } from "../scripts/engine/command";

/** What one process has used so far. */
export interface Usage {
  readonly peakBytes: number;
  readonly cpuMs: number;
}

/** Clock ticks a second, which Linux has fixed for what it shows to programs. */
const ticksPerSecond = 100;

/** Undefined where it is over, or where the system does not tell (only Linux does). */
export function usageOf(pid: number): Usage | undefined {
  try {
    const peakKb = Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [, user = Number.NaN, system = Number.NaN] =
      /^(?:\S+ ){11}(\d+) (\d+)/.exec(stat.slice(stat.lastIndexOf(")") + 2))?.map(Number) ?? [];
    return { peakBytes: peakKb * 1_024, cpuMs: ((user + system) * 1_000) / ticksPerSecond };
  } catch {
    return undefined;
  }
}

/** Watches a command's descendants whose command line matches, until `stop`, which tells the most that one of them has used. */
export function watchUsage(root: number, commandLine: RegExp): { stop(): Usage } {
  let most: Usage = { peakBytes: 0, cpuMs: 0 };
  const look = () => {
    for (const pid of descendants(root)) {
      if (!commandLine.test(commandLineOf(pid))) continue;
      const usage = usageOf(pid);
      if (usage === undefined) continue;
      most = {
        peakBytes: Math.max(most.peakBytes, usage.peakBytes),
        cpuMs: Math.max(most.cpuMs, usage.cpuMs),
      };
    }
  };
  const timer = setInterval(look, 200);
  return {
    stop: () => {
      clearInterval(timer);
      return most;
    },
  };
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

export const canTellUsage = (() => {
  try {
    return readdirSync("/proc/self").includes("status");
  } catch {
    return false;
  }
})();
