import type * as pulumi from "@pulumi/pulumi";
import { pluginVersion } from "../../provider/plugin/plugin-version";

export const packageName = "onvera";

/** Makes the engine use, or install, the plugin of this package's version. The caller's own options win. */
export function withPackageOptions<T extends pulumi.ResourceOptions | pulumi.InvokeOptions>(opts: T | undefined): T {
  return { version: pluginVersion(), ...opts } as T;
}
