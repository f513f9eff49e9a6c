/** What all dynamic resources of a run share: one process hosts them, and one client, one poller and one lifecycle serve them. */

import { tellEvent } from "../runtime/client-events";
import { systemClock } from "../clock";
import { type Connection, connect } from "../runtime/connect";
import type { Watched } from "../runtime/failure-summary";
import type { DeploymentLifecycle } from "../deployment/lifecycle";
import { RunWatch } from "../runtime/run-reporter";
import type { ClientEvent } from "../api/client";
import { preflight } from "../runtime/preflight";
import { resolveSettings, type Settings } from "../runtime/settings";
import { EngineLog, isEngineAddress } from "../../sdk/engine-log";

export interface ProviderConfig {
  readonly apiKey?: string | undefined;
  readonly baseUrl?: string | undefined;
  /** "false" leaves a preview to what the state says. */
  readonly refreshBeforeUpdate?: string | undefined;
}

const engineAddress = process.argv[2] ?? "";
export const engineLog = new EngineLog(engineAddress);
const engineGone = new AbortController();
/** Aborted when the engine has ended. A killed CLI does not end this process, which would still send the creates that wait. */
export const engineSignal: AbortSignal = engineGone.signal;
/** How long a POST on the wire may take after the engine has ended, in milliseconds. */
const endWithinMs = 35_000;
let isWatchingEngine = false;
let callsUnderWay = 0;

export const watch = new RunWatch({
  clock: systemClock,
  tell: (message) => engineLog.write({ severity: "info", message, isEphemeral: false }),
});
/** The deployments that the engine has told of: the state holds them, so no killed run has left them. */
export const knownIds = new Set<string>();

/** What concerns the whole run and was told already. */
const lastingTold = new Set<string>();

let settings: Settings | undefined;
let connection: Connection | undefined;
let preflightDone: Promise<void> | undefined;

/** From the first `configure` on, ends every call and this process soon after the engine has ended. */
export function endWithEngine(): void {
  if (isWatchingEngine || !isEngineAddress(engineAddress)) return;
  isWatchingEngine = true;
  const { watchEngine } = require("./engine-watch") as typeof import("./engine-watch");
  watchEngine(engineAddress, {
    onGone: () => {
      engineGone.abort();
      setTimeout(() => process.exit(), endWithinMs).unref();
      endIfIdle();
    },
  });
}

/** Runs a call that changes something; this process does not end before it. */
export async function during<T>(call: Watched, work: () => Promise<T>): Promise<T> {
  callsUnderWay += 1;
  try {
    return await watch.during(call, work);
  } finally {
    callsUnderWay -= 1;
    endIfIdle();
  }
}

function endIfIdle(): void {
  if (engineSignal.aborted && callsUnderWay === 0) process.exit();
}

/** Throws `SettingsError` where a setting is missing or malformed. */
export function settingsFor(config: ProviderConfig): Settings {
  settings ??= resolveSettings({ config });
  return settings;
}

export function lifecycleFor(config: ProviderConfig): DeploymentLifecycle {
  return connectionFor(config).lifecycle;
}

/** Warns, once, of what an apply with this configuration would run into. For previews; never rejects. */
export function preflightFor(config: ProviderConfig): Promise<void> {
  preflightDone ??= preflight(connectionFor(config).client).then((warnings) => {
    for (const message of warnings) engineLog.write({ severity: "warning", message, isEphemeral: false });
  });
  return preflightDone;
}

function connectionFor(config: ProviderConfig): Connection {
  connection ??= connect(settingsFor(config), { onEvent: tellOf, knownIds });
  return connection;
}

function tellOf(event: ClientEvent): void {
  const told = tellEvent(event);
  if (told === undefined) return;
  const { severity, text: message, matter, isLasting } = told;
  if (isLasting && severity === "warning") {
    if (lastingTold.has(matter)) return;
    lastingTold.add(matter);
  }
  engineLog.write({ severity, message, isEphemeral: !isLasting });
}
