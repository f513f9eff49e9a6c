/** What all dynamic resources of a run share: one process hosts them, and one client, one poller and one lifecycle serve them. */

import { tellEvent } from "../provider/client-events";
import { systemClock } from "../provider/clock";
import { type Connection, connect } from "../provider/connection";
import type { DeploymentLifecycle } from "../provider/deployment/lifecycle";
import { SlotHint } from "../provider/deployment/slot-hint";
import type { ClientEvent } from "../provider/onvera/client";
import { resolveSettings, type Settings } from "../provider/settings";
import { EngineLog } from "./engine-log";

export interface ProviderConfig {
  readonly apiKey?: string | undefined;
  readonly baseUrl?: string | undefined;
  /** "false" leaves a preview to what the state says. */
  readonly refreshBeforeUpdate?: string | undefined;
}

export const engineLog = new EngineLog(process.argv[2]);
export const slotHint = new SlotHint({
  clock: systemClock,
  tell: (message) => engineLog.write({ severity: "info", message, isEphemeral: false }),
});
/** The deployments that the engine has told of: the state holds them, so no killed run has left them. */
export const knownIds = new Set<string>();

let settings: Settings | undefined;
let connection: Connection | undefined;

/** Throws `SettingsError` where a setting is missing or malformed. */
export function settingsFor(config: ProviderConfig): Settings {
  settings ??= resolveSettings({ config });
  return settings;
}

export function lifecycleFor(config: ProviderConfig): DeploymentLifecycle {
  connection ??= connect(settingsFor(config), { onEvent: tellOf, knownIds });
  return connection.lifecycle;
}

function tellOf(event: ClientEvent): void {
  const told = tellEvent(event);
  if (told === undefined) return;
  const { severity, text: message } = told;
  engineLog.write({ severity, message, isEphemeral: severity !== "debug" });
}
