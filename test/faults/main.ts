import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { buildPackage } from "../../scripts/build-package";
import { prepareEngine } from "../../scripts/engine/cli";
import { hosts } from "../../scripts/engine/hosts";
import { readInteger, runScript, select } from "../../scripts/flags";
import { repositoryRoot } from "../support/engine";
import { scenarios } from "./catalog";
import { explainFailures, matrixData, pageWith, summary } from "./report";
import { type CaseResult, runMatrix, tasksOf } from "./run-scenario";

const help = `npm run faults -- [--only PATTERN] [--host PATTERN] [--jobs N] [--fast] [--list]

Runs each scenario of test/faults/catalog.ts on the emulator, with both hosts of the provider and the real Pulumi CLI. Faults
occur while a command runs. Afterwards, one more \`pulumi up\` without faults and a \`pulumi destroy\` must leave state and platform
in agreement. A run of all scenarios that passes writes docs/fault-matrix.md and docs/fault-matrix.json. The exit code is 1 if a
case fails.

  --only PATTERN  only scenarios whose id matches this regular expression
  --host PATTERN  only hosts whose name matches this regular expression
  --jobs N        how many scenarios run at once; default: one for each core, at least 2
  --fast          only the scenarios of "npm run test:full"
  --list          print the ids of the scenarios and their number of cases, and run nothing
`;

const options = {
  only: { type: "string" },
  host: { type: "string" },
  jobs: { type: "string" },
  fast: { type: "boolean" },
  list: { type: "boolean" },
} as const;

runScript({ help, options }, async ({ values: { only, host, jobs, fast = false, list = false } }) => {
  const candidates = scenarios.filter(({ isFast = false }) => isFast || !fast);
  const chosen = select(candidates, { flag: "only", pattern: only, nameOf: ({ id }) => id });
  const chosenHosts = select(hosts, { flag: "host", pattern: host, nameOf: ({ name }) => name });
  const jobCount = readInteger("jobs", jobs ?? String(Math.max(2, availableParallelism())), { min: 1 });
  if (list) {
    process.stdout.write(chosen.map(({ id, cases }) => `${id}: ${cases.length} cases\n`).join(""));
    return 0;
  }
  buildPackage();
  await prepareEngine();
  const startedMs = performance.now();
  const results = await runMatrix({ tasks: tasksOf(chosen, chosenHosts), jobs: jobCount, onResults: reportProgress });
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  const data = matrixData(results);
  const hasPassed = results.every(({ findings }) => findings.isGood);
  if (hasPassed && chosen.length * chosenHosts.length === scenarios.length * hosts.length) {
    const file = (name: string) => join(repositoryRoot, "docs", name);
    writeFileSync(file("fault-matrix.json"), `${JSON.stringify(data, null, 2)}\n`);
    writeFileSync(file("fault-matrix.md"), pageWith(readFileSync(file("fault-matrix.md"), "utf8"), data));
  }
  const failures = explainFailures(results);
  process.stdout.write(`${failures === "" ? "" : `${failures}\n`}in ${seconds} s\n${summary(data)}\n`);
  return hasPassed ? 0 : 1;
});

function reportProgress(results: readonly CaseResult[], durationMs: number): void {
  const [first] = results;
  const failed = results.filter(({ findings }) => !findings.isGood).length;
  const what = `${first?.scenario.id}, ${first?.host.name}: ${results.length} cases, ${failed} failed`;
  process.stderr.write(`${what} (${Math.round(durationMs / 1_000)} s)\n`);
}
