import { randomInt } from "node:crypto";
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Door, doors } from "../support/doors";
import { repositoryRoot } from "../support/engine";
import { mochaGlobalSetup } from "../support/engine-cli";
import { scenes } from "./catalog/index";
import { isGood } from "./judge";
import { matrixPage, safeguardsPage } from "./pages";
import { explainFailures, summary, textTable } from "./report";
import { type MatrixOptions, runMatrix } from "./run-matrix";
import type { CaseResult } from "./run-scene";
import { type Safeguard, safeguards } from "./safeguards";
import { playRandomSequences } from "./sequences";
import { withTurnedOff } from "./turn-off";

const help = `npm run faults -- [--only PATTERN] [--door PATTERN] [--jobs N] 
                   [--fast | --list | --without ID | --random N [--seed S]]

Lets the local platform fail in every way that the catalogue knows, at every call, through both doors of the provider and on
the real Pulumi engine, and looks whether platform and state agree after one more \`pulumi up\` and a \`pulumi destroy\`.
Writes docs/fault-matrix.md when the whole matrix was run. Ends with code 1 when anything is not as it should be.

  --only PATTERN  only scenes whose id matches this regular expression
  --door PATTERN  only doors whose name matches it
  --jobs N        how many scenes run at once; default: one for each core, at least 2
  --fast          only the part that "npm test" runs
  --list          print the scenes' ids, and run nothing
  --without ID    turn off this safeguard of the provider, in a copy, and show which cases fail then: "all" takes them in
                  turn, and writes docs/safeguards.md. Ends with code 1 when nothing fails without one of them.
                  ${safeguards.map(({ id }) => id).join("\n                  ")}
  --random N      play N random stories through each door: changes of the program, drift, faults and kills, in any order
  --seed S        the seed of the stories; it is printed, so that the same ones can be played again
`;

const page = (name: string) => join(repositoryRoot, "docs", name);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      door: { type: "string" },
      jobs: { type: "string" },
      fast: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      without: { type: "string" },
      random: { type: "string" },
      seed: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const wanted = scenes.filter(
    ({ id, isFast }) => new RegExp(values.only ?? "").test(id) && (!values.fast || isFast === true),
  );
  if (values.list) {
    process.stdout.write(wanted.map(({ id, cases }) => `${id}: ${cases.length} cases\n`).join(""));
    return 0;
  }
  const options: MatrixOptions = {
    scenes: wanted,
    doors: doors.filter(({ name }) => new RegExp(values.door ?? "").test(name)),
    jobs: Number(values.jobs ?? Math.max(2, availableParallelism())),
    onScene: tellScene,
  };
  await mochaGlobalSetup();
  const startedMs = performance.now();
  const isWhole = values.only === undefined && values.door === undefined && !values.fast;
  let succeeded: boolean;
  if (values.random !== undefined) {
    const seed = Number(values.seed ?? randomInt(2 ** 31));
    succeeded = await runRandom(options.doors, Number(values.random), seed);
  } else if (values.without !== undefined) succeeded = await runWithout(values.without, options, isWhole);
  else succeeded = await runCases(options, isWhole);
  process.stderr.write(`in ${Math.round((performance.now() - startedMs) / 1_000)} s\n`);
  return succeeded ? 0 : 1;
}

async function runCases(options: MatrixOptions, isWhole: boolean): Promise<boolean> {
  const results = await runMatrix(options);
  const failures = explainFailures(results);
  process.stdout.write(`${textTable(results)}\n`);
  if (failures !== "") process.stdout.write(`\n${failures}\n`);
  if (isWhole) writeFileSync(page("fault-matrix.md"), matrixPage(results));
  process.stdout.write(`\n${summary(results)}\n`);
  return results.every(({ verdict }) => isGood(verdict));
}

async function runWithout(which: string, options: MatrixOptions, isWhole: boolean): Promise<boolean> {
  const chosen = safeguards.filter(({ id }) => which === "all" || which === id);
  if (chosen.length === 0) throw new Error(`there is no safeguard "${which}"; --help lists them`);
  const shown: { safeguard: Safeguard; results: readonly CaseResult[] }[] = [];
  for (const safeguard of chosen) {
    process.stderr.write(`without ${safeguard.id}:\n`);
    const struck = options.scenes.filter(({ id }) => safeguard.scenes.test(id));
    const results = await withTurnedOff(safeguard, (packageFolder) =>
      runMatrix({ ...options, scenes: struck, packageFolder }),
    );
    process.stdout.write(`without ${safeguard.id}:\n${explainFailures(results)}\n${summary(results)}\n\n`);
    shown.push({ safeguard, results });
  }
  if (isWhole && which === "all") writeFileSync(page("safeguards.md"), safeguardsPage(shown));
  const useless = shown.filter(({ results }) => results.every(({ verdict }) => isGood(verdict)));
  for (const { safeguard } of useless) process.stdout.write(`nothing fails without ${safeguard.id}\n`);
  return useless.length === 0;
}

async function runRandom(through: readonly Door[], numRuns: number, seed: number): Promise<boolean> {
  process.stdout.write(`seed ${seed}\n`);
  const ends = await Promise.all(
    through.map(async (door) => {
      try {
        await playRandomSequences({ door, numRuns, seed });
        return { isGood: true, text: `${door.name}: ${numRuns} stories: state and platform agree\n` };
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return { isGood: false, text: `${door.name}: ${reason}\n` };
      }
    }),
  );
  process.stdout.write(ends.map(({ text }) => text).join(""));
  return ends.every((end) => end.isGood);
}

function tellScene(done: readonly CaseResult[], durationMs: number): void {
  const [first] = done;
  const bad = done.filter(({ verdict }) => !isGood(verdict)).length;
  const told = `${first?.scene.id}, ${first?.door.name}: ${done.length} cases, ${bad} failed`;
  process.stderr.write(`${told} (${Math.round(durationMs / 1_000)} s)\n`);
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
