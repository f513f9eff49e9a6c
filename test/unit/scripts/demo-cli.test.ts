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

  /** A CLI whose every command is `body`. */
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

  /** Resolves when the command has said, by a file, that it hears signals. */
  async function isReady(): Promise<void> {
    while (!existsSync(join(root, "ready"))) await new Promise((resolve) => setImmediate(resolve));
  }

  const untilInterrupted = `trap 'echo interrupted >> heard; exit 0' INT; touch ready; while :; do sleep 0.02; done`;

  it("tells how a command failed, with what it printed where that was hidden", async () => {
    const failed = await errorOf(cliOf("echo no such stack >&2; exit 3").hide(["stack", "init"]));
    expect(failed).to.be.instanceOf(DemoError);
    expect(failed).to.have.property("message", "`pulumi stack init` ended with code 3:\nno such stack");
    expect(await errorOf(cliOf("kill -KILL $$").hide(["up"]))).to.have.property(
      "message",
      "`pulumi up` ended with SIGKILL",
    );
  });

  it("tells when there is no such file", async () => {
    const cli = cliOf("exit 0");
    rmSync(join(root, "pulumi"));
    expect(await errorOf(cli.hide(["up"])))
      .to.have.property("message")
      .that.matches(/^`pulumi up` does not start: .*ENOENT/);
  });

  it("stops a command that takes too long, and counts it as failed even where that succeeds", async () => {
    const error = await errorOf(cliOf(untilInterrupted, { limitMs: 200 }).hide(["up"]));
    expect(error).to.have.property("message", "`pulumi up` was still running after 0.2 s");
  });

  it("tells a running command once that it is to stop, and begins no other", async () => {
    const cli = cliOf(untilInterrupted);
    const running = errorOf(cli.hide(["up"]));
    await isReady();
    cli.stop("SIGTERM", { isTold: false });
    expect(await running)
      .to.be.instanceOf(StoppedError)
      .and.include({ signal: "SIGTERM" });
    expect(readFileSync(join(root, "heard"), "utf8")).to.equal("interrupted\n");
    rmSync(join(root, "ready"));
    expect(await errorOf(cli.hide(["destroy"]))).to.be.instanceOf(StoppedError);
    expect(existsSync(join(root, "ready"))).to.equal(false);
  });

  it("does not tell it what the terminal has told already", async () => {
    const cli = cliOf("touch ready; while [ ! -e go ]; do sleep 0.02; done; touch finished");
    const running = errorOf(cli.hide(["up"]));
    await isReady();
    cli.stop("SIGINT", { isTold: true });
    script(join(root, "go"), "");
    expect(await running).to.be.instanceOf(StoppedError);
    expect(existsSync(join(root, "finished"))).to.equal(true);
  });

  it("learns from the engine that somebody has stopped a command at its own display, however that ended", async () => {
    const canceled = String.raw`printf '{"stdoutEvent":{"message":"^C received; cancelling."}}\n' > events`;
    for (const code of [0, 1]) {
      const error = await errorOf(cliOf(`${canceled}; exit ${code}`, { atTerminal: true }).show(["up"]));
      expect(error).to.be.instanceOf(StoppedError).and.include({ signal: "SIGINT" });
    }
    expect(await errorOf(cliOf("echo '{}' > events; exit 1", { atTerminal: true }).show(["up"]))).to.be.instanceOf(
      DemoError,
    );
  });

  it("runs a command in the project, with its environment and the engine's log", async () => {
    const cli = cliOf('echo "$GREETING $*" > said');
    await cli.show(["up", "--yes"]);
    expect(readFileSync(join(root, "said"), "utf8")).to.equal(`hello up --yes --event-log ${join(root, "events")}\n`);
  });
});
