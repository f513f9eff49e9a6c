/** What all dynamic resources of a run share: one process hosts them, and one client, one poller and one lifecycle serve them. */

import { systemClock } from "../provider/clock";
import type { DeploymentLifecycle } from "../provider/deployment/lifecycle";
import { resolveSettings, type Settings } from "../provider/settings";

export interface ProviderConfig {
  readonly apiKey?: string | undefined;
  readonly baseUrl?: string | undefined;
}

let settings: Settings | undefined;
let lifecycle: DeploymentLifecycle | undefined;

/** Throws `SettingsError` where a setting is missing or malformed. */
export function settingsFor(config: ProviderConfig): Settings {
  settings ??= resolveSettings({ config });
  return settings;
}

export function lifecycleFor(config: ProviderConfig): DeploymentLifecycle {
  if (lifecycle === undefined) {
    // Loaded at the first call that needs the platform: previews do without the HTTP client, which takes long to load.
    const { OnveraClient } = require("../provider/onvera/client") as typeof import("../provider/onvera/client");
    const { Poller } = require("../provider/operations/poller") as typeof import("../provider/operations/poller");
    const lifecycleModule =
      require("../provider/deployment/lifecycle") as typeof import("../provider/deployment/lifecycle");
    const current = settingsFor(config);
    lifecycle = new lifecycleModule.DeploymentLifecycle({
      client: new OnveraClient({ settings: current }),
      poller: new Poller({ clock: systemClock, ...pollIntervals(current) }),
      clock: systemClock,
    });
  }
  return lifecycle;
}

function pollIntervals({ pollIntervalMs }: Settings) {
  return pollIntervalMs === undefined ? {} : { minIntervalMs: pollIntervalMs, maxIntervalMs: pollIntervalMs };
}
