import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { freePort } from "../../../scripts/engine/free-port";
import { repositoryRoot } from "../../../scripts/engine/project";

describe("the plugin process", () => {
  let plugin: ChildProcess | undefined;
  let engine: http2.Http2Server | undefined;

  afterEach(() => {
    plugin?.kill("SIGKILL");
    engine?.close();
  });

  /** Starts the plugin as the engine does. Resolves with its end when it has printed its port. */
  async function startPlugin(engineAddress: string): Promise<{ readonly end: Promise<unknown[]> }> {
    const started = spawn(process.execPath, [join(repositoryRoot, "bin", "pulumi-resource-onvera"), engineAddress]);
    plugin = started;
    const end = once(started, "exit");
    await once(started.stdout, "data");
    return { end };
  }

  it("ends when its engine no longer listens, because a killed engine sends no signal", async () => {
    const server = http2.createServer();
    engine = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const connected = once(server, "session") as Promise<[http2.ServerHttp2Session]>;
    const { end } = await startPlugin(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    const [session] = await connected;
    server.close();
    session.destroy();
    expect(await end).to.deep.equal([0, null]);
  });

  it("keeps running if nothing has ever listened on the address, as when it is started by hand", async () => {
    const { end } = await startPlugin(`127.0.0.1:${await freePort()}`);
    // The connection is refused at once.
    await new Promise((resolve) => setTimeout(resolve, 500));
    plugin?.kill("SIGKILL");
    expect(await end).to.deep.equal([null, "SIGKILL"]);
  });
});
