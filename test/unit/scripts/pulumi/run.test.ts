import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import type { Readable, Writable } from "node:stream";
import { expect } from "chai";
import { FakeMachine, pulumiScripts } from "./fakes";

const entry = resolve(__dirname, "..", "..", "..", "..", "scripts", "pulumi.ts");

describe("npm run pulumi, without a terminal", function () {
  // Each test starts a Node.js process.
  this.timeout(20_000);
  let machine: FakeMachine;
  beforeEach(() => {
    machine = new FakeMachine();
  });
  afterEach(() => machine.dispose());

  /** Runs the script with a CLI on PATH that runs `body` for each command except `version`. */
  const start = (body: string, args: readonly string[] = ["up"]) => {
    const pulumi = `if [ "$1" = version ]; then echo v3.200.0; exit; fi\n${body}`;
    machine.onPath({ ...pulumiScripts("3.200.0"), pulumi });
    const child = spawn(process.execPath, [...process.execArgv, entry, ...args], {
      env: { ...machine.env, XDG_CACHE_HOME: join(machine.root, "cache"), GREETING: "hello" },
      stdio: ["pipe", "pipe", "pipe"],
    });
    return { child, ended: read(child) };
  };

  it("ends with the signal that killed the CLI", async () => {
    expect(await start("kill -KILL $$").ended).to.include({ code: null, signal: "SIGKILL" });
  });

  it("forwards a signal once, even if it receives copies", async () => {
    const { child, ended } = start(`trap 'echo interrupted; count=x$count' INT
      echo ready
      while [ -z "$count" ]; do sleep 0.05; done
      sleep 0.5
      exit 3`);
    await once(child.stdout, "data");
    child.kill("SIGINT");
    child.kill("SIGINT");
    expect(await ended).to.include({ code: 3, stdout: "ready\ninterrupted\n" });
  });

  it("passes on arguments, environment, standard input and exit code", async () => {
    const { child, ended } = start(`read line; echo "$# <$2> $GREETING $line"; echo problem >&2; exit 7`, [
      "a",
      "b  c",
    ]);
    child.stdin.end("from stdin\n");
    expect(await ended).to.deep.equal({
      code: 7,
      signal: null,
      stdout: "2 <b  c> hello from stdin\n",
      stderr: "problem\n",
    });
  });
});

async function read(child: ChildProcessByStdio<Writable, Readable, Readable>) {
  const seen = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    seen.stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    seen.stderr += chunk.toString();
  });
  const [code, signal] = await once(child, "close");
  return { code, signal, ...seen };
}
