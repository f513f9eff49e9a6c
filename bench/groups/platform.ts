import { Agent, request } from "node:http";
import { startEmulator } from "../../emulator/src/index";
import { type Row, short } from "../row";

/** Whether the emulator is fast enough not to limit the other measurements. */
export async function measurePlatform({
  operations,
  seconds,
}: {
  operations: number;
  seconds: number;
}): Promise<Row[]> {
  const emulator = await startEmulator({ speed: 1 });
  try {
    const { port } = new URL(emulator.url);
    const agent = new Agent({ keepAlive: true, maxSockets: 32 });
    const send = (method: string, path: string, body?: string) =>
      new Promise<void>((resolve, reject) => {
        const headers = {
          "X-API-Key": emulator.apiKey,
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        };
        const sent = request({ port, agent, method, path: `/api/v1${path}`, headers }, (answer) => {
          answer.resume().on("end", resolve).on("error", reject);
        });
        sent.on("error", reject).end(body);
      });
    await Promise.all(
      Array.from({ length: operations }, () => send("POST", "/deployments", JSON.stringify({ app_type: "superset" }))),
    );
    const ids = emulator.control.state().operations.map(({ id }) => id);
    const deadline = performance.now() + seconds * 1_000;
    const startedMs = performance.now();
    let sent = 0;
    const work = async () => {
      while (performance.now() < deadline) {
        // Nine reads of an operation for each page of the list.
        const number = sent++;
        await send("GET", number % 10 === 0 ? "/operations?per_page=100" : `/operations/${ids[number % ids.length]}`);
      }
    };
    await Promise.all(Array.from({ length: 32 }, work));
    const perSecond = (sent * 1_000) / (performance.now() - startedMs);
    return [
      {
        id: "platform",
        what: `requests per second that the emulator serves, ${operations} operations in flight (from its own process)`,
        peer: "",
        goal: "≥ 2,000",
        measured: short(perSecond),
        ratio: 2_000 / perSecond,
        goalRatio: 1,
        figures: { perSecond },
      },
    ];
  } finally {
    await emulator.close();
  }
}
