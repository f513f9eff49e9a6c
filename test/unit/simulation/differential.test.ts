import { expect } from "chai";
import { recordHistory } from "../../simulation/differential/record";
import { foci, sampleHistory } from "../../simulation/differential/sample";
import { faultKinds } from "../../simulation/faults";
import { hostNames } from "../../simulation/history";
import { Coverage } from "../../simulation/simulation";

describe("the sample of histories for the real engine", function () {
  this.timeout(120_000);

  for (const host of hostNames) {
    it(`covers every kind of action and fault in one history of the ${host} host for each focus`, async () => {
      const coverage = new Coverage();
      const covered = new Set<string>();
      for (let number = 0; number < Object.keys(foci).length; number += 1) {
        const { slots, refreshBeforeUpdate, resources, ...history } = sampleHistory(number, host);
        const runs = await recordHistory({ ...history, slots, refreshBeforeUpdate, resources }, coverage);
        for (const { run, end } of runs) {
          if (end.isKilled && run.end.kind === "killAtRequest") covered.add(`killed ${run.end.when} ${run.end.on}`);
          if (run.replaces.length > 0) covered.add("--replace");
          if (run.targets !== undefined) covered.add("--target");
          if (run.refreshes) covered.add("--refresh");
          covered.add(run.stack);
        }
        if (slots > 1) covered.add("parallel");
        if (!refreshBeforeUpdate) covered.add("no refresh");
        for (const { name, ignoresName, deletesBeforeReplace } of resources) {
          covered.add(name);
          if (ignoresName) covered.add("ignores name");
          if (deletesBeforeReplace) covered.add("deletes before replace");
        }
      }
      for (const what of coverage.counts.keys()) covered.add(what.replace(/^fault \w+ \w+ /, "fault "));
      const expected = [
        // The emulator cannot refuse the connection of one request only.
        ...faultKinds.filter((kind) => kind !== "refused" && kind !== "laggingList").map((kind) => `fault ${kind}`),
        ...["create", "delete"].flatMap((on) => [`killed before ${on}`, `killed after ${on}`]),
        ...[
          "killed before listDeployments",
          "killed after getDeployment",
          "killed before listOperations",
          "killed after getOperation",
        ],
        ...["up", "upWithPreview", "preview", "refresh", "destroy", "refresh --target", "destroy --target"].map(
          (command) => `command ${command}`,
        ),
        ...["--replace", "--target", "--refresh", "no refresh", "parallel", "main", "second"],
        ...["appType", "rename", "alias", "remove", "restore", "taint", "swapNames", "adoptLeftover"].map(
          (kind) => `edit ${kind}`,
        ),
        ...["destroy", "rename", "fail", "foreign"].map((kind) => `interference ${kind}`),
        ...["fail", "cancel", "hang", "vanish"].map((result) => `operation create ${result}`),
        ...["fail", "cancel"].map((result) => `operation destroy ${result}`),
        ...["automatic", "web", "etl", "undefinedOutput", "ignores name", "deletes before replace"],
      ];
      expect(expected.filter((what) => !covered.has(what))).to.deep.equal([]);
    });
  }
});
