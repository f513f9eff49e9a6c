import { expect } from "chai";
import { importFileFor, readHeld } from "../../../../provider/plugin/import-file";

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

  it("gives no name that a resource of the stack has", () => {
    const urn = (type: string, name: string) => `urn:pulumi:dev::shop::${type}::${name}`;
    const resources = [
      { urn: urn("onvera:index:Deployment", "etl"), id: "1" },
      { urn: urn("my:index:Team$onvera:index:Deployment", "reports") },
      { urn: urn("pulumi:pulumi:Stack", "shop-dev") },
    ];
    const held = readHeld(JSON.stringify({ version: 3, deployment: { resources } }));
    expect([...held.ids]).to.deep.equal(["1"]);
    expect([...held.names]).to.deep.equal(["etl", "reports", "shop-dev"]);
    const { file } = importFileFor([{ id: "2", name: "etl", status: "ready" }], held.names);
    expect(file.resources.map(({ name }) => name)).to.deep.equal(["etl-2"]);
  });

  it("omits deployments that the next apply would replace", () => {
    const broken = { id: "1", name: "a", status: "failed" };
    expect(importFileFor([broken])).to.deep.equal({ file: { resources: [] }, skipped: [broken] });
  });
});
