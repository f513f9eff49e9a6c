import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { repositoryRoot } from "../../scripts/engine/project";
import { newerNode } from "../newer-node";
import { inMs, type Row, short } from "../row";
import { timed, timeInTurns } from "../sampling";

/** The start of the plugin and of the dynamic provider, measured `rounds` times in turns. */
export async function measureStart({
  plugin,
  goPlugin,
  rounds,
}: {
  /** The script that starts the bundled plugin. */
  plugin: string;
  /** An executable. */
  goPlugin: string;
  rounds: number;
}): Promise<Row[]> {
  const node22 = await newerNode();
  const times = await timeInTurns(
    {
      node: () => timed(() => promisify(execFile)(process.execPath, ["-e", "0"])),
      plugin: () => timeToPort(process.execPath, [plugin]),
      go: () => timeToPort(goPlugin, []),
      ...(node22 === undefined
        ? {}
        : {
            node22: () => timed(() => promisify(execFile)(node22, ["-e", "0"])),
            plugin22: () => timeToPort(node22, [plugin]),
          }),
      host: () => timeToFirstCheck(trivialProvider),
      ours: () => timeToFirstCheck(ourProvider),
    },
    { rounds },
  );
  return rowsOf(times);
}

function rowsOf(times: ReadonlyMap<string, number>): Row[] {
  const of = (name: string) => times.get(name) ?? Number.NaN;
  const [node, plugin, go, host, ours] = [of("node"), of("plugin"), of("go"), of("host"), of("ours")];
  const [node22, plugin22] = [times.get("node22"), times.get("plugin22")];
  const rows: Row[] = [
    {
      id: "plugin-start",
      what: `the plugin, from spawn to port, on Node.js ${process.versions.node.split(".")[0]}`,
      peer: `bare node -e 0: ${inMs(node)}`,
      goal: "≤ 1.5 × bare node",
      measured: `${inMs(plugin)}, ${short(plugin / node)} ×`,
      ratio: plugin / node,
      goalRatio: 1.5,
      figures: { plugin, node },
    },
  ];
  if (node22 !== undefined && plugin22 !== undefined) {
    rows.push({
      id: "plugin-start-22",
      what: "the plugin, from spawn to port, on Node.js 22",
      peer: `Go plugin: ${inMs(go)} (bare node: ${inMs(node22)})`,
      goal: "≤ 2.5 × the Go plugin",
      measured: `${inMs(plugin22)}, ${short(plugin22 / go)} ×`,
      ratio: plugin22 / go,
      goalRatio: 2.5,
      figures: { plugin: plugin22, go, node: node22 },
    });
  }
  rows.push({
    id: "dynamic-start",
    what: "the dynamic provider, from spawn to the response to the first check",
    peer: `with a trivial provider: ${inMs(host)}`,
    goal: "≤ 120 ms more",
    measured: `${inMs(ours)}, ${inMs(ours - host)} more`,
    ratio: (ours - host) / 120,
    goalRatio: 1,
    figures: { ours, host },
  });
  return rows;
}

/** The time from the spawn to the line with the port. Ends the process then. */
async function timeToPort(command: string, args: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface(child.stdout);
  await once(lines, "line");
  const ms = performance.now() - startedMs;
  const ended = once(child, "exit");
  // The first time, until it has stored the code that V8 compiled.
  if (existsSync(join(dirname(args[0] ?? ""), "provider.js"))) await new Promise((resolve) => setTimeout(resolve, 100));
  child.kill("SIGTERM");
  await ended;
  return ms;
}

const trivialProvider = "exports.handler=()=>({check:(olds,news)=>({inputs:news})})";
const ourProvider = `exports.handler=()=>require(${JSON.stringify(join(repositoryRoot, "dist", "provider", "dynamic", "provider.js"))})`;

/** Starts the process of dynamic providers and calls check once, from a process of its own, like the engine. */
function timeToFirstCheck(provider: string): Promise<number> {
  return timed(() =>
    promisify(execFile)(process.execPath, [join(__dirname, "..", "first-check.js"), provider], {
      env: { ...process.env, ONVERA_API_KEY: "onv_sk_live_bench", ONVERA_BASE_URL: "http://127.0.0.1:9/api/v1" },
    }),
  );
}
