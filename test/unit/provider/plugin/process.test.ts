import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect } from "chai";

const guard = join(__dirname, "..", "..", "..", "..", "provider", "plugin", "process.ts");

/** A process with the plugin's guard, which reports warnings and its end on stderr. */
function run(body: string): { child: ChildProcessWithoutNullStreams; printed: (text: string) => Promise<void> } {
  const source = `
    const { guardProcess } = require(${JSON.stringify(guard)});
    const keepAlive = setInterval(() => {}, 1000);
    const announce = guardProcess({
      warn: (message) => console.error("warned: " + message.split("\\n")[0]),
      stop: async () => console.error("stopped"),
    });
    ${body}
  `;
  const child = spawn(process.execPath, ["--import=tsx", "--eval", source]);
  let all = "";
  const printed = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const check = () => {
        if (all.includes(text)) resolve();
      };
      child.stderr.on("data", check);
      child.on("close", () => reject(new Error(`it ended without printing "${text}": ${all}`)));
      check();
    });
  child.stderr.setEncoding("utf8").prependListener("data", (part: string) => {
    all += part;
  });
  return { child, printed };
}

describe("the plugin's process", () => {
  it("prints only its port, continues after uncaught errors, and ends on SIGINT", async () => {
    const { child, printed } = run(`
      console.log("chatter");
      console.info("more");
      process.stdout.write("and more");
      announce(12345);
      console.log("later chatter");
      setTimeout(() => { throw new Error("thrown in a timer"); });
      Promise.reject(new Error("rejected"));
      setTimeout(() => console.error("still here"), 20);
    `);
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      stdout += part;
    });
    await printed("still here");
    await printed(
      "warned: uncaught error in the onvera provider, which continues; please report it: Error: thrown in a timer",
    );
    await printed("warned: unhandled rejection in the onvera provider");
    child.kill("SIGINT");
    await printed("stopped");
    const [code] = await once(child, "close");
    expect(code).to.equal(0);
    expect(stdout).to.equal("12345\n");
  });
});
