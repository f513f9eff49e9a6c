import { readdirSync, readFileSync } from "node:fs";
import { descendants } from "../scripts/engine/command";

/** The resources that a process has used so far. */
export interface Usage {
  readonly peakBytes: number;
  readonly cpuMs: number;
}

/** Clock ticks per second, a constant of the Linux interface. */
const ticksPerSecond = 100;

/** Undefined if the process has ended, or on systems other than Linux. */
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

/** Measures the descendants of a process whose command line matches. `stop` returns the largest usage of one of them. */
export function watchUsage(root: number, commandLine: RegExp): { stop(): Usage } {
  let most: Usage = { peakBytes: 0, cpuMs: 0 };
  const measure = () => {
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
  const timer = setInterval(measure, 200);
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

/** The CPU time of a process and of all its descendants that have ended, in milliseconds; undefined where it is over. */
export function treeCpuMs(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) * 1_000) / ticksPerSecond;
  } catch {
    return undefined;
  }
}
