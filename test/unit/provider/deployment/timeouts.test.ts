import { expect } from "chai";
import { formatDuration, parseDuration } from "../../../../provider/deployment/timeouts";

describe("parseDuration", () => {
  it("parses the format of Pulumi's customTimeouts", () => {
    expect(parseDuration("45s")).to.equal(45_000);
    expect(parseDuration("30m")).to.equal(1_800_000);
    expect(parseDuration("1h30m")).to.equal(5_400_000);
    expect(parseDuration("1.5h")).to.equal(5_400_000);
    expect(parseDuration("500ms")).to.equal(500);
    expect(parseDuration("1m1s1ms")).to.equal(61_001);
  });

  it("rejects other texts", () => {
    for (const text of ["", "30", "m", "30 m", "30min", "-5m", "0s", "1h30", "soon", `${"9".repeat(400)}h`]) {
      expect(parseDuration(text), text).to.equal(undefined);
    }
  });
});

describe("formatDuration", () => {
  it("formats durations for people", () => {
    expect([0, 250, 45_000, 89_000, 90_000, 1_800_000, 5_400_000, 36_000_000].map(formatDuration)).to.deep.equal([
      "0 s",
      "250 ms",
      "45 s",
      "89 s",
      "1 min 30 s",
      "30 min",
      "1 h 30 min",
      "10 h",
    ]);
  });
});
