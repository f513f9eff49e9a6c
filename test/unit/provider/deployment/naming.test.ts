import { expect } from "chai";
import { randomName, stackName } from "../../../../provider/deployment/naming";

const etl = { seed: "b0c1", urn: "urn:pulumi:dev::data::onvera:index:Deployment::etl", logicalName: "etl" };

describe("stackName", () => {
  it("is the logical name and seven characters, the same each time", () => {
    expect(stackName(etl))
      .to.match(/^etl-[a-z0-9]{7}$/)
      .and.to.equal(stackName({ ...etl }));
  });

  it("differs for each seed, resource and replacement", () => {
    const names = [
      stackName(etl),
      stackName({ ...etl, seed: "b0c2" }),
      stackName({ ...etl, urn: etl.urn.replace("dev", "prod") }),
      stackName({ ...etl, previousName: stackName(etl) }),
      stackName({ ...etl, previousName: stackName({ ...etl, previousName: stackName(etl) }) }),
    ];
    expect(new Set(names)).to.have.property("size", names.length);
  });

  it("spreads over its characters", () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 300; seed += 1) {
      for (const character of stackName({ ...etl, seed: String(seed) }).slice(4)) seen.add(character);
    }
    expect(seen).to.have.property("size", 36);
  });
});

describe("randomName", () => {
  it("is another one each time", () => {
    const names = Array.from({ length: 100 }, () => randomName("etl"));
    for (const name of names) expect(name).to.match(/^etl-[a-z0-9]{7}$/);
    expect(new Set(names)).to.have.property("size", 100);
  });
});
