import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { resolveSettings, type Settings } from "../provider/runtime/settings";
import { runError } from "./run-error";

/** The settings of the running program's stack: `onvera:apiKey` and `onvera:baseUrl`, or the defaults of the machine. */
export function programSettings(): Settings {
  checkProgramConfig();
  const config = new pulumi.Config("onvera");
  return resolveSettings({ config: { apiKey: config.get("apiKey"), baseUrl: config.get("baseUrl") } });
}

/** Whether the program runs in a unit test, under `pulumi.runtime.setMocks`. */
export function isMocked(): boolean {
  return pulumi.runtime.hasMonitor() && pulumi.runtime.getMonitor() instanceof MockMonitor;
}

const namespace = "onvera:";
/** By stack: a process can run several programs (Automation API). */
const checkedStacks = new WeakSet<object>();

/**
 * Checks what the dynamic provider's process cannot: which keys the configuration has, and which of them are secret. Runs once
 * for each stack. The address and the form of the key are checked where they are used.
 *
 * Throws a `RunError` that names everything that is wrong.
 */
export function checkProgramConfig(): void {
  const stack = pulumi.runtime.getStackResource();
  if (stack === undefined || checkedStacks.has(stack) || isMocked()) return;
  const config = new Map(
    Object.entries(pulumi.runtime.allConfig())
      .filter(([key]) => key.startsWith(namespace))
      .map(([key, value]) => [key.slice(namespace.length), value]),
  );
  const problems: string[] = [];
  if (config.has("apiKey") && !isSecret(`${namespace}apiKey`)) {
    problems.push(
      "onvera:apiKey is plain text, so the stack's state would hold it in plain text; run " +
        "`pulumi config set --secret onvera:apiKey <key>`, and replace the key if others can read the configuration or the state",
    );
  }
  config.delete("apiKey");
  config.delete("baseUrl");
  if (config.size > 0) {
    // Loaded only if there is something to check, because it loads slowly.
    const { checkConfig, configKeys } =
      require("../provider/plugin/config") as typeof import("../provider/plugin/config");
    // In a project of this name, the namespace holds the program's own configuration, too.
    const isOwn = (key: string) => pulumi.getProject() !== "onvera" || (configKeys as readonly string[]).includes(key);
    const failures = checkConfig(Object.fromEntries([...config].filter(([key]) => isOwn(key))), {
      checksAccess: false,
    });
    problems.push(...failures.map(({ property, reason }) => `${namespace}${property}: ${reason}`));
  }
  if (problems.length > 0) throw runError(problems.join("; "));
  checkedStacks.add(stack);
}

function isSecret(key: string): boolean {
  // The SDK exports it without a type.
  const { isConfigSecret } = require("@pulumi/pulumi/runtime/config") as {
    isConfigSecret?: (key: string) => boolean;
  };
  return isConfigSecret?.(key) ?? true;
}
