import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { readFlags, readInteger, select } from "../../../scripts/flags";

describe("the flags of a script", () => {
  const usage = { help: "help", options: { quick: { type: "boolean" } } } as const;

  it("are parsed, and --help takes precedence", () => {
    expect(readFlags(["--quick"], usage)?.values.quick).to.equal(true);
    expect(readFlags(["--nope", "--help"], usage)).to.equal(undefined);
    expect(readFlags(["a"], { ...usage, maxPositionals: 1 })?.positionals).to.deep.equal(["a"]);
  });

  it("are rejected if they are unknown or if there are too many arguments", () => {
    expect(() => readFlags(["--nope"], usage)).to.throw("Unknown option '--nope'");
    expect(() => readFlags(["a"], usage)).to.throw('unexpected argument "a"');
  });

  it("accept only whole numbers for a number", () => {
    expect(readInteger("jobs", "3", { min: 1 })).to.equal(3);
    for (const text of ["0", "-1", "abc", "", "1.5", "1e3", "99999999999999999999"]) {
      expect(() => readInteger("jobs", text, { min: 1 }), text).to.throw("--jobs takes a whole number from 1");
    }
  });

  it("select at least one item, or are rejected", () => {
    const nameOf = (name: string) => name;
    const of = (pattern?: string) => select(["one", "two"], { flag: "only", pattern, nameOf });
    expect(of()).to.deep.equal(["one", "two"]);
    expect(of("^o")).to.deep.equal(["one"]);
    expect(() => of("three")).to.throw('--only "three" matches none of one, two');
    expect(() => of("(")).to.throw("--only: Invalid regular expression");
  });
});

describe("the scripts of the package", function () {
  this.timeout(60_000);
  const root = resolve(__dirname, "../../..");
  const scripts = {
    demo: ["scripts/demo.js"],
    screenshots: ["--import", "tsx", "scripts/console-screenshots.ts"],
    bench: ["--import", "tsx", "bench/main.ts"],
    faults: ["--import", "tsx", "test/faults/main.ts"],
    generate: ["--import", "tsx", "scripts/generate.ts"],
  };

  /** PATH is empty, so a script that starts to work fails. */
  async function run(script: readonly string[], flag: string) {
    const temporary = mkdtempSync(join(tmpdir(), "script-"));
    try {
      const env = { PATH: "", HOME: temporary, TMPDIR: temporary };
      const child = spawn(process.execPath, [...script, flag], { cwd: root, env });
      const output = { stdout: "", stderr: "" };
      for (const name of ["stdout", "stderr"] as const) {
        child[name].setEncoding("utf8").on("data", (text: string) => {
          output[name] += text;
        });
      }
      const [code] = await once(child, "close");
      return { code, ...output, left: readdirSync(temporary).filter((name) => !name.startsWith("tsx-")) };
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
  }

  for (const [name, script] of Object.entries(scripts)) {
    it(`${name} only prints its help with --help, and rejects an unknown flag`, async () => {
      const [help, wrong] = await Promise.all([run(script, "--help"), run(script, "--nope")]);
      expect(help).to.deep.include({ code: 0, stderr: "", left: [] });
      expect(help.stdout).to.match(new RegExp(`^npm run ${name}`));
      expect(wrong).to.deep.include({ code: 1, stdout: "", left: [] });
      expect(wrong.stderr).to.match(/^Unknown option '--nope'.*; --help lists the flags\n$/);
    });
  }
});
