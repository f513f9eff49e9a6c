import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Cli, type CliOptions } from "../../../scripts/demo/cli";
import { DemoError, StoppedError } from "../../../scripts/demo/errors";
import { script } from "./pulumi/fakes";

describe("the demo's commands", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "demo-cli-"));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  /** A CLI that runs `body` for each command. */
  function cliOf(body: string, options: Partial<CliOptions> = {}): Cli {
    const binary = join(root, "pulumi");
    script(binary, body);
    const env = { PATH: process.env["PATH"], GREETING: "hello" };
    return new Cli({ cli: { binary }, cwd: root, env, atTerminal: false, eventLog: join(root, "events"), ...options });
  }

  const errorOf = (promise: Promise<void>): Promise<unknown> =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    );

  /** Resolves when the command has created the file that it is ready for signals. */
  async function isReady(): Promise<void> {
    while (!existsSync(join(root, "ready"))) await new Promise((resolve) => setImmediate(resolve));
  }

  const untilInterrupted = `trap 'echo interrupted >> heard; exit 0' INT; touch ready; while :; do sleep 0.02; done`;

  it("reports how a command failed, with its hidden output", async () => {
    const failed = await errorOf(cliOf("echo no such stack >&2; exit 3").hide(["stack", "init"]));
    expect(failed).to.be.instanceOf(DemoError);
    expect(failed).to.have.property("message", "`pulumi stack init` ended with code 3:\nno such stack");
    expect(await errorOf(cliOf("kill -KILL $$").hide(["up"]))).to.have.property(
      "message",
      "`pulumi up` ended with SIGKILL",
    );
  });

  it("reports a missing file", async () => {
    const cli = cliOf("exit 0");
    rmSync(join(root, "pulumi"));
    expect(await errorOf(cli.hide(["up"])))
      .to.have.property("message")
      .that.matches(/^`pulumi up` did not start: .*ENOENT/);
  });

  it("stops a command at its time limit, which then counts as failed even if it succeeds", async () => {
    const error = await errorOf(cliOf(untilInterrupted, { limitMs: 200 }).hide(["up"]));
    expect(error).to.have.property("message", "`pulumi up` was still running after 0.2 s");
  });

  it("signals a running command once to stop, and starts no other", async () => {
    const cli = cliOf(untilInterrupted);
    const running = errorOf(cli.hide(["up"]));
    await isReady();
    cli.stop("SIGTERM", { isSignaled: false });
    expect(await running)
      .to.be.instanceOf(StoppedError)
      .and.include({ signal: "SIGTERM" });
    expect(readFileSync(join(root, "heard"), "utf8")).to.equal("interrupted\n");
    rmSync(join(root, "ready"));
    expect(await errorOf(cli.hide(["destroy"]))).to.be.instanceOf(StoppedError);
    expect(existsSync(join(root, "ready"))).to.equal(false);
  });

  it("does not signal it again if the terminal has", async () => {
    const cli = cliOf("touch ready; while [ ! -e go ]; do sleep 0.02; done; touch finished");
    const running = errorOf(cli.hide(["up"]));
    await isReady();
    cli.stop("SIGINT", { isSignaled: true });
    script(join(root, "go"), "");
    expect(await running).to.be.instanceOf(StoppedError);
    expect(existsSync(join(root, "finished"))).to.equal(true);
  });

  it("reads from the engine's events that a command was stopped in its own display", async () => {
    const canceled = String.raw`printf '{"stdoutEvent":{"message":"^C received; cancelling."}}\n' > events`;
    for (const code of [0, 1]) {
      const error = await errorOf(cliOf(`${canceled}; exit ${code}`, { atTerminal: true }).show(["up"]));
      expect(error).to.be.instanceOf(StoppedError).and.include({ signal: "SIGINT" });
    }
    expect(await errorOf(cliOf("echo '{}' > events; exit 1", { atTerminal: true }).show(["up"]))).to.be.instanceOf(
      DemoError,
    );
  });

  it("runs a command in the project, with its environment and the event log", async () => {
    const cli = cliOf('echo "$GREETING $*" > said');
    await cli.show(["up", "--yes"]);
    expect(readFileSync(join(root, "said"), "utf8")).to.equal(`hello up --yes --event-log ${join(root, "events")}\n`);
  });
});
