import { once } from "node:events";
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { watchEngine } from "../../../../provider/runtime/engine-watch";

describe("watchEngine", () => {
  it("reports once that the engine has ended, but not that it has closed a connection", async () => {
    const server = http2.createServer();
    const nextSession = async () => (await once(server, "session"))[0] as http2.ServerHttp2Session;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    let reports = 0;
    const first = nextSession();
    const gone = new Promise<void>((resolve) => {
      const onGone = () => {
        reports += 1;
        resolve();
      };
      watchEngine(`127.0.0.1:${port}`, { onGone, retryMs: 1 });
    });
    const second = first.then((session) => {
      session.close();
      return nextSession();
    });
    const session = await second;
    expect(reports).to.equal(0);
    server.close();
    session.destroy();
    await gone;
    expect(reports).to.equal(1);
  });
});
