import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { expect } from "chai";
import fastify from "fastify";
import { addConsoleEvents, type EventTiming } from "../../../../emulator/src/console/events";
import { type ConsoleView, type Emulator, startEmulator } from "../../../../emulator/src/index";
import { call, create, useEmulators } from "../support";

interface ServerEvent {
  event: string;
  data: unknown;
}

interface Reader {
  response: Response;
  /** The next event. Rejects if the stream has ended. */
  next(): Promise<ServerEvent>;
  /** The next view that satisfies the condition. */
  until(condition: (view: ConsoleView) => boolean): Promise<ConsoleView>;
}

/** Reads server-sent events, until the end of each test. */
function readers(): (url: string) => Promise<Reader> {
  const aborts: AbortController[] = [];
  afterEach(() => {
    for (const abort of aborts.splice(0)) abort.abort();
  });
  return async (url) => {
    const abort = new AbortController();
    aborts.push(abort);
    const response = await fetch(url, { signal: abort.signal });
    if (response.body === null) throw new Error(`${url} responded without a body`);
    const chunks = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    const next = async (): Promise<ServerEvent> => {
      while (!text.includes("\n\n")) {
        const { done, value } = await chunks.read();
        if (done) throw new Error("the events have ended");
        text += value;
      }
      const [first = ""] = text.split("\n\n", 1);
      text = text.slice(first.length + 2);
      const [, event = "", data = ""] = /^event: (\w+)\ndata: (.*)$/.exec(first) ?? [];
      return { event, data: JSON.parse(data) };
    };
    const until = async (condition: (view: ConsoleView) => boolean): Promise<ConsoleView> => {
      for (;;) {
        const { event, data } = await next();
        if (event === "view" && condition(data as ConsoleView)) return data as ConsoleView;
      }
    };
    return { response, next, until };
  };
}

describe("the console's events", () => {
  const start = useEmulators();
  const read = readers();
  const follow = ({ url }: Emulator, query = "") => read(`${url}/_emulator/events${query}`);

  it("send a view at once, and after each change", async () => {
    const emulator = await start();
    const { response, next, until } = await follow(emulator);
    expect(response.headers.get("content-type")).to.equal("text/event-stream; charset=utf-8");
    expect(response.headers.get("cache-control")).to.equal("no-store");
    const first = await next();
    expect(first.event).to.equal("view");
    const { time, ...clock } = (first.data as ConsoleView).clock;
    expect(clock).to.deep.equal({ speed: 1, paused: false });
    expect(Date.parse(time)).to.be.closeTo(Date.now(), 60_000);

    await create(emulator, { app_type: "airflow", name: "etl" });
    const created = await until(({ deployments }) => deployments.items.length === 1);
    expect(created.deployments.items[0]).to.include({ name: "etl", status: "provisioning", phase: "queued" });

    await emulator.control.clock.advance(3_000);
    await until(({ operations }) => operations.items[0]?.phases.at(-1)?.phase === "initialization");
    await emulator.control.clock.finishAll();
    const finished = await until(({ counts }) => counts.deployments.ready === 1);
    expect(finished.operations.items[0]?.status).to.equal("succeeded");
    await emulator.control.deployments.rename("etl", "etl-2");
    await until(({ deployments }) => deployments.items[0]?.name === "etl-2");
    await emulator.control.clock.pause();
    expect((await until(({ clock: { paused } }) => paused)).deployments.found).to.equal(1);
  });

  it("contain what the query selects", async () => {
    const emulator = await start({ speed: Number.POSITIVE_INFINITY });
    for (const name of ["west-1", "west-2", "east"]) await create(emulator, { app_type: "airflow", name });
    const { next } = await follow(emulator, "?search=WEST-&deployments=1&operations=2");
    const { deployments, operations } = (await next()).data as ConsoleView;
    expect([deployments.items.map(({ name }) => name), deployments.found]).to.deep.equal([["west-2"], 2]);
    expect(operations.items.map((each) => each.deployment_name)).to.deep.equal(["west-2", "west-1"]);
  });

  it("are rejected for an invalid query", async () => {
    const emulator = await start();
    for (const query of ["deployments=0", "deployments=1001", "operations=all", "search=a&search=b", "serach=a"]) {
      expect((await call(emulator, `GET /_emulator/events?${query}`)).status, query).to.equal(400);
    }
  });

  it("end when the emulator closes, and do not keep it open", async () => {
    const emulator = await startEmulator();
    const { next } = await follow(emulator);
    await next();
    const ended = next().catch((error: unknown) => error);
    await emulator.close();
    expect(await ended).to.be.an.instanceOf(Error);
  });

  it("start with a full view after an outage", async () => {
    const emulator = await start();
    await emulator.control.deployments.create({ appType: "airflow", name: "before" });
    const broken = await follow(emulator);
    await broken.next();
    const ended = broken.next().catch((error: unknown) => error);
    await emulator.control.outage({ forMs: 1 });
    expect(await ended).to.be.an.instanceOf(Error);
    let again: Reader | undefined;
    while (again === undefined) again = await follow(emulator).catch(() => undefined);
    expect(((await again.next()).data as ConsoleView).deployments.items[0]?.name).to.equal("before");
  });
});

describe("addConsoleEvents", () => {
  const read = readers();
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  });

  /** Serves the events of a view that the test provides. */
  async function serve(viewOf: () => ConsoleView, timing: EventTiming): Promise<string> {
    const app = fastify({ forceCloseConnections: true });
    addConsoleEvents(app, viewOf, timing);
    app.get("/connections", async () => ({ count: await promisify(app.server.getConnections).call(app.server) }));
    cleanups.push(() => app.close());
    await app.listen({ port: 0, host: "127.0.0.1" });
    return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/events`;
  }

  /** The open connections of the server, including the one of this request. */
  async function connections(url: string): Promise<number> {
    const response = await fetch(new URL("/connections", url), { headers: { connection: "close" } });
    return ((await response.json()) as { count: number }).count;
  }

  async function someView(): Promise<ConsoleView> {
    const emulator = await startEmulator();
    cleanups.push(() => emulator.close());
    return emulator.control.view();
  }

  it("sends beats while only the time changes", async () => {
    const view = await someView();
    let count = 0;
    const timed = () => ({ ...view, clock: { ...view.clock, time: new Date(count++).toISOString() } });
    const { next } = await read(await serve(timed, { pollMs: 1, heartbeatMs: 1 }));
    expect((await next()).event).to.equal("view");
    const { event, data } = await next();
    expect([event, Object.keys(data as object)]).to.deep.equal(["beat", ["time"]]);
    expect((await next()).event).to.equal("beat");
  });

  it("stops polling when the client disconnects", async () => {
    const view = await someView();
    let polls = 0;
    const counted = () => {
      polls++;
      return view;
    };
    const url = await serve(counted, { pollMs: 1, heartbeatMs: 1 });
    const abort = new AbortController();
    const response = await fetch(url, { signal: abort.signal });
    await response.body?.getReader().read();
    abort.abort();
    while ((await connections(url)) > 1) await new Promise((done) => setImmediate(done));
    const before = polls;
    // Longer than the time between two polls.
    for (let request = 0; request < 20; request++) await connections(url);
    expect(before).to.be.greaterThan(0);
    expect(polls).to.equal(before);
  });

  it("closes the stream if there is no view, and still serves other clients", async () => {
    const view = await someView();
    let isBroken = false;
    const url = await serve(
      () => {
        if (isBroken) throw new RangeError("Invalid time value");
        return view;
      },
      { pollMs: 1, heartbeatMs: 1 },
    );
    const { next } = await read(url);
    await next();
    isBroken = true;
    const drained = async () => {
      for (;;) await next();
    };
    expect(await drained().catch((error: unknown) => error)).to.be.an.instanceOf(Error);
    isBroken = false;
    expect((await (await read(url)).next()).event).to.equal("view");
  });
});
