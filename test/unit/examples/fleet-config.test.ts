import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { readSettings } from "../../../examples/fleet/config";

describe("the configuration of the fleet example", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "fleet-config-"));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("names the file and the line of a syntax error", () => {
    const file = join(folder, "fleet.yaml");
    writeFileSync(file, "teams: teams\nworkers: [1\n");
    expect(() => readSettings(file))
      .to.throw(Error, `${file}: `)
      .with.property("message")
      .that.contains("line 3");
  });

  it("names the file and the property of a wrong value", () => {
    const file = join(folder, "fleet.yaml");
    writeFileSync(file, "teams: 3\n");
    expect(() => readSettings(file)).to.throw(Error, `${file} teams: `);
  });
});
