import { expect } from "chai";
import { ApiError, ConnectionError } from "../../../../provider/api/errors";
import { Poller } from "../../../../provider/lro/poller";
import { type WaitEnd, waitUntil } from "../../../../provider/lro/wait";
import { FakeClock } from "../../../support/fake-clock";

type Answer = string | Error;

const apiError = (status: number, retryAfterMs?: number) =>
  new ApiError({ method: "GET", path: "/operations/op_1", status, code: "CODE", reason: "reason", retryAfterMs });
const refused = () =>
  new ConnectionError({
    method: "GET",
    path: "/operations/op_1",
    host: "api.onvera.io",
    code: "ECONNREFUSED",
    reason: "connection refused",
    mayHaveActed: false,
  });

/** A wait for an operation whose polls get the scripted answers, the last of them again and again. */
function script(...answers: Answer[]) {
  const clock = new FakeClock();
  const poller = new Poller({ clock, random: () => 0 });
  const polledAt: number[] = [];
  const errors: string[] = [];
  const seen: string[] = [];
  const fetch = async () => {
    polledAt.push(clock.now());
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer instanceof Error) throw answer;
    return answer ?? "";
  };
  const wait = (options: { timeoutMs?: number; signal?: AbortSignal; key?: string } = {}): Promise<WaitEnd<string>> =>
    waitUntil({
      poller,
      clock,
      key: options.key ?? "operation/op_1",
      fetch,
      isDone: (status) => status === "succeeded",
      deadline: clock.now() + (options.timeoutMs ?? 600_000),
      signal: options.signal,
      onResponse: (status) => seen.push(status),
      onError: (error) => errors.push(error.message),
    });
  return { clock, polledAt, errors, seen, wait };
}

describe("waitUntil", () => {
  it("polls every two to five seconds, ever more slowly", async () => {
    const { wait, polledAt } = script("running", "running", "running", "running", "running", "running", "succeeded");
    expect(await wait()).to.deep.equal({ kind: "done", response: "succeeded" });
    const gaps = polledAt.slice(1).map((at, index) => at - (polledAt[index] ?? 0));
    expect(polledAt[0]).to.equal(2_000);
    expect(gaps[0]).to.equal(2_000);
    expect(gaps.at(-1)).to.equal(5_000);
    for (const gap of gaps) expect(gap).to.be.within(2_000, 5_000);
  });

  it("ends at the deadline, with the last answer", async () => {
    const { wait, clock } = script("running");
    expect(await wait({ timeoutMs: 61_000 })).to.deep.equal({ kind: "timeout", lastResponse: "running" });
    expect(clock.now()).to.equal(61_000);
  });

  it("ends at the deadline while a poll hangs", async () => {
    const clock = new FakeClock();
    const end = await waitUntil({
      poller: new Poller({ clock }),
      clock,
      key: "operation/op_1",
      fetch: () => new Promise<string>(() => undefined),
      isDone: () => true,
      deadline: 10_000,
    });
    expect(end).to.deep.equal({ kind: "timeout" });
  });

  it("outlives an outage, which counts against nothing but the deadline", async () => {
    const outage = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? refused() : apiError(503)));
    const { wait, errors } = script("running", ...outage, "succeeded");
    expect(await wait({ timeoutMs: 3_600_000 })).to.deep.equal({ kind: "done", response: "succeeded" });
    expect(errors).to.have.length(20);
  });

  it("backs off during an outage, up to half a minute", async () => {
    const { wait, polledAt } = script(refused());
    const end = await wait({ timeoutMs: 300_000 });
    expect(end.kind).to.equal("timeout");
    expect(end.kind === "timeout" && end.lastError?.message).to.contain("connection refused");
    const gaps = polledAt.slice(1).map((at, index) => at - (polledAt[index] ?? 0));
    expect(gaps.slice(0, 5)).to.deep.equal([5_000, 10_000, 20_000, 30_000, 30_000]);
  });

  it("prefers the delay that the platform asks for to its own", async () => {
    const { wait, polledAt } = script(apiError(429, 60_000), "succeeded");
    await wait();
    expect(polledAt).to.deep.equal([2_000, 62_000]);
  });

  it("holds back every other poll too, while the platform limits the rate", async () => {
    const clock = new FakeClock();
    const poller = new Poller({ clock, random: () => 0 });
    const polls: [string, number][] = [];
    const wait = (key: string, answers: Answer[]) =>
      waitUntil({
        poller,
        clock,
        key,
        fetch: async () => {
          polls.push([key, clock.now()]);
          const answer = answers.shift();
          if (answer instanceof Error) throw answer;
          return answer ?? "";
        },
        isDone: (status) => status === "succeeded",
        deadline: 600_000,
        firstPollDelayMs: key === "a" ? 1_000 : 3_000,
      });
    await Promise.all([wait("a", [apiError(429, 30_000), "succeeded"]), wait("b", ["succeeded"])]);
    expect(polls).to.deep.equal([
      ["a", 1_000],
      ["a", 31_000],
      ["b", 31_000],
    ]);
  });

  it("shares the polls of one key among all that wait for it", async () => {
    const { wait, polledAt } = script("running", "succeeded");
    const ends = await Promise.all([wait(), wait(), wait()]);
    expect(ends.map(({ kind }) => kind)).to.deep.equal(["done", "done", "done"]);
    expect(polledAt).to.have.length(2);
  });

  it("goes on for the others when one of them is canceled", async () => {
    const { wait } = script("running", "running", "running", "succeeded");
    const canceled = new AbortController();
    const one = wait({ signal: canceled.signal });
    const other = wait();
    canceled.abort();
    expect(await one).to.deep.equal({ kind: "aborted" });
    expect((await other).kind).to.equal("done");
  });

  it("ends at once when the signal was aborted before", async () => {
    const { wait, polledAt } = script("running");
    expect(await wait({ signal: AbortSignal.abort() })).to.deep.equal({ kind: "aborted" });
    expect(polledAt).to.deep.equal([]);
  });

  it("believes 404 only when it is said three times in a row", async () => {
    const flicker = script(apiError(404), apiError(404), "running", apiError(404), apiError(404), "succeeded");
    expect((await flicker.wait()).kind).to.equal("done");
    const { wait, polledAt } = script(apiError(404));
    expect(await wait()).to.deep.equal({ kind: "notFound" });
    expect(polledAt).to.have.length(3);
  });

  it("gives up when the key is refused three times in a row, with the platform's reason", async () => {
    const { wait } = script("running", apiError(401), apiError(403), apiError(401));
    const end = await wait();
    expect(end.kind).to.equal("denied");
    expect(end.kind === "denied" && end.error).to.include({ status: 401 });
  });

  it("passes statuses on that it does not know, and waits on", async () => {
    const { wait, seen } = script("reticulating", "", "succeeded");
    expect((await wait()).kind).to.equal("done");
    expect(seen).to.deep.equal(["reticulating", "", "succeeded"]);
  });

  it("leaves nothing running behind", async () => {
    const { wait, clock, polledAt } = script("succeeded");
    await wait();
    const polls = polledAt.length;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(polledAt).to.have.length(polls);
    expect(clock.now()).to.be.lessThan(600_000);
  });
});
