import { type Stats, statSync } from "node:fs";
import { homedir } from "node:os";
import { SettingsError } from "../../provider/api/errors";
import { isLoopbackHost } from "../../provider/api/loopback";
import { checkConfig } from "../../provider/plugin/config";
import { configFilePath } from "../../provider/runtime/config-file";
import { resolveSettings, type Settings } from "../../provider/runtime/settings";
import { type OnveraConfig, textSetting } from "../stack";
import { type Check, ok, problem } from "./report";

export interface AccessOptions {
  /** The stack's `onvera:` settings; empty if there is no stack. */
  readonly config: OnveraConfig;
  readonly env: NodeJS.ProcessEnv;
}

/** The settings as the provider resolves them, with what is wrong with them. `settings` is undefined if one is missing or invalid. */
export function checkAccess({ config, env }: AccessOptions): { checks: Check[]; settings: Settings | undefined } {
  const checks = checkStackConfig(config);
  if (config.get("apiKey")?.isSecret === false) {
    checks.push(
      problem(
        "apiKey",
        "error",
        "onvera:apiKey is plain text in the stack's configuration, and so in the stack's state",
        "run `pulumi config set --secret onvera:apiKey <key>`, and replace the key if others can read the configuration",
      ),
    );
  }
  checks.push(...checkKeyFile(config, env));
  const given = { apiKey: textSetting(config, "apiKey"), baseUrl: textSetting(config, "baseUrl") };
  try {
    const settings = resolveSettings({ config: given, env });
    checks.push(ok("apiKey", `from ${sourceOf("apiKey", config, env)}`));
    checks.push(ok("baseUrl", `${settings.baseUrl}, from ${sourceOf("baseUrl", config, env)}`));
    checks.push(...checkConnectionSettings(settings, env));
    return { checks, settings };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    checks.push(settingProblem(error, config, env));
    return { checks, settings: undefined };
  }
}

function settingProblem(error: SettingsError, config: OnveraConfig, env: NodeJS.ProcessEnv): Check {
  const { setting, message, file } = error;
  if (!setting.startsWith("onvera:")) return problem("config", "error", message, `correct or unset ${setting}`);
  const id = setting === "onvera:baseUrl" ? "baseUrl" : "apiKey";
  if (file !== undefined) return problem(id, "error", message, `correct or remove ${file}`);
  const variable = variableOf[id];
  const remedy =
    !config.has(id) && env[variable]
      ? `correct or unset ${variable}`
      : id === "baseUrl"
        ? "correct the base URL, or remove it to use Onvera's"
        : "give the stack a key: `pulumi config set --secret onvera:apiKey <key>`";
  return problem(id, "error", message, remedy);
}

function checkStackConfig(config: OnveraConfig): Check[] {
  const values = Object.fromEntries([...config].map(([name, { value }]) => [name, value]));
  return checkConfig(values, { checksAccess: false }).map(({ property, reason }) =>
    problem(
      "config",
      "error",
      `onvera:${property} ${reason}`,
      `correct it, or remove it with \`pulumi config rm onvera:${property.split(".")[0]}\``,
    ),
  );
}

const variableOf = { apiKey: "ONVERA_API_KEY", baseUrl: "ONVERA_BASE_URL" } as const;

function sourceOf(name: "apiKey" | "baseUrl", config: OnveraConfig, env: NodeJS.ProcessEnv): string {
  const variable = variableOf[name];
  if (config.has(name)) {
    const isSet = (env[variable] ?? "") !== "";
    return `the stack's configuration${isSet ? ` (${variable} is set as well, and has no effect)` : ""}`;
  }
  if (env[variable]) return variable;
  const file = configFilePath(env, process.platform, homedir);
  // Without a base URL in the file, the settings have the published one.
  return name === "apiKey" ? (file ?? "the Onvera CLI's file") : "the Onvera CLI's file or the default";
}

/** A file that other users of the machine can read gives the key away. */
function checkKeyFile(config: OnveraConfig, env: NodeJS.ProcessEnv): Check[] {
  const file = configFilePath(env, process.platform, homedir);
  if (file === undefined || process.platform === "win32" || config.has("apiKey") || env["ONVERA_API_KEY"]) return [];
  const stats = statsOf(file);
  // The mode of a folder is not the problem, and resolving the settings reports the folder.
  if (stats === undefined || stats.isDirectory() || (stats.mode & 0o077) === 0) return [];
  return [problem("apiKey", "warning", `${file} can be read by other users`, `run \`chmod 600 ${file}\``)];
}

/** Undefined if there is no file, or it is not accessible: resolving the settings reports that. */
function statsOf(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch {
    return undefined;
  }
}

function checkConnectionSettings({ baseUrl }: Settings, env: NodeJS.ProcessEnv): Check[] {
  const { protocol, hostname } = new URL(baseUrl);
  const checks: Check[] = [];
  if (env["NODE_TLS_REJECT_UNAUTHORIZED"] === "0" && protocol === "https:") {
    checks.push(
      problem(
        "tls",
        "error",
        "NODE_TLS_REJECT_UNAUTHORIZED=0 turns the check of certificates off, so anybody on the network can read the key",
        "unset NODE_TLS_REJECT_UNAUTHORIZED; for a company's proxy, set NODE_EXTRA_CA_CERTS to the file of its CA",
      ),
    );
  }
  const proxy = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].find((name) => env[name]);
  if (proxy !== undefined && protocol === "https:" && !isLoopbackHost(hostname)) {
    const exceptions = env["NO_PROXY"] ?? env["no_proxy"];
    const except = exceptions ? `, except for ${exceptions}` : "";
    checks.push(ok("proxy", `${proxy}=${withoutCredentials(env[proxy] ?? "")}${except}`));
  }
  return checks;
}

/** The user and password of an address stay out of a report that people show to others. */
function withoutCredentials(address: string): string {
  return address.replace(/^(\w+:\/\/)?.*@/, "$1…@");
}
