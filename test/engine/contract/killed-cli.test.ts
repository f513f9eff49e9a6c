import { expect } from "chai";
import { descendants } from "../../../scripts/engine/command";
import { dynamicHost, hosts } from "../../../scripts/engine/hosts";
import { commandLines } from "../../faults/processes";
import { useHarness } from "../../support/harness";

for (const host of hosts) {
  describe(`${host.name} of a CLI that was killed`, () => {
    const start = useHarness();
    const processName = host === dynamicHost ? "dynamic-provider" : "pulumi-resource-onvera";

    it("sends none of the creates that waited for the rate limit, and ends", async () => {
      const names = ["a", "b", "c", "d", "e", "f"];
      const program = names.map((name) => `new Deployment("${name}", { appType: "superset" });`).join("\n");
      const harness = await start({ host, program });
      harness.control.rateLimit.set({ requests: 4, perSeconds: 60 });
      const run = harness.project.spawnUp({ flags: ["--parallel", "16"] });
      await harness.control.requests.next({ method: "POST", path: "/deployments" });
      const lines = commandLines();
      const processes = descendants(run.command.pid ?? 0).filter((pid) => lines.get(pid)?.includes(processName));
      expect(processes).to.not.deep.equal([]);
      run.command.signal("SIGKILL");
      await harness.project.unlock();
      // The provider of the killed run still waits, because the limit lasts for a minute.
      harness.control.rateLimit.off();
      await harness.project.up({ flags: ["--parallel", "16"] });

      await harness.expectAgreement();
      expect(harness.platformIds()).to.have.length(names.length);
      expect(harness.countRequests("POST")).to.equal(names.length);
      expect(processes.filter(isAlive), "the provider of the killed run").to.deep.equal([]);
    });
  });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
