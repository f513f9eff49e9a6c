import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { checkNode, checkPulumi, oldestNode, oldestPulumi } from "../../../../cli/doctor/tools";
import { PulumiCli } from "../../../../cli/pulumi";
import { engines, peerDependencies } from "../../../../package.json";

describe("the doctor's check of", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tools-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("Node.js has the oldest version that the package declares", () => {
    expect(`>=${oldestNode.replace(/\.0\.0$/, "")}`).to.equal(engines.node);
    expect(checkNode(oldestNode).status).to.equal("ok");
    expect(checkNode("22.11.0").status).to.equal("ok");
    expect(checkNode("18.20.4")).to.deep.equal({
      id: "node",
      status: "error",
      message: "Node.js 18.20.4 is too old",
      remedy: "install Node.js 20 or newer",
    });
  });

  it("the Pulumi CLI has the oldest version that the package declares, and reports one that does not run", async () => {
    expect(`^${oldestPulumi}`).to.equal(peerDependencies["@pulumi/pulumi"]);
    const command = join(folder, "pulumi");
    const check = (script: string) => {
      writeFileSync(command, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      return checkPulumi(new PulumiCli({ command, cwd: folder, env: {} }));
    };
    expect(await check("echo v3.259.0")).to.deep.include({ status: "ok", isUsable: true });
    expect(await check(`echo v${oldestPulumi}-alpha.1`)).to.deep.include({ status: "ok" });
    const old = await check("echo v3.99.1");
    expect(old).to.deep.include({
      status: "error",
      isUsable: true,
      remedy: "update the Pulumi CLI to 3.181.0 or newer",
    });
    const broken = await check("echo no such library >&2; exit 127");
    expect(broken).to.deep.include({ status: "error", isUsable: false });
    expect(broken.message).to.match(/version` ended with code 127: no such library$/);
  });
});
