import { readFileSync } from "node:fs";
import { posix, win32 } from "node:path";
import { SettingsError } from "../api/errors";

export interface ConfigFile {
  readonly path: string;
  readonly apiKey: string | undefined;
  readonly baseUrl: string | undefined;
}

/** Returns the file's text; throws Node.js's error with its code where it cannot. */
export type ReadConfigFile = (path: string) => string;

/**
 * Where the Onvera CLI keeps its configuration (the contract, "Conventions"): undefined where the home folder is not
 * known. The path is published as it is, so `XDG_CONFIG_HOME` is not asked.
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
    // A container's user may have neither HOME nor an entry in the password file.
  }
  if (platform === "win32") {
    const appData = env["APPDATA"] || (home === undefined ? undefined : win32.join(home, "AppData", "Roaming"));
    return appData === undefined ? undefined : win32.join(appData, "onvera", "config.json");
  }
  return home === undefined ? undefined : posix.join(home, ".config", "onvera", "config.json");
}

/**
 * Reads the configuration file of the Onvera CLI; undefined where there is none. A file that cannot be read or is no JSON
 * object is a `SettingsError` for `setting`, which names the place in the file, but nothing that is in it.
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
    throw new SettingsError(setting, `${path} cannot be read (${code}); ${setting} may be in it: allow reading it`);
  }
  const content = fieldsOf(parse(path, setting, text));
  if (content === undefined) {
    throw new SettingsError(setting, `${path}:1:1 is not a JSON object; it should be like {"api_key": "…"}`);
  }
  const places = placesIn(content);
  return {
    path,
    apiKey: find(places, ["api_key", "apiKey", "key", "token"]),
    baseUrl: find(places, ["base_url", "baseUrl", "api_url", "apiUrl"]),
  };
}

type Fields = Readonly<Record<string, unknown>>;

/** The file's layout is not published: settings are looked for in each place where command-line tools usually keep them. */
function placesIn(content: Fields): Fields[] {
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

function find(places: readonly Fields[], names: readonly string[]): string | undefined {
  for (const place of places) {
    for (const name of names) {
      const value = own(place, name);
      if (typeof value === "string" && value !== "") return value;
    }
  }
  return undefined;
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
    // JSON.parse's own message quotes the text around the mistake, which may well be the key.
    const before = text.slice(0, firstMistakeIn(text)).split("\n");
    const column = (before.at(-1)?.length ?? 0) + 1;
    throw new SettingsError(
      setting,
      `${path}:${before.length}:${column} is not JSON from here on; correct or remove the file`,
    );
  }
}

/** One token of JSON, after white space. */
const token =
  /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)))/uy;

/** The offset of the first token that cannot stand where it stands, in a text that is not JSON. */
function firstMistakeIn(text: string): number {
  const open: string[] = [];
  let expected: "value" | "value or ]" | "key" | "key or }" | "colon" | "separator" | "end" = "value";
  const scan = new RegExp(token);
  for (;;) {
    const at = scan.lastIndex;
    const [, mark, string, other] = scan.exec(text) ?? [];
    const isValue: boolean = expected === "value" || expected === "value or ]";
    const isKey: boolean = expected === "key" || expected === "key or }";
    const after = (): typeof expected => (open.length === 0 ? "end" : "separator");
    if (string !== undefined && isKey) expected = "colon";
    else if ((string ?? other) !== undefined && isValue) expected = after();
    else if (mark === ":" && expected === "colon") expected = "value";
    else if (mark === "," && expected === "separator") expected = open.at(-1) === "{" ? "key" : "value";
    else if ((mark === "{" || mark === "[") && isValue) {
      open.push(mark);
      expected = mark === "{" ? "key or }" : "value or ]";
    } else if (
      (mark === "}" && open.at(-1) === "{" && (expected === "key or }" || expected === "separator")) ||
      (mark === "]" && open.at(-1) === "[" && (expected === "value or ]" || expected === "separator"))
    ) {
      open.pop();
      expected = after();
    } else {
      return at + (/^[ \t\n\r]*/.exec(text.slice(at))?.[0].length ?? 0);
    }
  }
}
