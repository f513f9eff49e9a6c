import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { doors } from "../support/doors";
import { mochaGlobalSetup } from "../support/engine-cli";
import { scenes } from "./catalog/index";
import { isGood } from "./judge";
import { explainFailures, summary, textTable } from "./report";
import { runMatrix } from "./run-matrix";

const help = `npm run faults -- [--only PATTERN] [--door PATTERN] [--jobs N] [--fast]

Lets the local platform fail in every way that the catalogue knows, at every call, through both doors of the provider and on
the real Pulumi engine, and looks whether platform and state agree after one more \`pulumi up\` and a \`pulumi destroy\`.
Writes docs/fault-matrix.md when the whole matrix was run. Ends with code 1 when anything is not as it should be.

  --only PATTERN  only scenes whose id matches this regular expression
  --door PATTERN  only doors whose name matches it
  --jobs N        how many scenes run at once; default: one for each core, at least 2
  --fast          only the part that "npm test" runs
  --list          print the scenes' ids, and run nothing
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      door: { type: "string" },
      jobs: { type: "string" },
      fast: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
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
  const through = doors.filter(({ name }) => new RegExp(values.door ?? "").test(name));
  if (values.list) {
    process.stdout.write(wanted.map(({ id, cases }) => `${id}: ${cases.length} cases\n`).join(""));
    return 0;
  }
  await mochaGlobalSetup();
  const startedMs = performance.now();
  const results = await runMatrix({
    scenes: wanted,
    doors: through,
    jobs: Number(values.jobs ?? Math.max(2, availableParallelism())),
    onScene: (done, durationMs) => {
      const [first] = done;
      const bad = done.filter(({ verdict }) => !isGood(verdict)).length;
      const told = `${first?.scene.id}, ${first?.door.name}: ${done.length} cases, ${bad} failed`;
      process.stderr.write(`${told} (${Math.round(durationMs / 1_000)} s)\n`);
    },
  });
  const failures = explainFailures(results);
  process.stdout.write(`${textTable(results)}\n`);
  if (failures !== "") process.stdout.write(`\n${failures}\n`);
  process.stderr.write(`in ${Math.round((performance.now() - startedMs) / 1_000)} s\n`);
  process.stdout.write(`\n${summary(results)}\n`);
  return results.every(({ verdict }) => isGood(verdict)) ? 0 : 1;
}

void main().then((code) => {
  process.exitCode = code;
});
