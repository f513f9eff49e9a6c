import { expect } from "chai";
import type { HostName } from "./history";
import { runSeeds } from "./run-seeds";

const count = 1_000;

/** Tests of one host, in a file of their own for each host: Mocha runs files side by side. */
export function describeHistories(host: HostName): void {
  describe(`the simulation of the ${host} host`, function () {
    this.timeout(30 * 60_000);

    it(`holds every invariant in the first ${count.toLocaleString("en")} histories`, async () => {
      const { failures, counts } = await runSeeds({ first: 1, count, hosts: [host], stops: false });
      expect(failures).to.deep.equal([]);
      expect(counts.map(([what]) => what)).to.include.members(["end kill", "end cancel", "interference foreign"]);
    });
  });
}
