import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import { createReporter } from "../../../../scripts/pulumi/progress";

describe("createReporter", () => {
  let clock: FakeTimers.Clock;
  let written: string[];
  beforeEach(() => {
    clock = FakeTimers.install();
    written = [];
  });
  afterEach(() => clock.uninstall());
  const stream = (terminal: { isTTY?: boolean; columns?: number } = {}) => ({
    ...terminal,
    write: (text: string) => written.push(text),
  });

  it("writes a line every few seconds if lines cannot be rewritten", () => {
    const task = createReporter({ stream: stream(), env: {} }).begin("building");
    task.detail("3 packages compiled");
    clock.tick(25_000);
    task.done();
    clock.tick(60_000);
    expect(written).to.deep.equal([
      "building ...\n",
      "building: 12 s, 3 packages compiled\n",
      "building: 24 s, 3 packages compiled\n",
      "building: 25 s\n",
    ]);
  });

  it("rewrites one line on a terminal, within its width", () => {
    const reporter = createReporter({ stream: stream({ isTTY: true, columns: 24 }), env: { TERM: "xterm" } });
    const task = reporter.begin("building");
    task.detail("now a/very/long/package/path");
    clock.tick(1_000);
    reporter.say("by the way");
    task.done();
    expect(written).to.deep.equal([
      "building ...",
      "\r\x1b[Kbuilding: 1 s, now a/ve",
      "\r\x1b[Kby the way\n",
      "\r\x1b[Kbuilding: 1 s\n",
    ]);
  });

  it("does not rewrite lines on a terminal that does not support it", () => {
    createReporter({ stream: stream({ isTTY: true }), env: { TERM: "dumb" } }).begin("building");
    clock.tick(12_000);
    expect(written).to.deep.equal(["building ...\n", "building: 12 s\n"]);
  });
});
