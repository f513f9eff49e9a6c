import { expect } from "chai";
import { randomName, stackName } from "../../../../provider/deployment/naming";

const etl = { seed: "b0c1", urn: "urn:pulumi:dev::data::onvera:index:Deployment::etl", logicalName: "etl" };

describe("stackName", () => {
  it("is the logical name and seven characters, always the same", () => {
    expect(stackName(etl))
      .to.match(/^etl-[a-z0-9]{7}$/)
      .and.to.equal(stackName({ ...etl }));
  });

  it("differs by seed, resource and replacement", () => {
    const names = [
      stackName(etl),
      stackName({ ...etl, seed: "b0c2" }),
      stackName({ ...etl, urn: etl.urn.replace("dev", "prod") }),
      stackName({ ...etl, previousName: stackName(etl) }),
      stackName({ ...etl, previousName: stackName({ ...etl, previousName: stackName(etl) }) }),
    ];
    expect(new Set(names)).to.have.property("size", names.length);
  });

  // A protocol between releases: never change these values. With other names, a run of the new release could not find what a
  // killed run of the old one has created.
  for (const { previousName, name, ...naming } of [
    { ...etl, name: "etl-3tmzpgh" },
    { ...etl, previousName: "etl-3tmzpgh", name: "etl-qr4sj7t" },
    {
      seed: "5f0c3c1e-5d0e-4a55-9f0c-0d6a7a3f4f10",
      urn: "urn:pulumi:prod::shop::my:app:Platform$pulumi-nodejs:dynamic/onvera:Deployment::größe 1",
      logicalName: "größe 1",
      name: "größe 1-pv90zt0",
    },
  ] as { seed: string; urn: string; logicalName: string; previousName?: string; name: string }[]) {
    it(`is ${name} for a given seed, URN and previous name, in every release`, () => {
      expect(stackName({ ...naming, previousName })).to.equal(name);
    });
  }

  it("uses all characters", () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 300; seed += 1) {
      for (const character of stackName({ ...etl, seed: String(seed) }).slice(4)) seen.add(character);
    }
    expect(seen).to.have.property("size", 36);
  });
});

describe("randomName", () => {
  it("differs each time", () => {
    const names = Array.from({ length: 100 }, () => randomName("etl"));
    for (const name of names) expect(name).to.match(/^etl-[a-z0-9]{7}$/);
    expect(new Set(names)).to.have.property("size", 100);
  });
});
