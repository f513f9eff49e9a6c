import * as pulumi from "@pulumi/pulumi";
import { resolveSettings, type Settings } from "../provider/settings";

/** The settings of the running program's stack: `onvera:apiKey` and `onvera:baseUrl`, else what the machine has. */
export function programSettings(): Settings {
  const config = new pulumi.Config("onvera");
  return resolveSettings({ config: { apiKey: config.get("apiKey"), baseUrl: config.get("baseUrl") } });
}
