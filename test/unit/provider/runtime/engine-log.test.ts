import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { expect } from "chai";
import { EngineLog } from "../../../../provider/runtime/engine-log";
import { Empty, grpc } from "../../../../provider/runtime/sdk-packages";

const entry = (message: string) => ({ severity: "info", message, isEphemeral: false }) as const;

describe("EngineLog", () => {
  const servers: InstanceType<typeof grpc.Server>[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.forceShutdown();
  });

  /** An engine that has an entry some milliseconds after it was sent, or never. */
  async function startEngine(afterMs: number | undefined) {
    const received: string[] = [];
    const server = new grpc.Server();
    servers.push(server);
    server.addService(EngineService as unknown as Parameters<typeof server.addService>[0], {
      log: ({ request }: { request: LogRequest }, respond: (error: null, response: object) => void) => {
        if (afterMs === undefined) return;
        setTimeout(() => {
          received.push(request.getMessage());
          respond(null, new Empty());
        }, afterMs);
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    return { log: new EngineLog(`127.0.0.1:${port}`), received };
  }

  it("ends a flush once the engine has every entry", async () => {
    const { log, received } = await startEngine(20);
    log.write(entry("first"));
    log.write(entry("second"));
    await log.flush();
    expect(received).to.deep.equal(["first", "second"]);
  });

  it("ends a flush also if the engine does not respond, or has ended", async () => {
    const { log } = await startEngine(undefined);
    log.write(entry("lost"));
    await log.flush(10);
    for (const address of [undefined, "127.0.0.1:1"]) {
      const other = new EngineLog(address);
      other.write(entry("lost"));
      await other.flush();
    }
  });
});
