import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect } from "chai";

const guard = join(__dirname, "..", "..", "..", "..", "provider", "plugin", "process.ts");

/** A process that is guarded as the plugin's is; what it warns of and when it stops goes to stderr. */
function run(body: string): { child: ChildProcessWithoutNullStreams; said: (text: string) => Promise<void> } {
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
  const said = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (all.includes(text)) resolve();
      };
      child.stderr.on("data", look);
      child.on("close", () => reject(new Error(`it ended without saying "${text}", but: ${all}`)));
      look();
    });
  child.stderr.setEncoding("utf8").prependListener("data", (part: string) => {
    all += part;
  });
  return { child, said };
}

describe("the plugin's process", () => {
  it("prints nothing but its port, lives through errors that nobody caught, and stops when it is told to", async () => {
    const { child, said } = run(`
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
    await said("still here");
    await said(
      "warned: uncaught error in the onvera provider, which goes on; please report it: Error: thrown in a timer",
    );
    await said("warned: unhandled rejection in the onvera provider");
    child.kill("SIGINT");
    await said("stopped");
    const [code] = await once(child, "close");
    expect(code).to.equal(0);
    expect(stdout).to.equal("12345\n");
  });
});
