import type { FastifyRequest, FastifyServerOptions } from "fastify";
import { RateLimit, type RateLimitOptions } from "./api/rate-limit";
import { RequestLog } from "./api/request-log";
import { buildServer } from "./api/server";
import { apiPrefix } from "./api/wire";
import { addConsolePage } from "./console/page";
import { Control } from "./control/control";
import { addControlRoutes } from "./control/routes";
import type { FaultHookOptions } from "./faults/hooks";
import { Faults } from "./faults/rules";
import { Listener } from "./listener";
import { Clock } from "./platform/clock";
import { type IdForm, type Ids, randomIds } from "./platform/ids";
import { type KeyOptions, Keys, newKey } from "./platform/keys";
import { Outcomes } from "./platform/outcomes";
import { Platform } from "./platform/platform";
import { defaultSettings, type Settings } from "./settings";
import { problemIn } from "./store/entry-validation";
import { lockDataFile, noJournal, openJournal, readJournal } from "./store/journal";
import { readSnapshot } from "./store/snapshot";

export interface EmulatorOptions {
  /** Default 0: any free port. */
  port?: number;
  /** The address to listen on. Default: loopback. Everyone who can reach another address can use the emulator. */
  host?: string;
  /**
   * How fast operations run: 1 takes minutes, as the platform does; 1000 takes milliseconds; `Infinity` takes no time.
   * Default 1.
   */
  speed?: number;
  /** The file that keeps deployments, operations and keys. Default: they are kept in memory only. */
  data?: string;
  /**
   * The first is the default key. A key that the data file already contains keeps the settings it has there. Default:
   * the data file's keys, or a new key with every scope.
   */
  apiKeys?: readonly KeyOptions[];
  /** Default: no limit. */
  rateLimit?: RateLimitOptions;
  idForm?: IdForm;
  deleteWhileProvisioning?: Settings["deleteWhileProvisioning"];
  /** Minimum duration of each response in real milliseconds; a pair is a range for a random duration. Default 0. */
  latencyMs?: Settings["latencyMs"];
  /** Fastify's logger option. Default: no logs. */
  logger?: FastifyServerOptions["logger"];
  /** The real time in milliseconds since the epoch, for tests. */
  now?: () => number;
  /** Generates IDs, for tests. Default: random IDs. */
  ids?: Ids;
}

export interface Emulator {
  /** The origin, such as `http://127.0.0.1:43123`. */
  readonly url: string;
  /** The base URL of the API: the origin and `/api/v1`. */
  readonly baseUrl: string;
  /** The default API key. */
  readonly apiKey: string;
  readonly control: Control;
  /** Closes all connections, writes pending changes to the data file, and frees the port. */
  close(): Promise<void>;
}

/**
 * Starts an emulator on loopback. Rejects if the port or the data file is in use, or if the data file is corrupt or not
 * an emulator's.
 *
 * @example
 * const emulator = await startEmulator({ speed: 1000 });
 * const response = await fetch(`${emulator.baseUrl}/deployments`, { headers: { "X-API-Key": emulator.apiKey } });
 * await emulator.close();
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const cleanups: (() => Promise<void>)[] = [];
  const runCleanups = async (): Promise<void> => {
    for (let next = cleanups.pop(); next !== undefined; next = cleanups.pop()) await next();
  };
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= runCleanups();
    return closing;
  };
  try {
    return { ...(await start(options, cleanups)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Creates the parts. Pushes a function to `cleanups` for each one that must be closed; they run in reverse order. */
async function start(
  {
    port = 0,
    host,
    speed,
    data,
    apiKeys = [],
    rateLimit: limit,
    logger = false,
    now,
    ids,
    ...settingOptions
  }: EmulatorOptions,
  cleanups: (() => Promise<void>)[],
): Promise<Omit<Emulator, "close">> {
  const file = data === undefined ? undefined : await lockDataFile(data);
  if (file !== undefined) cleanups.push(file.release);
  const snapshot = readSnapshot(file === undefined ? [] : await readJournal(file.path, problemIn));
  const journal = file === undefined ? noJournal : await openJournal(file.path, snapshot.toEntries());
  cleanups.push(() => journal.close());
  const settings: Settings = { ...defaultSettings, ...settingOptions };
  const clock = new Clock({
    speed,
    segments: snapshot.clock,
    ...(now === undefined ? {} : { now }),
    onChange: (segment) => journal.append({ clock: segment }),
  });
  const outcomes = new Outcomes();
  const platform = new Platform({ clock, journal, outcomes, ids: ids ?? randomIds(() => settings.idForm) });
  platform.restore(snapshot.deployments.values(), snapshot.operations.values());
  if (clock.isInstant) platform.finishAll();
  const keys = new Keys({ journal, wallMs: () => clock.wallMs() });
  keys.restore(snapshot.keys.values());
  const defaultKey: KeyOptions = apiKeys[0] ?? { key: keys.list()[0]?.key ?? newKey() };
  const initialKeys = apiKeys.length > 0 ? apiKeys : [defaultKey];
  for (const key of initialKeys) {
    if (keys.find(key.key) === undefined) keys.put(key);
  }
  const rateLimit = new RateLimit(limit);
  const faults = new Faults();
  const log = new RequestLog();

  const control = new Control({
    ...{ platform, clock, keys, outcomes, faults, log, rateLimit, settings, journal },
    initial: { settings: { ...settings }, speed: clock.speed, rateLimit: limit, keys: initialKeys },
    outage: (forMs, afterResponse) => listener.outage(forMs, afterResponse),
  });
  const faultHooks: FaultHookOptions = {
    faults,
    outage: (forMs) => listener.outage(forMs),
    apply: (change, context) => control.apply(change, context),
    deploymentOf: (request) => deploymentOf(request, platform),
  };
  const app = await buildServer({
    ...{ platform, journal, settings, keys, rateLimit, log, faultHooks, clock, logger },
    now: now ?? Date.now,
  });
  cleanups.push(() => app.close());
  await addControlRoutes(app, control);
  await addConsolePage(app);
  await app.ready();
  await journal.flush();
  const listener = new Listener(app.server, { port, host });
  cleanups.push(async () => {
    await listener.close();
    // Requests that a fault holds would keep the server from closing.
    faults.clear();
  });
  await listener.open();
  return { url: listener.origin, baseUrl: listener.origin + apiPrefix, apiKey: defaultKey.key, control };
}

/** The deployment that a request concerns: found by the ID in its path, or the one that it creates. */
function deploymentOf(
  request: FastifyRequest,
  platform: Platform,
): { id?: string | undefined; name?: string | undefined } {
  const { params, body, routeOptions } = request;
  const id = (params as { id?: string } | undefined)?.id;
  if (id === undefined) {
    return { id: request.createdDeploymentId ?? undefined, name: (body as { name?: string } | null | undefined)?.name };
  }
  if (!(routeOptions.url ?? "").includes("/operations/")) return { id, name: platform.anyDeployment(id)?.name };
  const operation = platform.operation(id);
  return { id: operation?.deploymentId, name: operation?.deploymentName };
}
