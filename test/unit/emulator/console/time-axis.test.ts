import { expect } from "chai";
import { axisFor, latestActivity, positionOn } from "../../../../emulator/console/time-axis";

const second = 1_000;
const minute = 60 * second;

describe("the latest stretch of activity", () => {
  it("is none where nothing was", () => {
    expect(latestActivity([])).to.equal(null);
  });

  it("reaches back over what overlaps, and over short pauses", () => {
    const times = [
      { from: 0, to: 10 * second },
      { from: 2 * second, to: 3 * second },
      { from: 14 * second, to: 20 * second },
    ];
    expect(latestActivity(times)).to.deep.equal({ from: 0, to: 20 * second });
    expect(latestActivity([...times].reverse())).to.deep.equal({ from: 0, to: 20 * second });
  });

  it("ends where more than a pause lies between", () => {
    const times = [
      { from: 0, to: minute },
      { from: 10 * minute, to: 11 * minute },
    ];
    expect(latestActivity(times)).to.deep.equal({ from: 10 * minute, to: 11 * minute });
  });

  it("takes longer pauses for pauses where operations take long", () => {
    const times = [
      { from: 0, to: 4 * minute },
      { from: 5 * minute, to: 9 * minute },
    ];
    expect(latestActivity(times)).to.deep.equal({ from: 0, to: 9 * minute });
  });
});

describe("an axis", () => {
  it("has a round length that the span fits into, and whole steps", () => {
    expect(axisFor(5.4 * second)).to.deep.equal({ lengthMs: 6 * second, stepMs: second });
    expect(axisFor(7 * minute, 8)).to.deep.equal({ lengthMs: 8 * minute, stepMs: minute });
    expect(axisFor(1, 4)).to.deep.equal({ lengthMs: second, stepMs: 250 });
    expect(axisFor(0)).to.deep.equal({ lengthMs: second, stepMs: 200 });
  });

  it("always has a step, and never more of them than there is room for", () => {
    for (let spanMs = 1; spanMs < 400 * 86_400_000; spanMs = Math.ceil(spanMs * 1.07)) {
      for (const most of [2, 3, 6, 12]) {
        const { lengthMs, stepMs } = axisFor(spanMs, most);
        expect(lengthMs, `length for ${spanMs} ms`).to.be.at.least(spanMs);
        expect(lengthMs / stepMs, `steps for ${spanMs} ms`).to.be.within(1, most);
      }
    }
  });
});

describe("a place on the axis", () => {
  const axis = { from: 100, lengthMs: 1_000 };

  it("is told in percent", () => {
    expect(positionOn({ from: 350, to: 600 }, axis)).to.deep.equal({ left: 25, width: 25 });
  });

  it("is cut off at the ends, and never runs backwards", () => {
    expect(positionOn({ from: 0, to: 200 }, axis)).to.deep.equal({ left: 0, width: 10 });
    expect(positionOn({ from: 1_000, to: 5_000 }, axis)).to.deep.equal({ left: 90, width: 10 });
    expect(positionOn({ from: 5_000, to: 9_000 }, axis)).to.deep.equal({ left: 100, width: 0 });
    expect(positionOn({ from: 600, to: 350 }, axis)).to.deep.equal({ left: 50, width: 0 });
  });
});
