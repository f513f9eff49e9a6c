import type { AddressInfo } from "node:net";
import type { FastifyRequest, FastifyServerOptions } from "fastify";
import { RateLimit, type RateLimitOptions } from "./api/rate-limit";
import { RequestLog } from "./api/request-log";
import { buildServer } from "./api/server";
import { apiPrefix } from "./api/wire";
import { Control } from "./control/control";
import { addControlRoutes } from "./control/routes";
import { Faults } from "./faults/rules";
import { Clock } from "./platform/clock";
import { type IdForm, randomIds } from "./platform/ids";
import { type KeyOptions, Keys, newKey } from "./platform/keys";
import { Outcomes } from "./platform/outcomes";
import { Platform } from "./platform/platform";
import { defaultSettings, type Settings } from "./settings";
import { noJournal, openJournal, readJournal, takeDataFile } from "./store/journal";
import { readSnapshot } from "./store/snapshot";

export interface EmulatorOptions {
  /** Default 0: any free one. */
  port?: number;
  /** How fast work goes: 1 takes the platform's minutes, 1000 milliseconds, `Infinity` no time. Default 1. */
  speed?: number;
  /** File to keep deployments, operations and keys in. Default: they are forgotten. */
  data?: string;
  /** The first is the default key. Default: those of the data file, else a new one with every scope. */
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
  const { data, port = 0 } = options;
  const giveBack = data === undefined ? async () => {} : await takeDataFile(data);
  try {
    return await start(options, { data, port, giveBack });
  } catch (error) {
    await giveBack();
    throw error;
  }
}

async function start(
  { speed, apiKeys = [], rateLimit: limit, logger = false, now, ...rest }: EmulatorOptions,
  { data, port, giveBack }: { data: string | undefined; port: number; giveBack: () => Promise<void> },
): Promise<Emulator> {
  const earlier = readSnapshot(data === undefined ? [] : await readJournal(data));
  const journal = data === undefined ? noJournal : await openJournal(data, earlier.toEntries());
  const settings: Settings = { ...defaultSettings };
  for (const name of ["idForm", "deleteWhileProvisioning", "latencyMs"] as const) {
    if (rest[name] !== undefined) Object.assign(settings, { [name]: rest[name] });
  }
  const clock = new Clock({
    speed,
    segments: earlier.clock,
    ...(now === undefined ? {} : { now }),
    onChange: (segment) => journal.append({ clock: segment }),
  });
  const outcomes = new Outcomes();
  const platform = new Platform({ clock, journal, outcomes, ids: randomIds(() => settings.idForm) });
  platform.restore(earlier.deployments.values(), earlier.operations.values());
  const keys = new Keys({ journal, wallMs: () => clock.wallMs() });
  keys.restore(earlier.keys.values());
  for (const key of apiKeys) keys.put(key);
  const defaultKey: KeyOptions = apiKeys[0] ?? keys.list()[0] ?? { key: newKey() };
  if (keys.find(defaultKey.key) === undefined) keys.put(defaultKey);
  const rateLimit = new RateLimit(limit);
  const faults = new Faults();
  const log = new RequestLog();

  let listeningPort = port;
  let isClosed = false;
  const stopListening = () =>
    new Promise<void>((resolve) => {
      if (!app.server.listening) return resolve();
      app.server.close(() => resolve());
      app.server.closeAllConnections();
    });
  const outages = new Set<NodeJS.Timeout>();
  const outage = async (forMs: number): Promise<void> => {
    await stopListening();
    const timer = setTimeout(() => {
      outages.delete(timer);
      if (outages.size === 0 && !isClosed) app.server.listen(listeningPort, "127.0.0.1");
    }, forMs);
    outages.add(timer);
  };
  const control = new Control({
    platform,
    clock,
    keys,
    outcomes,
    faults,
    log,
    rateLimit,
    settings,
    journal,
    defaultKey,
    outage,
  });
  const powers = {
    faults,
    outage,
    apply: control.apply.bind(control),
    deploymentOf: (request: FastifyRequest) => deploymentOf(request, platform),
  };
  const app = await buildServer({ platform, journal, settings, keys, rateLimit, log, powers, logger });
  await addControlRoutes(app, control);
  await app.ready();
  await journal.flush();
  await new Promise<void>((resolve, reject) => {
    app.server.once("error", reject);
    app.server.listen(port, "127.0.0.1", () => {
      app.server.off("error", reject);
      resolve();
    });
  });
  listeningPort = (app.server.address() as AddressInfo).port;
  const url = `http://127.0.0.1:${listeningPort}`;

  return {
    url,
    baseUrl: url + apiPrefix,
    apiKey: defaultKey.key,
    control,
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      for (const timer of outages) clearTimeout(timer);
      await stopListening();
      faults.clear();
      await app.close();
      await journal.close();
      await giveBack();
    },
  };
}

/** The deployment that a request is about: behind the id in its path, or to be made by its body. */
function deploymentOf(
  request: FastifyRequest,
  platform: Platform,
): { id?: string | undefined; name?: string | undefined } {
  const { params, body, routeOptions } = request;
  const id = (params as { id?: string } | undefined)?.id;
  if (id === undefined) return { name: (body as { name?: string } | null | undefined)?.name };
  if (!(routeOptions.url ?? "").includes("/operations/")) return { id, name: platform.anyDeployment(id)?.name };
  const operation = platform.operation(id);
  return { id: operation?.deploymentId, name: operation?.deploymentName };
}
