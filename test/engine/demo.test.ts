import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import { RunningCommand } from "../../scripts/engine/command";
import { repositoryRoot } from "../support/engine";
import { engineCli } from "../support/engine-cli";

describe("npm run demo, without a terminal and with an empty home", () => {
  /** Characters that are special in URLs. */
  const temporary = "tmp #1? %20";
  let root: string;
  let running: RunningCommand | undefined;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "demo-test-"));
    for (const folder of ["home", temporary]) mkdirSync(join(root, folder));
  });
  afterEach(async () => {
    running?.killAll();
    await running?.ended.catch(() => {});
    rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  });

  async function start(command: string, args: readonly string[]): Promise<RunningCommand> {
    const { directory } = await engineCli();
    running = new RunningCommand(command, args, {
      cwd: repositoryRoot,
      env: {
        HOME: join(root, "home"),
        TMPDIR: join(root, temporary),
        PATH: [directory, process.env["PATH"]].join(delimiter),
        // The CLI must get none of these.
        ONVERA_API_KEY: "onv_sk_live_of_the_user",
        ONVERA_BASE_URL: "https://onvera.invalid",
        PULUMI_BACKEND_URL: "https://pulumi.invalid",
        HTTP_PROXY: "http://127.0.0.1:1",
        npm_config_update_notifier: "false",
      },
      timeoutMs: 180_000,
    });
    return running;
  }

  function expectNothingLeft(): void {
    // npm on newer Node.js stores its compile cache there.
    const left = readdirSync(join(root, temporary)).filter((name) => name !== "node-compile-cache");
    expect(left, "files in TMPDIR").to.deep.equal([]);
    expect(readdirSync(join(root, "home")).filter((name) => name.startsWith(".pulumi"))).to.deep.equal([]);
    expect(processesWith(`TMPDIR=${join(root, temporary)}`)).to.deep.equal([]);
  }

  it("ends immediately on SIGTERM, and leaves nothing", async () => {
    const demo = await start(process.execPath, ["scripts/demo.js"]);
    await demo.waitForOutput(/\$ pulumi preview/);
    demo.signal("SIGTERM");
    const { code, stdout } = await demo.ended;
    expect(stdout).to.include("The demo was stopped (SIGTERM)");
    expect(stdout).to.not.include("2/7");
    expect(code).to.equal(143);
    expectNothingLeft();
  });

  it("lets the CLI end on Ctrl-C during an up, and leaves nothing", async () => {
    const demo = await start("npm", ["run", "demo"]);
    await demo.waitForOutput(/database provisioning/);
    demo.interrupt();
    const { code, signal, stdout } = await demo.ended;
    expect(stdout.match(/\^C received; cancelling/g)).to.have.length(1);
    expect(stdout).to.include("update canceled");
    expect(stdout).to.include("The demo was stopped (SIGINT)");
    expect(code ?? signal).to.be.oneOf([130, "SIGINT"]);
    expectNothingLeft();
  });

  it("shows every step in plain text, and leaves nothing", async () => {
    const { code, stdout } = await (await start("npm", ["run", "demo"])).ended;
    expect(code, stdout).to.equal(0);
    const expected = [
      "1/7 Preview",
      "to create",
      "2/7 Create both",
      "etl creating (Ns) database provisioning, ",
      ": Creating the metadata database",
      " created\n",
      "3/7 Run up again",
      " unchanged\n",
      "4/7 Delete a deployment outside Pulumi",
      "- 1 deleted",
      "5/7 Repair it",
      "+ 1 created",
      "6/7 Change something",
      "+     name: reports",
      "[diff: ~name]",
      "+-1 replaced",
      "7/7 Destroy everything",
      "etl deleted",
      "answers: 0 deployments",
      "4 creates, 3 deletes",
      "ONVERA_API_KEY",
    ];
    // A busy machine shows the phase a second or two later.
    expect(inOrder(stdout.replaceAll(/\(\d+s\)/g, "(Ns)"), expected)).to.deep.equal(expected);
    expect(stdout).to.not.include("\x1b");
    expectNothingLeft();
  });
});

/** The parts that the text contains in this order. */
function inOrder(text: string, parts: readonly string[]): string[] {
  let from = 0;
  return parts.filter((part) => {
    const at = text.indexOf(part, from);
    if (at !== -1) from = at + part.length;
    return at !== -1;
  });
}

/** The command lines of the processes with a variable in their environment (Linux only). */
function processesWith(variable: string): string[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const has = readFileSync(`/proc/${pid}/environ`, "utf8")
          .split("\0")
          .some((each) => each.startsWith(variable));
        return has ? [readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")] : [];
      } catch {
        // It has ended, or belongs to another user.
        return [];
      }
    });
}
