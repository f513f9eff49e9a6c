import { expect } from "chai";
import { stateToKeep, withoutKeys } from "../../../scripts/release/kept-state";

describe("the fixtures of a release", () => {
  it("leave out the positions of declarations", () => {
    const resource = { urn: "etl", sourcePosition: "file:///home/me/index.js#3,1", stackTrace: [{ pc: "1" }] };
    const state = { deployment: { resources: [resource], pending_operations: [{ resource }] } };
    expect(JSON.parse(stateToKeep(JSON.stringify(state)))).to.deep.equal({
      deployment: { resources: [{ urn: "etl" }], pending_operations: [{ resource: { urn: "etl" } }] },
    });
  });

  it("leave out only the keys of the emulator's data file", () => {
    const [header, key, deployment] = ['{"onveraEmulatorData":1}', '{"key":{"key":"k"}}', '{"deployment":{"id":"d"}}'];
    expect(withoutKeys(`${header}\n${key}\n${deployment}\n`)).to.equal(`${header}\n${deployment}\n`);
  });
});
