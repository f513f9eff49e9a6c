import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Emulator, startEmulator } from "../../emulator/src/index";
import { createReporter } from "../../scripts/pulumi/progress";
import { missingPython, pythonWithSchemathesis } from "../support/python";

/** The maximum number of generated requests for each endpoint. */
const maxExamples = 40;

describe("the emulator, compared with its OpenAPI document", () => {
  let emulator: Emulator;
  let folder = "";

  before(async () => {
    emulator = await startEmulator({ speed: Number.POSITIVE_INFINITY });
    folder = mkdtempSync(join(tmpdir(), "schemathesis-"));
  });
  after(async () => {
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("sends only documented responses, and never fails, for all requests of Schemathesis", async function () {
    this.timeout(30 * 60_000);
    const lacking = await missingPython();
    if (lacking !== undefined) {
      process.stderr.write(`    not run: ${lacking}\n`);
      this.skip();
    }
    const { bin } = await pythonWithSchemathesis(createReporter({ stream: process.stderr }));
    const { code, output } = await run(join(bin, "schemathesis"), [
      ...["run", `${emulator.baseUrl}/openapi.json`],
      ...["--header", `X-API-Key: ${emulator.apiKey}`],
      ...["--checks", "all", "--max-examples", String(maxExamples), "--seed", "1", "--no-color"],
    ]);
    expect(code, output).to.equal(0);
    expect(emulator.control.requests.list().total).to.be.greaterThan(100);
  });

  function run(file: string, args: readonly string[]): Promise<{ code: number | string; output: string }> {
    return new Promise((resolve) => {
      execFile(file, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : (error.code ?? "killed"), output: stdout + stderr });
      });
    });
  }
});
