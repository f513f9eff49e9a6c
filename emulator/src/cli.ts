import { isIP } from "node:net";
import { parseArgs } from "node:util";
import { type EmulatorOptions, startEmulator } from "./emulator";

export const help = `An emulator of the Onvera platform. Nothing that it deploys is real.

Usage: onvera-emulator [options]

  --port PORT        where to listen (default 4010; 0 takes a free one)
  --host ADDRESS     the address to listen on (default 127.0.0.1); 0.0.0.0 is for containers
  --speed FACTOR     how fast operations go: 1 takes the platform's minutes (default), 60 makes a minute a second,
                     "instant" ends them at once
  --data FILE        keep deployments, operations and keys in FILE; what was acknowledged survives a kill
  --api-key KEY      the key to accept (default: the data file's, else $ONVERA_EMULATOR_API_KEY, else a new one)
  --rate-limit N/S   at most N requests in S seconds for each key, then 429 (default: no limit)
  --id-form FORM     deployment ids as "prefixed" (dep_<uuid>, default) or bare "uuid"
  --latency MS       real milliseconds that each answer takes (default 0)
  --json             print one line of JSON on start: url, baseUrl, apiKey, pid
  --verbose          log each request to stderr
  --help             print this

Once it runs:
  /                  the page: follow deployments, operations and requests live, and simulate failures
  /api/v1            the API; the key goes into the X-API-Key header
  /docs              its documentation, to read and to try
  /api/v1/openapi.json
  /_emulator/        the control API: request log, faults, outcomes, clock, keys, changes outside the API, reset
`;

interface Cli {
  options: EmulatorOptions;
  json: boolean;
}

/** Reads the arguments; `undefined` when help was asked for. Throws for what is not understood. */
export function readArgs(args: string[], env: NodeJS.ProcessEnv = process.env): Cli | undefined {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: "string", default: "4010" },
      host: { type: "string" },
      speed: { type: "string" },
      data: { type: "string" },
      "api-key": { type: "string" },
      "rate-limit": { type: "string" },
      "id-form": { type: "string", default: "prefixed" },
      latency: { type: "string", default: "0" },
      json: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const empty = Object.entries(values).find(([, value]) => typeof value === "string" && value.trim() === "");
  if (empty !== undefined) throw new Error(`--${empty[0]} needs a value`);
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port "${values.port}" is not a port`);
  const latencyMs = Number(values.latency);
  if (!(latencyMs >= 0)) throw new Error(`--latency "${values.latency}" is not a number of milliseconds`);
  const idForm = values["id-form"];
  if (idForm !== "prefixed" && idForm !== "uuid") throw new Error(`--id-form "${idForm}" is neither prefixed nor uuid`);
  const key = values["api-key"] ?? (env["ONVERA_EMULATOR_API_KEY"] || undefined);
  const options: EmulatorOptions = {
    port,
    latencyMs,
    idForm,
    ...(values.host === undefined ? {} : { host: readHost(values.host) }),
    ...(values.speed === undefined ? {} : { speed: readSpeed(values.speed) }),
    ...(values.data === undefined ? {} : { data: values.data }),
    ...(key === undefined ? {} : { apiKeys: [{ key }] }),
    ...(values["rate-limit"] === undefined ? {} : { rateLimit: readRateLimit(values["rate-limit"]) }),
    ...(values.verbose ? { logger: { stream: process.stderr } } : {}),
  };
  return { options, json: values.json };
}

function readHost(text: string): string {
  if (isIP(text) === 0) throw new Error(`--host "${text}" is not an IP address`);
  return text;
}

function readSpeed(text: string): number {
  if (text === "instant") return Number.POSITIVE_INFINITY;
  const speed = Number(text);
  if (!(speed > 0)) throw new Error(`--speed "${text}" is neither a number above 0 nor "instant"`);
  return speed;
}

function readRateLimit(text: string) {
  const [, requests, perSeconds] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (requests === undefined || !(Number(perSeconds) > 0)) {
    throw new Error(`--rate-limit "${text}" is not of the form REQUESTS/SECONDS, such as 600/60`);
  }
  return { requests: Number(requests), perSeconds: Number(perSeconds) };
}

/** Runs the platform until it is interrupted; a signal ends it in good order. */
export async function runCli(args: string[]): Promise<void> {
  const cli = readArgs(args);
  if (cli === undefined) {
    process.stdout.write(help);
    return;
  }
  const emulator = await startEmulator(cli.options);
  const { url, baseUrl, apiKey } = emulator;
  const stop = () => {
    emulator.close().catch((error: unknown) => {
      console.error(error);
      process.exitCode = 1;
    });
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);
  if (cli.json) {
    console.log(JSON.stringify({ url, baseUrl, apiKey, pid: process.pid }));
    return;
  }
  console.log(`The Onvera emulator listens on ${url}

  Page           ${url}/
  Documentation  ${url}/docs
  Controls       ${url}/_emulator/

  export ONVERA_BASE_URL=${baseUrl}
  export ONVERA_API_KEY=${apiKey}

Press Ctrl-C to stop it.`);
}
