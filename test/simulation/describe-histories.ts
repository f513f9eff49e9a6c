import { expect } from "chai";
import { faultKinds } from "./faults";
import type { HostName } from "./history";
import { runSeeds } from "./run-seeds";

const count = 2_500;
/** What a history can have besides faults. */
const expected = [
  ...["up", "upWithPreview", "preview", "refresh", "destroy", "destroy --target"].map((each) => `command ${each}`),
  ...["appType", "rename", "alias", "reuseName", "remove", "taint", "swapNames", "adoptLeftover", "rotateKey"].map(
    (each) => `edit ${each}`,
  ),
  ...["destroy", "rename", "fail", "foreign"].flatMap((each) => [`interference ${each}`, `meanwhile ${each}`]),
  ...["end kill", "end cancel", "clock jump", "two stacks at once"],
];

/** Tests of one host, in a file of their own for each host: Mocha runs files side by side. */
export function describeHistories(host: HostName): void {
  describe(`the simulation of the ${host} host`, function () {
    this.timeout(30 * 60_000);

    it(`holds every invariant in the first ${count.toLocaleString("en")} histories`, async () => {
      const { failures, counts } = await runSeeds({ first: 1, count, hosts: [host], stops: false });
      expect(failures).to.deep.equal([]);
      const happened = counts.map(([what]) => what);
      expect(happened).to.include.members(host === "plugin" ? [...expected, "edit import", "imported"] : expected);
      expect(faultKinds.filter((kind) => !happened.some((what) => what.endsWith(` ${kind}`)))).to.deep.equal([]);
    });
  });
}
