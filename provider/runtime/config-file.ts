import { readFileSync } from "node:fs";
import { posix, win32 } from "node:path";
import { SettingsError } from "../api/errors";

/** The properties throw a `SettingsError` when they are read if the file has them with another type than a string. */
export interface ConfigFile {
  readonly path: string;
  readonly apiKey: string | undefined;
  readonly baseUrl: string | undefined;
}

/** Returns the file's text. Throws Node.js's error with its code if the file cannot be read. */
export type ReadConfigFile = (path: string) => string;

/**
 * The path of the Onvera CLI's configuration file (API reference, "Conventions"); undefined if the home folder is not known. The
 * published path does not depend on `XDG_CONFIG_HOME`.
 */
export function configFilePath(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
  homedir: () => string,
): string | undefined {
  let home: string | undefined;
  try {
    home = homedir() || undefined;
  } catch {
    // A container's user can have neither HOME nor an entry in the password file.
  }
  if (platform === "win32") {
    const appData = env["APPDATA"] || (home === undefined ? undefined : win32.join(home, "AppData", "Roaming"));
    return appData === undefined ? undefined : win32.join(appData, "onvera", "config.json");
  }
  return home === undefined ? undefined : posix.join(home, ".config", "onvera", "config.json");
}

/**
 * Reads the configuration file of the Onvera CLI; undefined if it does not exist. Throws a `SettingsError` for `setting`, without
 * any content of the file, if the file cannot be read or is not a JSON object.
 */
export function readConfigFile(
  path: string,
  setting: string,
  readText: ReadConfigFile = (file) => readFileSync(file, "utf8"),
): ConfigFile | undefined {
  let text: string;
  try {
    text = readText(path).replace(/^\uFEFF/, "");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "UNKNOWN";
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new SettingsError(
      setting,
      `cannot read ${path} (${code}), which can contain ${setting}; make the file readable`,
      { file: path },
    );
  }
  const content = fieldsOf(parse(path, setting, text));
  if (content === undefined) {
    throw new SettingsError(setting, `${path} is not a JSON object; expected for example {"api_key": "…"}`, {
      file: path,
    });
  }
  const candidates = candidatesIn(content);
  const find = (name: string, properties: readonly string[]) =>
    findString(candidates, properties, { path, setting: name });
  return {
    path,
    get apiKey() {
      return find("onvera:apiKey", ["api_key", "apiKey", "key", "token"]);
    },
    get baseUrl() {
      return find("onvera:baseUrl", ["base_url", "baseUrl", "api_url", "apiUrl"]);
    },
  };
}

type Fields = Readonly<Record<string, unknown>>;

/** The objects that can contain the settings. The file's structure is not published, so this covers the usual ones. */
function candidatesIn(content: Fields): Fields[] {
  const profiles = fieldsOf(own(content, "profiles"));
  const current = [own(content, "current_profile"), own(content, "currentProfile"), own(content, "profile")].find(
    (name): name is string => typeof name === "string",
  );
  const candidates = [
    ...(profiles !== undefined && current !== undefined ? [own(profiles, current)] : []),
    content,
    own(content, "default"),
    ...(profiles !== undefined && current === undefined ? [own(profiles, "default")] : []),
    own(content, "auth"),
    own(content, "credentials"),
  ];
  return candidates.map(fieldsOf).filter((fields) => fields !== undefined);
}

function findString(
  candidates: readonly Fields[],
  names: readonly string[],
  { path, setting }: { path: string; setting: string },
): string | undefined {
  let wrong: string | undefined;
  for (const candidate of candidates) {
    for (const name of names) {
      const value = own(candidate, name);
      if (value === undefined || value === null || value === "") continue;
      if (typeof value === "string") return value;
      wrong ??= name;
    }
  }
  if (wrong === undefined) return undefined;
  // An ignored base URL would send the key to the default address.
  throw new SettingsError(setting, `"${wrong}" in ${path} is not a string; correct or remove it`, { file: path });
}

function own(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function parse(path: string, setting: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Without the message of JSON.parse: it quotes the text around the error, which can be the key.
    throw new SettingsError(setting, `${path} is not valid JSON; correct or remove the file`, { file: path });
  }
}
