import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildPackage } from "../scripts/build-package";
import { prepareEngine } from "../scripts/engine/cli";
import { repositoryRoot } from "../scripts/engine/project";
import { runScript, select } from "../scripts/flags";
import { createReporter } from "../scripts/pulumi/progress";
import { versions } from "../scripts/pulumi/versions";
import { measureCheckpoints } from "./groups/checkpoints";
import { measureFleet } from "./groups/fleet";
import { measureLimited } from "./groups/limited";
import { measureMany } from "./groups/many";
import { measureOne } from "./groups/one";
import { measurePlatform } from "./groups/platform";
import { measurePolling } from "./groups/polling";
import { measureSplit } from "./groups/split";
import { measureStart } from "./groups/start";
import { measureWaves } from "./groups/waves";
import { goPeer } from "./peers/go-peer";
import { type PluginFiles, writePluginFiles } from "./plugin-files";
import { svgChart, textTable } from "./report";
import { isMet, type Row } from "./row";

interface Peers extends PluginFiles {
  readonly goPlugin: string;
}

type Group = (peers: Peers) => Promise<Row[]>;

/** The groups run one after another, because concurrent groups would slow each other. */
const whole: Readonly<Record<string, Group>> = {
  platform: () => measurePlatform({ operations: 1_000, seconds: 5 }),
  start: ({ launcher, goPlugin }) => measureStart({ plugin: launcher, goPlugin, rounds: 10 }),
  one: ({ installed, goPlugin }) => measureOne({ installed, goPlugin, rounds: 7 }),
  polling: () => measurePolling({ counts: [1, 10, 100, 1_000], speed: 20 }),
  waves: () => measureWaves({ count: 100, speed: 48 }),
  limited: () => measureLimited({ count: 1_000, speed: 12, requests: 600, perSeconds: 60 }),
  split: () => measureSplit({ count: 160, stacks: 4, speed: 48, requests: 80, perSeconds: 8 }),
  fleet: () =>
    measureFleet({
      ...{ stacks: 200, size: 5, workers: [1, 2, 4], speed: 240 },
      rateLimit: { requests: 240, perSeconds: 60 },
    }),
  many: () => measureMany({ count: 1_000, rounds: 2 }),
  checkpoints: ({ goPlugin }) => measureCheckpoints({ count: 1_000, goPlugin }),
};

const quick: typeof whole = {
  platform: () => measurePlatform({ operations: 1_000, seconds: 2 }),
  start: ({ launcher, goPlugin }) => measureStart({ plugin: launcher, goPlugin, rounds: 4 }),
  one: ({ installed, goPlugin }) => measureOne({ installed, goPlugin, rounds: 2 }),
  polling: () => measurePolling({ counts: [10, 100], speed: 60 }),
  waves: () => measureWaves({ count: 12, speed: 120 }),
  limited: () => measureLimited({ count: 60, speed: 60, requests: 50, perSeconds: 3 }),
  fleet: () =>
    measureFleet({
      ...{ stacks: 12, size: 5, workers: [2], speed: 240 },
      rateLimit: { requests: 60, perSeconds: 6 },
    }),
  many: () => measureMany({ count: 60, rounds: 1 }),
  checkpoints: ({ goPlugin }) => measureCheckpoints({ count: 60, goPlugin }),
};

const help = `npm run bench -- [--quick] [--only PATTERN]

Measures the cost of the provider and of alternatives with the emulator and the real engine, and prints each figure with its goal.
Takes more than an hour, most of it for the group "fleet". Writes docs/bench.json and docs/bench.svg; with --only, it replaces the rows of
those groups. Needs Go once, to compile a plugin for comparison.

  --quick         smaller stacks, fewer rounds and no group "split", in three minutes; writes no files. The fixed cost of a stack
                  weighs more then, so some goals are missed
  --only PATTERN  only groups whose name matches this regular expression: ${Object.keys(whole).join(", ")}
`;

const options = {
  quick: { type: "boolean", default: false },
  only: { type: "string" },
} as const;

async function measure({ quick: isQuick, only }: { readonly quick: boolean; readonly only?: string }): Promise<void> {
  const groups = select(Object.entries(isQuick ? quick : whole), {
    flag: "only",
    pattern: only,
    nameOf: ([name]) => name,
  });
  buildPackage();
  await prepareEngine();
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  const startedMs = performance.now();
  const rows: Row[] = [];
  try {
    const goPlugin = await goPeer(createReporter({ stream: process.stderr }));
    const peers = { ...(await writePluginFiles(folder)), goPlugin };
    for (const [name, measureGroup] of groups) {
      process.stderr.write(`measuring: ${name} (${Math.round((performance.now() - startedMs) / 1_000)} s so far)\n`);
      const measured = await measureGroup(peers);
      process.stdout.write(`${textTable(measured)}\n\n`);
      rows.push(...measured);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (!isQuick) {
    const file = join(repositoryRoot, "docs", "bench.json");
    const earlier: Row[] = only === undefined ? [] : JSON.parse(readFileSync(file, "utf8")).rows;
    const all = [...new Map([...earlier, ...rows].map((row) => [row.id, row])).values()];
    const about = { pulumi: versions.pulumi, node: process.versions.node, platform: process.platform };
    writeFileSync(file, `${JSON.stringify({ ...about, rows: all }, null, 2)}\n`);
    writeFileSync(join(repositoryRoot, "docs", "bench.svg"), svgChart(all));
  }
  const missed = rows.filter((row) => !isMet(row)).map(({ id }) => id);
  process.stdout.write(
    `${rows.length - missed.length} of ${rows.length} goals met${missed.length > 0 ? `; missed: ${missed.join(", ")}` : ""}\n`,
  );
  process.stderr.write(`in ${Math.round((performance.now() - startedMs) / 1_000)} s\n`);
}

runScript({ help, options }, ({ values }) => measure(values));
