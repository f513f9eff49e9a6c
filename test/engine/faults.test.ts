import { expect } from "chai";
import { hosts } from "../../scripts/engine/hosts";
import { scenes } from "../faults/catalog/index";
import { isGood } from "../faults/judge";
import { explainFailures, summary } from "../faults/report";
import { tasksOf } from "../faults/run-matrix";
import { runScene } from "../faults/run-scene";
import { playRandomSequences } from "../faults/sequences";

describe("the fault matrix, its fast part (npm run faults is the whole)", () => {
  const fast = scenes.filter(({ isFast }) => isFast);
  for (const { scene, ...options } of tasksOf(fast, hosts)) {
    it(`loses nothing and makes nothing twice: ${scene.id}, through ${options.door.name}`, async () => {
      const results = await runScene(scene, options);
      expect(results).not.to.deep.equal([]);
      const bad = results.filter(({ verdict }) => !isGood(verdict));
      expect(bad, `${summary(results)}\n${explainFailures(bad)}`).to.deep.equal([]);
    });
  }
});

describe("random stories of changes, drift, faults and kills (npm run faults -- --random N plays more)", () => {
  for (const [index, host] of hosts.entries()) {
    it(`end with a state that is what the platform has, through ${host.name}`, () =>
      playRandomSequences({ door: host, numRuns: 3, seed: 20_261_124 + index }));
  }
});
