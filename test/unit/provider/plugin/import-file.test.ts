import { expect } from "chai";
import { importFileFor } from "../../../../provider/plugin/import-file";

describe("importFileFor", () => {
  it("names each resource like its deployment, and numbers equal names, oldest first", () => {
    const { file } = importFileFor([
      { id: "3", name: "etl", status: "ready" },
      { id: "2", name: "etl-2", status: "ready" },
      { id: "1", name: "etl", status: "provisioning" },
    ]);
    expect(file.resources.map(({ name, id }) => `${name} ${id}`)).to.deep.equal(["etl 1", "etl-2 2", "etl-3 3"]);
  });

  it("replaces names that are invalid", () => {
    const { file } = importFileFor([
      { id: "2", status: "ready" },
      { id: "1", name: "our data::lake", status: "ready" },
    ]);
    expect(file.resources.map(({ name }) => name)).to.deep.equal(["our-data-lake", "deployment"]);
  });

  it("omits deployments that the next apply would replace", () => {
    const broken = { id: "1", name: "a", status: "failed" };
    expect(importFileFor([broken])).to.deep.equal({ file: { resources: [] }, skipped: [broken] });
  });
});
