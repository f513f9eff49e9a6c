import { expect } from "chai";
import { WaitReporter } from "../../../../provider/deployment/progress";

function start() {
  const told: string[] = [];
  const time = { ms: 0 };
  const reporter = new WaitReporter({
    name: "etl",
    report: ({ kind, text }) => told.push(`${kind} ${text}`),
    elapsedMs: () => time.ms,
    timeoutMs: 1_800_000,
  });
  return { told, time, reporter };
}

describe("WaitReporter", () => {
  it("tells a phase when it changes, and one that takes long every half minute", () => {
    const { told, time, reporter } = start();
    for (const seconds of [0, 5, 10, 31, 35, 62]) {
      time.ms = seconds * 1_000;
      reporter.phase({ status: "running", phase: "database_provisioning", message: "Creating the database" });
    }
    reporter.phase({ status: "running", phase: "migrations" });
    reporter.phase({ status: "queued" });
    expect(told).to.deep.equal([
      "phase database provisioning, 0 s of 30 min: Creating the database",
      "phase database provisioning, 31 s of 30 min: Creating the database",
      "phase database provisioning, 62 s of 30 min: Creating the database",
      "phase migrations, 62 s of 30 min",
      "phase queued, 62 s of 30 min",
    ]);
  });

  it("tells a warning once, and again only after an answer in between", () => {
    const { told, reporter } = start();
    for (let poll = 0; poll < 5; poll += 1) reporter.warning("it cannot be seen");
    reporter.phase({ status: "running" });
    reporter.warning("it cannot be seen");
    expect(told).to.deep.equal([
      "warning 0 s of 30 min: it cannot be seen",
      "phase running, 0 s of 30 min",
      "warning running, 0 s of 30 min: it cannot be seen",
    ]);
  });

  it("shows phase, elapsed time and limit where a terminal cuts the line at 100 columns", () => {
    const { told, time, reporter } = start();
    time.ms = 61_000;
    reporter.phase({ status: "running", phase: "infrastructure_provisioning", message: "x".repeat(200) });
    reporter.warning("y".repeat(200));
    for (const line of told) expect(line.slice(0, 100)).to.contain("infrastructure provisioning, 61 s of 30 min: ");
  });

  it("lets no wait fail because its progress cannot be shown", () => {
    const report = () => {
      throw new Error("the engine is gone");
    };
    const reporter = new WaitReporter({ name: "etl", report, elapsedMs: () => 0, timeoutMs: 1_000 });
    expect(() => reporter.phase({ status: "running" })).not.to.throw();
    expect(() => reporter.done("ready")).not.to.throw();
  });
});
