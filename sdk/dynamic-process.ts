/** What all dynamic resources of a run share: one process hosts them, and one client, one poller and one lifecycle serve them. */

import { type Connection, connect } from "../provider/connection";
import type { DeploymentLifecycle } from "../provider/deployment/lifecycle";
import { retryText } from "../provider/retry-text";
import { resolveSettings, type Settings } from "../provider/settings";
import { EngineLog } from "./engine-log";

export interface ProviderConfig {
  readonly apiKey?: string | undefined;
  readonly baseUrl?: string | undefined;
}

export const engineLog = new EngineLog(process.argv[2]);

let settings: Settings | undefined;
let connection: Connection | undefined;

/** Throws `SettingsError` where a setting is missing or malformed. */
export function settingsFor(config: ProviderConfig): Settings {
  settings ??= resolveSettings({ config });
  return settings;
}

export function lifecycleFor(config: ProviderConfig): DeploymentLifecycle {
  connection ??= connect(settingsFor(config), (event) => {
    if (event.kind !== "retry") return;
    engineLog.write({ severity: "warning", message: retryText(event), isEphemeral: true });
  });
  return connection.lifecycle;
}
