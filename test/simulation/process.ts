/**
 * The simulated processes. They share the instances of the product's modules, because code that is loaded anew for each process runs
 * slower. Time, randomness and transport come from the process whose code is running.
 */

import crypto from "node:crypto";
import http from "node:http";
import { FakeRequest, type RequestConfig } from "./fake-request";
import type { Host } from "./host";
import type { Random } from "./random";
import { currentOwner, runFor, type TimerHandle, type VirtualTime } from "./virtual-time";

export interface SimulatedProcess {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly isAlive: () => boolean;
  /** The offset of the local clock from the simulation's, in milliseconds. */
  readonly clockOffsetMs: () => number;
  /** Sends a request of axios. */
  readonly request: (config: RequestConfig) => Promise<unknown>;
  /** Shows a message to the user. */
  readonly log: (message: string) => void;
}

function own(): SimulatedProcess {
  const process = currentOwner();
  if (process === undefined) throw new Error("no simulated process runs");
  return process as SimulatedProcess;
}

const later = (fire: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): TimerHandle => {
  const { time, isAlive } = own();
  // As in Node.js: whole milliseconds, and at least one.
  return time.after(Math.max(1, Math.trunc(ms)), () => {
    if (isAlive()) fire(...args);
  });
};
const wallNow = () => own().time.now + own().clockOffsetMs();

class SimulatedDate extends Date {
  constructor(...args: [] | [number]) {
    if (args.length === 0) super(wallNow());
    else super(...args);
  }
  static override now(): number {
    return wallNow();
  }
}

/** Stands for Node.js's `AbortSignal`, as far as the product uses it: creating a real one takes longer than a simulated request. */
class Signal {
  aborted = false;
  reason: Error | undefined;
  readonly #listeners = new Set<() => void>();

  addEventListener(_: "abort", listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_: "abort", listener: () => void): void {
    this.#listeners.delete(listener);
  }

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = Object.assign(new Error("This operation was aborted"), { name: "AbortError" });
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}

class SimulatedAbortController {
  readonly signal = new Signal();

  abort(): void {
    this.signal.abort();
  }
}

const math: Math = Object.create(Math);
math.random = () => own().random.next();

/** What the product has in place of Node.js's own globals. */
export const processGlobals = {
  setTimeout: later,
  clearTimeout: (timer: TimerHandle | undefined) => timer?.cancel(),
  AbortController: SimulatedAbortController,
  performance: { now: () => own().time.now - own().time.start },
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

class Axios {
  request(config: RequestConfig): Promise<unknown> {
    return own().request(config);
  }
}

class Agent {}

const httpClient = { ...http, Agent, request: () => new FakeRequest() };
const httpModule = { ...httpClient, default: httpClient, __esModule: true };

const randomInt = (least: number, end?: number) =>
  end === undefined ? own().random.integer(0, least) : own().random.integer(least, end);
const ownCrypto = { ...crypto, randomInt, randomUUID: () => own().random.uuid() };

/** Replaces AsyncLocalStorage, whose hooks on every promise are slow. The product uses it only to choose the line that shows a message. */
class NoStorage {
  run<T>(_: unknown, work: () => T): T {
    return work();
  }

  getStore(): undefined {
    return undefined;
  }
}

class EngineLog {
  readonly #process = own();

  write({ message }: { message: string }): void {
    this.#process.log(message);
  }

  async flush(): Promise<void> {}
}

/** What the product has in place of packages, of Node.js's modules, and of modules of its own. */
export const processModules: Readonly<Record<string, unknown>> = {
  axios: { Axios },
  "node:http": httpModule,
  "node:https": httpModule,
  "node:crypto": { ...ownCrypto, default: ownCrypto, __esModule: true },
  // Signals are no event targets here.
  "node:events": { setMaxListeners: () => undefined },
  "node:async_hooks": { AsyncLocalStorage: NoStorage },
  "provider/runtime/engine-log": { EngineLog },
  "provider/version": { readPackageVersion: () => "0.0.0" },
};

/** The functions of a host, each of which runs in the process. */
export function hostIn(process: SimulatedProcess, host: Host): Host {
  const inProcess = ([name, call]: [string, (...args: never[]) => unknown]) =>
    [name, (...args: never[]) => runFor(process, () => call(...args))] as const;
  return Object.fromEntries(Object.entries(host).map(inProcess)) as unknown as Host;
}
