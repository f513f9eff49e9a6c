/** `npm run differential`: compares the model of the simulation with the real Pulumi CLI. */

import { parseArgs } from "node:util";
import { prepareEngine } from "../../../scripts/engine/cli";
import { hostNames } from "../history";
import { compareHistories, RealWorld } from "./compare";
import { foci } from "./sample";

const help = `npm run differential -- [--count N] [--from N | --number N] [--host dynamic|plugin]

Replays histories of a sample on the simulation's model and with the real Pulumi CLI, and compares platform and state after
each run. Run \`npm run build\` first.

  --count N      how many histories for each host; default: one for each focus
  --from N       the first one; default 0
  --number N     only this one
  --host NAME    only this host
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      count: { type: "string", default: String(Object.keys(foci).length) },
      from: { type: "string", default: "0" },
      number: { type: "string" },
      host: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return void process.stdout.write(help);
  const hosts = values.host === undefined ? hostNames : hostNames.filter((name) => name === values.host);
  if (hosts.length === 0) throw new Error(`--host must be ${hostNames.join(" or ")}`);
  const first = Number(values.number ?? values.from);
  const count = values.number === undefined ? Number(values.count) : 1;
  const numbers = Array.from({ length: count }, (_, index) => first + index);
  await prepareEngine();
  for (const host of hosts) {
    const startedAt = performance.now();
    const world = await RealWorld.start(host);
    const results = await compareHistories(world, numbers, ({ number, focus, runs, difference }) => {
      const outcome = difference === undefined ? "the same" : `DIFFERENT\n${difference}`;
      console.log(`${host} ${number} (${focus}), ${runs} runs: ${outcome}`);
    });
    await world.stop();
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
    const different = results.flatMap(({ number, difference }) => (difference === undefined ? [] : [number]));
    const runs = results.reduce((sum, result) => sum + result.runs, 0);
    console.log(
      `${host}: ${results.length} histories with ${runs} runs in ${seconds} s; ${different.length} differ from the model` +
        (different.length === 0 ? "" : ` (${different.join(", ")})`),
    );
    if (different.length > 0) process.exitCode = 1;
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
