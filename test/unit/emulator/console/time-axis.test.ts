import { expect } from "chai";
import { axisFor, latestActivity, positionOn } from "../../../../emulator/console/time-axis";

const second = 1_000;
const minute = 60 * second;

describe("latestActivity", () => {
  it("is null without operations", () => {
    expect(latestActivity([])).to.equal(null);
  });

  it("includes overlapping operations, and those before a short pause", () => {
    const times = [
      { from: 0, to: 10 * second },
      { from: 2 * second, to: 3 * second },
      { from: 14 * second, to: 20 * second },
    ];
    expect(latestActivity(times)).to.deep.equal({ from: 0, to: 20 * second });
    expect(latestActivity([...times].reverse())).to.deep.equal({ from: 0, to: 20 * second });
  });

  it("stops at a long pause", () => {
    const times = [
      { from: 0, to: minute },
      { from: 10 * minute, to: 11 * minute },
    ];
    expect(latestActivity(times)).to.deep.equal({ from: 10 * minute, to: 11 * minute });
  });

  it("allows longer pauses between long operations", () => {
    const times = [
      { from: 0, to: 4 * minute },
      { from: 5 * minute, to: 9 * minute },
    ];
    expect(latestActivity(times)).to.deep.equal({ from: 0, to: 9 * minute });
  });
});

describe("axisFor", () => {
  it("rounds the length up, and divides it into whole steps", () => {
    expect(axisFor(5.4 * second)).to.deep.equal({ lengthMs: 6 * second, stepMs: second });
    expect(axisFor(7 * minute, 8)).to.deep.equal({ lengthMs: 8 * minute, stepMs: minute });
    expect(axisFor(1, 4)).to.deep.equal({ lengthMs: second, stepMs: 250 });
    expect(axisFor(0)).to.deep.equal({ lengthMs: second, stepMs: 200 });
  });

  it("never returns more ticks than the maximum", () => {
    for (let spanMs = 1; spanMs < 400 * 86_400_000; spanMs = Math.ceil(spanMs * 1.07)) {
      for (const most of [2, 3, 6, 12]) {
        const { lengthMs, stepMs } = axisFor(spanMs, most);
        expect(lengthMs, `length for ${spanMs} ms`).to.be.at.least(spanMs);
        expect(lengthMs / stepMs, `steps for ${spanMs} ms`).to.be.within(1, most);
      }
    }
  });
});

describe("positionOn", () => {
  const axis = { from: 100, lengthMs: 1_000 };

  it("returns percentages", () => {
    expect(positionOn({ from: 350, to: 600 }, axis)).to.deep.equal({ left: 25, width: 25 });
  });

  it("cuts off what is outside the axis, and never returns a negative width", () => {
    expect(positionOn({ from: 0, to: 200 }, axis)).to.deep.equal({ left: 0, width: 10 });
    expect(positionOn({ from: 1_000, to: 5_000 }, axis)).to.deep.equal({ left: 90, width: 10 });
    expect(positionOn({ from: 5_000, to: 9_000 }, axis)).to.deep.equal({ left: 100, width: 0 });
    expect(positionOn({ from: 600, to: 350 }, axis)).to.deep.equal({ left: 50, width: 0 });
  });
});
