import { expect } from "chai";
import { WaitReporter } from "../../../../provider/deployment/progress";

function start() {
  const reported: string[] = [];
  const time = { ms: 0 };
  const reporter = new WaitReporter({
    name: "etl",
    report: ({ kind, text }) => reported.push(`${kind} ${text}`),
    elapsedMs: () => time.ms,
    timeoutMs: 1_800_000,
  });
  return { reported, time, reporter };
}

describe("WaitReporter", () => {
  it("reports a phase when it changes, and a long one every 30 seconds", () => {
    const { reported, time, reporter } = start();
    for (const seconds of [0, 5, 10, 31, 35, 62]) {
      time.ms = seconds * 1_000;
      reporter.phase({ status: "running", phase: "database_provisioning", message: "Creating the database" });
    }
    reporter.phase({ status: "running", phase: "migrations" });
    reporter.phase({ status: "queued" });
    expect(reported).to.deep.equal([
      "phase database provisioning, 0 s of 30 min: Creating the database",
      "phase database provisioning, 31 s of 30 min: Creating the database",
      "phase database provisioning, 62 s of 30 min: Creating the database",
      "phase migrations, 62 s of 30 min",
      "phase queued, 62 s of 30 min",
    ]);
  });

  it("reports a warning once, and again only after a response", () => {
    const { reported, reporter } = start();
    for (let poll = 0; poll < 5; poll += 1) reporter.warning("cannot read the operation");
    reporter.phase({ status: "running" });
    reporter.warning("cannot read the operation");
    expect(reported).to.deep.equal([
      "warning 0 s of 30 min: cannot read the operation",
      "phase running, 0 s of 30 min",
      "warning running, 0 s of 30 min: cannot read the operation",
    ]);
  });

  it("has phase, elapsed time and timeout in the first 100 columns", () => {
    const { reported, time, reporter } = start();
    time.ms = 61_000;
    reporter.phase({ status: "running", phase: "infrastructure_provisioning", message: "x".repeat(200) });
    reporter.warning("y".repeat(200));
    for (const line of reported) expect(line.slice(0, 100)).to.contain("infrastructure provisioning, 61 s of 30 min: ");
  });

  it("ignores errors in the report", () => {
    const report = () => {
      throw new Error("the engine has ended");
    };
    const reporter = new WaitReporter({ name: "etl", report, elapsedMs: () => 0, timeoutMs: 1_000 });
    expect(() => reporter.phase({ status: "running" })).not.to.throw();
    expect(() => reporter.done("ready")).not.to.throw();
  });
});
