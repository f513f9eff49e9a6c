import { isIP } from "node:net";
import { parseArgs } from "node:util";
import { type EmulatorOptions, startEmulator } from "./emulator";

export const help = `An emulator of the Onvera platform. Nothing that it deploys is real.

Usage: onvera-emulator [options]

  --port PORT        the port to listen on (default 4010; 0 takes a free port)
  --host ADDRESS     the address to listen on (default 127.0.0.1); use 0.0.0.0 in a container
  --speed FACTOR     how fast operations run: 1 takes minutes, as the platform does (default); 60 turns a minute into
                     a second; "instant" completes them at once
  --data FILE        keep deployments, operations and keys in FILE; acknowledged changes survive a kill
  --api-key KEY      the key to accept (default: $ONVERA_EMULATOR_API_KEY, then the data file's key, then a new one)
  --rate-limit N/S   allow N requests in S seconds for each key, then respond with 429 (default: no limit)
  --id-form FORM     the form of deployment IDs: "prefixed" (dep_<uuid>, default) or "uuid"
  --latency MS       the minimum duration of each response in real milliseconds (default 0)
  --json             print one line of JSON at startup: url, baseUrl, apiKey, pid
  --verbose          log each request to stderr
  --help             print this help

It serves:
  /                  the console: follow deployments, operations and requests live, and simulate failures
  /api/v1            the API; send the key in the X-API-Key header
  /docs              interactive documentation of the API
  /api/v1/openapi.json
  /_emulator/        the control API: request log, faults, outcomes, clock, keys, changes outside Pulumi, reset
`;

interface CliArgs {
  options: EmulatorOptions;
  json: boolean;
}

/** Parses the arguments. Returns `undefined` for `--help`. Throws if an argument is invalid. */
export function parseCliArgs(args: string[], env: NodeJS.ProcessEnv = process.env): CliArgs | undefined {
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
  // Node.js fires a longer timer at once.
  if (!(latencyMs >= 0 && latencyMs <= 2_147_483_647))
    throw new Error(`--latency "${values.latency}" is not a number of milliseconds`);
  const idForm = values["id-form"];
  if (idForm !== "prefixed" && idForm !== "uuid") throw new Error(`--id-form "${idForm}" is neither prefixed nor uuid`);
  const key = values["api-key"] ?? (env["ONVERA_EMULATOR_API_KEY"] || undefined);
  if (key !== undefined && /[^\x21-\x7e]/.test(key)) {
    // Without the key. No client could send it: it is not a valid HTTP header.
    throw new Error("the API key (--api-key or ONVERA_EMULATOR_API_KEY) contains characters other than visible ASCII");
  }
  const options: EmulatorOptions = {
    port,
    latencyMs,
    idForm,
    ...(values.host === undefined ? {} : { host: parseHost(values.host) }),
    ...(values.speed === undefined ? {} : { speed: parseSpeed(values.speed) }),
    ...(values.data === undefined ? {} : { data: values.data }),
    ...(key === undefined ? {} : { apiKeys: [{ key }] }),
    ...(values["rate-limit"] === undefined ? {} : { rateLimit: parseRateLimit(values["rate-limit"]) }),
    ...(values.verbose ? { logger: { stream: process.stderr } } : {}),
  };
  return { options, json: values.json };
}

function parseHost(text: string): string {
  if (isIP(text) === 0) throw new Error(`--host "${text}" is not an IP address`);
  return text;
}

function parseSpeed(text: string): number {
  if (text === "instant") return Number.POSITIVE_INFINITY;
  const speed = Number(text);
  if (!(speed > 0)) throw new Error(`--speed "${text}" is neither a number above 0 nor "instant"`);
  return speed;
}

function parseRateLimit(text: string) {
  const [, requests, perSeconds] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (!(Number(requests) > 0 && Number(perSeconds) > 0)) {
    throw new Error(`--rate-limit "${text}" is not REQUESTS/SECONDS, both above 0, such as 600/60`);
  }
  return { requests: Number(requests), perSeconds: Number(perSeconds) };
}

/** Starts the emulator. SIGINT and SIGTERM close it. */
export async function runCli(args: string[]): Promise<void> {
  const cli = parseCliArgs(args);
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
  console.log(`The Onvera emulator is listening on ${url}

  Console        ${url}/
  Documentation  ${url}/docs
  Control API    ${url}/_emulator/

  export ONVERA_BASE_URL=${baseUrl}
  export ONVERA_API_KEY=${apiKey}

Press Ctrl-C to stop it.`);
}
