import { expect } from "chai";
import { compareHistories, RealWorld } from "../simulation/differential/compare";
import { foci } from "../simulation/differential/sample";
import { hostNames } from "../simulation/history";

/** One history of each; `npm run differential` compares more. */
const compared: readonly (keyof typeof foci)[] = [
  "kill after a create",
  "kill after a replacement's delete",
  "connection reset after a create with a chosen name",
  "destroyed by others, up",
  "change the application, delete before replace",
  "second stack",
];

for (const host of hostNames) {
  describe(`the simulation's model, compared with the real engine and the ${host} host`, () => {
    it("ends with the same state and platform after each run", async () => {
      const world = await RealWorld.start(host);
      try {
        const numbers = compared.map((focus) => Object.keys(foci).indexOf(focus));
        const results = await compareHistories(world, numbers);
        expect(results.flatMap(({ difference }) => difference ?? [])).to.deep.equal([]);
      } finally {
        await world.stop();
      }
    });
  });
}
