import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildPackage } from "../../scripts/build-package";
import { prepareEngine } from "../../scripts/engine/cli";
import type { Host as Door } from "../../scripts/engine/hosts";
import { runScript } from "../../scripts/flags";
import { repositoryRoot } from "../support/engine";
import { isGood } from "./judge";
import { type FaultOptions, faultFlags, readFaultOptions } from "./options";
import { matrixPage } from "./pages";
import { explainFailures, summary, textTable } from "./report";
import { type MatrixOptions, runMatrix } from "./run-matrix";
import type { CaseResult } from "./run-scene";
import { playRandomSequences } from "./sequences";

const help = `npm run faults -- [--only PATTERN] [--door PATTERN] [--jobs N]
                   [--fast | --list | --random N [--seed S]]

Runs every scene of the catalog on the emulator, with both hosts of the provider and the real Pulumi engine. Each scene injects a
fault at each call, then checks that platform and state agree after one more \`pulumi up\` and a \`pulumi destroy\`.
Writes docs/fault-matrix.md after a run of the whole matrix. The exit code is 1 if a case fails, or if a flag is wrong.

  --only PATTERN  only scenes whose id matches this regular expression
  --door PATTERN  only hosts whose name matches this regular expression
  --jobs N        how many scenes run at once; default: one for each core, at least 2
  --fast          only the part that "npm test" runs
  --list          print the ids of the scenes, and run nothing
  --random N      play N random stories with each host: changes of the program, drift, faults and kills, in any order
  --seed S        the seed of the stories; it is printed, so that the same stories can be repeated
`;

const page = (name: string) => join(repositoryRoot, "docs", name);

async function main(args: FaultOptions): Promise<number> {
  const { scenes: chosenScenes, doors: chosenDoors, jobs, isWhole, task } = args;
  if (task.name === "list") {
    process.stdout.write(chosenScenes.map(({ id, cases }) => `${id}: ${cases.length} cases\n`).join(""));
    return 0;
  }
  buildPackage();
  const options: MatrixOptions = { scenes: chosenScenes, doors: chosenDoors, jobs, onScene: tellScene };
  await prepareEngine();
  const startedMs = performance.now();
  let succeeded: boolean;
  if (task.name === "random") succeeded = await runRandom(chosenDoors, task.count, task.seed);
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

runScript({ help, options: faultFlags }, ({ values }) => main(readFaultOptions(values)));
