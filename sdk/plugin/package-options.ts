import type * as pulumi from "@pulumi/pulumi";
import { pluginDownloadUrl } from "../../provider/plugin/home";
import { readPackageVersion } from "../../provider/version";

export const packageName = "onvera";

/** Makes the engine use the plugin of this package's version, and install it if it is missing. The caller's own options win. */
export function withPackageOptions<T extends pulumi.ResourceOptions | pulumi.InvokeOptions>(opts: T | undefined): T {
  return { version: readPackageVersion(), pluginDownloadURL: pluginDownloadUrl, ...opts } as T;
}
