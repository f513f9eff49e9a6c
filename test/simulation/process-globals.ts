/** Time and randomness of a simulated process. */

import crypto from "node:crypto";
import type { ProcessGlobals } from "./product";
import type { Random } from "./random";
import type { TimerHandle, VirtualTime } from "./virtual-time";

/** What a simulated process has in place of Node.js's own. */
export function processGlobals({
  time,
  random,
  isAlive,
  clockOffsetMs,
}: {
  time: VirtualTime;
  random: Random;
  isAlive: () => boolean;
  /** The offset of the local clock from the simulation's, in milliseconds. */
  clockOffsetMs: () => number;
}): ProcessGlobals {
  const later = (fire: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): TimerHandle =>
    // As in Node.js: whole milliseconds, and at least one.
    time.after(Math.max(1, Math.trunc(ms)), () => {
      if (isAlive()) fire(...args);
    });
  const wallNow = () => time.now + clockOffsetMs();
  const cancel = (timer: TimerHandle | undefined) => timer?.cancel();
  const every = (fire: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): TimerHandle => {
    let current: TimerHandle;
    const again = (): void => {
      current = later(() => {
        again();
        fire(...args);
      }, ms);
    };
    again();
    const handle: TimerHandle = { ref: () => handle, unref: () => handle, cancel: () => current.cancel() };
    return handle;
  };
  class SimulatedDate extends Date {
    constructor(...args: [] | [number]) {
      if (args.length === 0) super(wallNow());
      else super(...args);
    }
    static override now(): number {
      return wallNow();
    }
  }
  const math: Math = Object.create(Math);
  math.random = () => random.next();
  return {
    setTimeout: later,
    clearTimeout: cancel,
    setInterval: every,
    clearInterval: cancel,
    performance: { now: () => time.now - time.start, timeOrigin: time.start },
    Date: SimulatedDate,
    Math: math,
    process: {
      env: { HOME: "/nonexistent" },
      argv: ["node", "provider"],
      ppid: 2,
      pid: 3,
      platform: "linux",
      version: process.version,
      versions: process.versions,
      cwd: () => "/",
      on: () => undefined,
      once: () => undefined,
      off: () => undefined,
      emitWarning: () => undefined,
    },
  };
}

/** `node:crypto` with the randomness of the simulation. */
export function processCrypto(random: Random): unknown {
  const randomInt = (least: number, end?: number) =>
    end === undefined ? random.integer(0, least) : random.integer(least, end);
  const own = { ...crypto, randomInt, randomUUID: () => random.uuid() };
  return { ...own, default: own, __esModule: true };
}

/** The line of the display that shows a message is all that the product keeps in it, and hooks on every promise take long. */
export class NoStorage {
  run<T>(_: unknown, work: () => T): T {
    return work();
  }

  getStore(): undefined {
    return undefined;
  }
}
