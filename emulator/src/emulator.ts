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
  /** Default 0: any free one. */
  port?: number;
  /** The address to listen on. Default: loopback. Anyone who reaches another one can use the emulator. */
  host?: string;
  /** How fast work goes: 1 takes the platform's minutes, 1000 milliseconds, `Infinity` no time. Default 1. */
  speed?: number;
  /** File to keep deployments, operations and keys in. Default: they are forgotten. */
  data?: string;
  /**
   * The first is the default key. Those that the data file knows stay as they are there. Default: the data file's, else a
   * new one with every scope.
   */
  apiKeys?: readonly KeyOptions[];
  /** Default: none. */
  rateLimit?: RateLimitOptions;
  idForm?: IdForm;
  deleteWhileProvisioning?: Settings["deleteWhileProvisioning"];
  /** Real milliseconds that each answer takes at least; a pair is a range to draw from. Default 0. */
  latencyMs?: Settings["latencyMs"];
  /** Fastify's. Default: silent. */
  logger?: FastifyServerOptions["logger"];
  /** Real time in milliseconds since the epoch, for tests. */
  now?: () => number;
  /** Where identifiers come from, for tests. Default: they are random. */
  ids?: Ids;
}

export interface Emulator {
  /** Origin, such as `http://127.0.0.1:43123`. */
  readonly url: string;
  /** Where the API is: the origin and `/api/v1`. */
  readonly baseUrl: string;
  /** The default key. */
  readonly apiKey: string;
  readonly control: Control;
  /** Breaks off what is under way, writes out what is kept, and frees the port. */
  close(): Promise<void>;
}

/**
 * Starts a platform on loopback. Rejects when the port is taken, or the data file is damaged, foreign or in use.
 *
 * @example
 * const emulator = await startEmulator({ speed: 1000 });
 * const answer = await fetch(`${emulator.baseUrl}/deployments`, { headers: { "X-API-Key": emulator.apiKey } });
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

/** Puts the parts together. What has to be ended, last first, is added to `cleanups` as it comes to be. */
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
    ...{ platform, journal, settings, keys, rateLimit, log, faultHooks, logger },
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
    // Requests that hang by a fault would keep the server from ending.
    faults.clear();
  });
  await listener.open();
  return { url: listener.origin, baseUrl: listener.origin + apiPrefix, apiKey: defaultKey.key, control };
}

/** The deployment that a request is about: behind the id in its path, or made (to be made) by its body. */
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
