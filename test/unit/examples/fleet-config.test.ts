import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { readDesired, readSettings, type Settings } from "../../../examples/fleet/config";

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

  it("reads hundreds of stacks that are aliases of one", () => {
    mkdirSync(join(folder, "teams"));
    const stacks = Array.from(
      { length: 300 },
      (_, index) => `  s${index}: ${index === 0 ? "&one { etl: airflow }" : "*one"}\n`,
    );
    writeFileSync(join(folder, "teams", "data.yaml"), `apiKey: ONVERA_API_KEY\nstacks:\n${stacks.join("")}`);
    const desired = readDesired(join(folder, "fleet.yaml"), { teams: "teams" } as Settings);
    expect(desired).to.have.length(300);
    expect(desired[299]).to.deep.include({ stack: "data-s299", deployments: { etl: "airflow" } });
  });

  const readTeams = (teams: Record<string, string[]>) => {
    mkdirSync(join(folder, "teams"));
    for (const [file, stacks] of Object.entries(teams)) {
      const lines = stacks.map((stack) => `  ${stack}: { etl: airflow }\n`);
      writeFileSync(join(folder, "teams", file), `apiKey: ONVERA_API_KEY\nstacks:\n${lines.join("")}`);
    }
    return readDesired(join(folder, "fleet.yaml"), { teams: "teams" } as Settings);
  };

  it("rejects a stack whose name another file has, too, and names both", () => {
    expect(() => readTeams({ "data-eu.yaml": ["etl"], "data.yaml": ["eu", "eu-etl"] })).to.throw(
      /^the stack "data-eu-etl" is in two files: \S+data-eu\.yaml and \S+data\.yaml$/,
    );
  });

  it("rejects a team whose name Pulumi would reject in the name of a stack", () => {
    expect(() => readTeams({ "Data Team.yaml": ["etl"] })).to.throw(
      /Data Team\.yaml: the file's name is the team's: expected lower-case letters, digits and hyphens$/,
    );
  });

  it("rejects a file with the extension .yml instead of ignoring it", () => {
    expect(() => readTeams({ "data.yml": ["etl"] })).to.throw(/data\.yml: expected the extension \.yaml$/);
  });

  it("names the file and the property of a wrong value", () => {
    const file = join(folder, "fleet.yaml");
    writeFileSync(file, "teams: 3\n");
    expect(() => readSettings(file)).to.throw(Error, `${file} teams: `);
  });
});
