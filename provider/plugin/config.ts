import { SettingsError } from "../api/errors";
import { adoptText, adoptTexts } from "../deployment/adopt-setting";
import { type CheckFailure, unknownValue, type Values } from "../resource-handler";
import { resolveSettings, type SettingsSources } from "../runtime/settings";
import { suggestion } from "../suggestion";

/** The provider's configuration: `onvera:…` in the stack's configuration, or an explicit provider's inputs. */
export interface PluginConfig {
  readonly apiKey?: string;
  readonly baseUrl?: string;
  /** Whether the engine reads the current state of each deployment before it computes a diff. Default: true. */
  readonly refreshBeforeUpdate: boolean;
  /** Whether it was off in any run of the stack: the engine may not read the resources that such a run has written. */
  readonly wasRefreshOff: boolean;
  /** Whether runs of the stack used another API key or base URL. */
  readonly hadOtherKeys: boolean;
  /** By the resource's name: the deployment to adopt instead of creating one, or the deployments to ignore (see `parseAdopt`). */
  readonly adopt: Readonly<Record<string, string>>;
}

export const configKeys = ["apiKey", "baseUrl", "refreshBeforeUpdate", "adopt"] as const;
/** The input in the state that records that `refreshBeforeUpdate` was off. */
const refreshWasOff = "__refreshWasOff";
/** The input in the state with the origins of the settings of the last runs (see `originOf`). */
const origins = "__origins";
/** The number of origins to keep; older ones are dropped. */
const keptOrigins = 5;

/**
 * The inputs to keep in the state, with what later runs need to know about this one. `olds` are the inputs in the state, `origin` is
 * the origin of the settings if it is known.
 */
export function inputsToKeep(olds: Values, news: Values, origin: string | undefined): Values {
  const isOff = [olds, news].some(
    (values) => values[refreshWasOff] !== undefined || !readConfig(values).refreshBeforeUpdate,
  );
  const used = originsIn(olds).filter((other) => other !== origin);
  const all = origin === undefined ? used : [...used, origin];
  return {
    ...news,
    ...(isOff ? { [refreshWasOff]: "true" } : {}),
    ...(all.length === 0 ? {} : { [origins]: all.slice(-keptOrigins).join(" ") }),
  };
}

function originsIn(values: Values): string[] {
  const text = values[origins];
  return typeof text === "string" && text !== "" ? text.split(" ") : [];
}

/** The provider inputs that belong to the engine. */
const engineKeys: ReadonlySet<string> = new Set([
  "version",
  "pluginDownloadURL",
  "pluginChecksums",
  "parameterization",
]);
const isEngineKey = (key: string) => engineKeys.has(key) || key.startsWith("__");

/** Everything that is wrong with the configuration, with paths. Unknown values are not checked. */
export function checkConfig(
  values: Values,
  {
    checksAccess = true,
    ...sources
  }: Omit<SettingsSources, "config"> & {
    /** Whether the key and the base URL are checked. Default: true. */
    readonly checksAccess?: boolean;
  } = {},
): CheckFailure[] {
  const failures: CheckFailure[] = [];
  for (const key of Object.keys(values)) {
    if (isEngineKey(key) || (configKeys as readonly string[]).includes(key)) continue;
    const otherwise = `; it has ${configKeys.join(", ")}`;
    failures.push({
      property: key,
      reason: `is not a setting of this provider${suggestion(key, configKeys, otherwise)}`,
    });
  }
  for (const key of checksAccess ? (["apiKey", "baseUrl"] as const) : []) {
    const value = values[key];
    if (value === unknownValue) continue;
    if (value !== undefined && typeof value !== "string") {
      failures.push({ property: key, reason: `expected a string, got ${kindOf(value)}` });
      continue;
    }
    // Each is checked with a valid value of the other one, because only the first error is thrown.
    const valid = key === "apiKey" ? { baseUrl: "https://api.onvera.io/api/v1" } : { apiKey: "valid" };
    failures.push(...failuresOf(key, () => resolveSettings({ ...sources, config: { ...valid, [key]: value } })));
  }
  failures.push(...failuresOf("refreshBeforeUpdate", () => readFlag(values["refreshBeforeUpdate"])));
  failures.push(...adoptFailures(values["adopt"]));
  return failures.filter(
    ({ reason }, index) => failures.findIndex((other) => other.reason === reason && reason !== "") === index,
  );
}

/** Reads a checked configuration. Invalid values count as omitted. */
export function readConfig(values: Values): PluginConfig {
  const text = (key: "apiKey" | "baseUrl") => (typeof values[key] === "string" ? { [key]: values[key] } : {});
  let refreshBeforeUpdate: boolean | undefined;
  try {
    refreshBeforeUpdate = readFlag(values["refreshBeforeUpdate"]);
  } catch {
    // Invalid: the default applies.
  }
  const adopt = readAdopt(values["adopt"]) ?? {};
  return {
    ...text("apiKey"),
    ...text("baseUrl"),
    refreshBeforeUpdate: refreshBeforeUpdate ?? true,
    wasRefreshOff: values[refreshWasOff] !== undefined,
    hadOtherKeys: originsIn(values).length > 1,
    adopt: Object.fromEntries(adoptTexts(adopt)),
  };
}

/** The stack's configuration and generated SDKs send every value as a string; YAML programs do not. */
function readFlag(value: unknown): boolean | undefined {
  if (value === undefined || value === unknownValue) return undefined;
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  throw new SettingsError("onvera:refreshBeforeUpdate", `expected true or false, got ${kindOf(value)}`);
}

function readAdopt(value: unknown): Values | undefined {
  let parsed = value;
  if (typeof parsed === "string") {
    try {
      parsed = JSON.parse(parsed);
    } catch {
      return undefined;
    }
  }
  return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? (parsed as Values) : undefined;
}

function adoptFailures(value: unknown): CheckFailure[] {
  if (value === undefined || value === unknownValue) return [];
  const adopt = readAdopt(value);
  if (adopt === undefined) {
    return [{ property: "adopt", reason: "expected deployment ids by the names of resources, such as {etl: <id>}" }];
  }
  return Object.entries(adopt).flatMap(([name, id]) =>
    adoptText(id) !== undefined || id === unknownValue
      ? []
      : [{ property: `adopt.${name}`, reason: `expected the id of a deployment, got ${kindOf(id)}` }],
  );
}

function failuresOf(property: string, check: () => unknown): CheckFailure[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return [{ property, reason: error.message }];
  }
}

/** The type of a value, without the value itself: it can be a key in the wrong place. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (value === unknownValue) return "a value that is not known yet";
  if (Array.isArray(value)) return "an array";
  if (value === "") return "an empty string";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
