import { expect } from "chai";
import { ApiError, ConnectionError } from "../../../../provider/api/errors";
import { Poller } from "../../../../provider/lro/poller";
import { type WaitEnd, waitUntil } from "../../../../provider/lro/wait";
import { FakeClock } from "../../../support/fake-clock";

type Response = string | Error;

const apiError = (status: number, retryAfterMs?: number) => {
  const code = status === 404 ? "OPERATION_NOT_FOUND" : "CODE";
  return new ApiError({ method: "GET", path: "/operations/op_1", status, code, reason: "reason", retryAfterMs });
};
const refused = () =>
  new ConnectionError({
    method: "GET",
    path: "/operations/op_1",
    host: "api.onvera.io",
    code: "ECONNREFUSED",
    reason: "connection refused",
    mayHaveActed: false,
  });

/** A wait for an operation whose polls get these responses; the last one repeats. */
function script(...responses: Response[]) {
  const clock = new FakeClock();
  const poller = new Poller({ clock, random: () => 0 });
  const polledAt: number[] = [];
  const errors: string[] = [];
  const statuses: string[] = [];
  const fetch = async () => {
    polledAt.push(clock.now());
    const response = responses.length > 1 ? responses.shift() : responses[0];
    if (response instanceof Error) throw response;
    return response ?? "";
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
      onResponse: (status) => statuses.push(status),
      onError: (error) => errors.push(error.message),
    });
  return { clock, polledAt, errors, statuses, wait };
}

describe("waitUntil", () => {
  it("polls every two to five seconds, with increasing intervals", async () => {
    const { wait, polledAt } = script("running", "running", "running", "running", "running", "running", "succeeded");
    expect(await wait()).to.deep.equal({ kind: "done", response: "succeeded" });
    const gaps = polledAt.slice(1).map((at, index) => at - (polledAt[index] ?? 0));
    expect(polledAt[0]).to.equal(2_000);
    expect(gaps[0]).to.equal(2_000);
    expect(gaps.at(-1)).to.equal(5_000);
    for (const gap of gaps) expect(gap).to.be.within(2_000, 5_000);
  });

  it("ends at the deadline with the last response", async () => {
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

  it("continues after an outage", async () => {
    const outage = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? refused() : apiError(503)));
    const { wait, errors } = script("running", ...outage, "succeeded");
    expect(await wait({ timeoutMs: 3_600_000 })).to.deep.equal({ kind: "done", response: "succeeded" });
    expect(errors).to.have.length(20);
  });

  it("backs off during an outage, up to 30 seconds", async () => {
    const { wait, polledAt } = script(refused());
    const end = await wait({ timeoutMs: 300_000 });
    expect(end.kind).to.equal("timeout");
    expect(end.kind === "timeout" && end.lastError?.message).to.contain("connection refused");
    const gaps = polledAt.slice(1).map((at, index) => at - (polledAt[index] ?? 0));
    expect(gaps.slice(0, 5)).to.deep.equal([5_000, 10_000, 20_000, 30_000, 30_000]);
  });

  it("uses the delay that the server requests", async () => {
    const { wait, polledAt } = script(apiError(503, 60_000), "succeeded");
    await wait();
    expect(polledAt).to.deep.equal([2_000, 62_000]);
  });

  it("shares the polls of a key between waits", async () => {
    const { wait, polledAt } = script("running", "succeeded");
    const ends = await Promise.all([wait(), wait(), wait()]);
    expect(ends.map(({ kind }) => kind)).to.deep.equal(["done", "done", "done"]);
    expect(polledAt).to.have.length(2);
  });

  it("continues the other waits when one is canceled", async () => {
    const { wait } = script("running", "running", "running", "succeeded");
    const canceled = new AbortController();
    const one = wait({ signal: canceled.signal });
    const other = wait();
    canceled.abort();
    expect(await one).to.deep.equal({ kind: "aborted" });
    expect((await other).kind).to.equal("done");
  });

  it("ends at once if the signal is already aborted", async () => {
    const { wait, polledAt } = script("running");
    expect(await wait({ signal: AbortSignal.abort() })).to.deep.equal({ kind: "aborted" });
    expect(polledAt).to.deep.equal([]);
  });

  it("ends after three 404 responses in a row", async () => {
    const flicker = script(apiError(404), apiError(404), "running", apiError(404), apiError(404), "succeeded");
    expect((await flicker.wait()).kind).to.equal("done");
    const { wait, polledAt } = script(apiError(404));
    expect(await wait()).to.deep.equal({ kind: "notFound" });
    expect(polledAt).to.have.length(3);
  });

  it("continues after 404 responses that the platform has not sent", async () => {
    const details = { method: "GET", path: "/operations/op_1", status: 404, code: "HTTP_404", reason: "nginx" };
    const foreign = Array.from({ length: 10 }, () => new ApiError(details));
    expect((await script(...foreign, "succeeded").wait()).kind).to.equal("done");
  });

  it("ends after three 401 or 403 responses in a row, with the last error", async () => {
    const { wait } = script("running", apiError(401), apiError(403), apiError(401));
    const end = await wait();
    expect(end.kind).to.equal("denied");
    expect(end.kind === "denied" && end.error).to.include({ status: 401 });
  });

  it("passes unknown statuses, and continues to wait", async () => {
    const { wait, statuses } = script("reticulating", "", "succeeded");
    expect((await wait()).kind).to.equal("done");
    expect(statuses).to.deep.equal(["reticulating", "", "succeeded"]);
  });

  it("stops polling after the end", async () => {
    const { wait, clock, polledAt } = script("succeeded");
    await wait();
    const polls = polledAt.length;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(polledAt).to.have.length(polls);
    expect(clock.now()).to.be.lessThan(600_000);
  });
});
