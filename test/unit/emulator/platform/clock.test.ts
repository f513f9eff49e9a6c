import { expect } from "chai";
import { Clock, type ClockSegment } from "../../../../emulator/src/platform/clock";
import { fakeTime } from "../support";

describe("the emulator's clock", () => {
  it("rejects an invalid speed, advance or skew", () => {
    expect(() => new Clock({ speed: 0 })).to.throw(RangeError, "the speed must be a number above 0, not 0");
    expect(() => new Clock({ speed: Number.NaN })).to.throw(RangeError, "not NaN");
    expect(() => new Clock().advance(-1)).to.throw(RangeError, "cannot advance the clock by -1 ms");
    expect(() => new Clock().setSkew(Number.POSITIVE_INFINITY)).to.throw(RangeError);
  });

  it("does not run backward if the machine's time does", () => {
    const time = fakeTime();
    const clock = new Clock({ now: time.now });
    time.ms -= 60_000;
    expect(clock.workMs()).to.equal(0);
  });

  it("runs work time at the given speed, and wall time in real time", () => {
    const time = fakeTime(1_000);
    const clock = new Clock({ speed: 60, now: time.now });
    time.ms += 500;
    expect(clock.workMs()).to.equal(30_000);
    expect(clock.wallMs()).to.equal(1_500);
    clock.setSpeed(1);
    time.ms += 500;
    expect(clock.workMs()).to.equal(30_500);
  });

  it("converts work time to wall time across changes of speed, pauses and jumps", () => {
    const time = fakeTime(0);
    const clock = new Clock({ speed: 10, now: time.now });
    time.ms = 100; // work 1000
    clock.pause();
    time.ms = 200;
    clock.resume();
    clock.setSpeed(1);
    time.ms = 300; // work 1100
    clock.advance(5_000); // work 6100
    time.ms = 400; // work 6200
    expect(clock.wallAt(500)).to.equal(50);
    expect(clock.wallAt(1_000)).to.equal(100);
    expect(clock.wallAt(1_050)).to.equal(250);
    expect(clock.wallAt(4_000), "jumped over").to.equal(300);
    expect(clock.wallAt(6_150)).to.equal(350);
    expect(clock.workMs()).to.equal(6_200);
  });

  it("shifts wall time by the skew from then on, and leaves work time unchanged", () => {
    const time = fakeTime(0);
    const clock = new Clock({ now: time.now });
    time.ms = 100;
    clock.setSkew(-50_000);
    time.ms = 200;
    expect(clock.wallMs()).to.equal(-49_800);
    expect(clock.wallAt(50)).to.equal(50);
    expect(clock.wallAt(150)).to.equal(-49_850);
    expect(clock.workMs()).to.equal(200);
  });

  it("continues after a restart: work has continued meanwhile, and a pause has ended", () => {
    const time = fakeTime(0);
    const stored: ClockSegment[] = [];
    new Clock({ speed: 2, now: time.now, onChange: (segment) => stored.push(segment) });
    time.ms = 1_000;
    const second = new Clock({ segments: stored, now: time.now, onChange: (segment) => stored.push(segment) });
    expect(second.workMs()).to.equal(2_000);
    expect(second.speed).to.equal(2);
    second.pause();
    time.ms = 5_000;
    const third = new Clock({ segments: stored, speed: 1, now: time.now });
    expect(third.workMs()).to.equal(2_000);
    expect(third.isPaused).to.equal(false);
    expect(third.wallAt(1_000)).to.equal(500);
  });

  it("stores an instant speed as JSON, which has no Infinity", () => {
    const stored: ClockSegment[] = [];
    new Clock({ speed: Number.POSITIVE_INFINITY, onChange: (segment) => stored.push(segment) });
    const again = new Clock({ segments: JSON.parse(JSON.stringify(stored)) as ClockSegment[] });
    expect(again.isInstant).to.equal(true);
    expect(again.speed).to.equal(Number.POSITIVE_INFINITY);
  });
});
