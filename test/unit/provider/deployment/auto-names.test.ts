import { expect } from "chai";
import { AutoNames } from "../../../../provider/deployment/auto-names";
import { stackName } from "../../../../provider/deployment/naming";

const etl = { urn: "urn:pulumi:dev::data::onvera:index:Deployment::etl", logicalName: "etl" };
const seed = "b0c1";
const nameAfter = (previousName?: string) => stackName({ seed, ...etl, previousName });

describe("AutoNames", () => {
  const nextName = (...recorded: string[]) => {
    const names = new AutoNames();
    for (const name of recorded) names.record(etl.urn, name);
    return names.nameFor({ ...etl, seed: { kind: "stack", value: seed } });
  };

  it("derives the name from the one recorded last", () => {
    expect(nextName()).to.equal(nameAfter());
    expect(nextName("web")).to.equal(nameAfter("web"));
    expect(nextName("web", "etl")).to.equal(nameAfter("etl"));
    expect(nextName("web", "etl", "web")).to.equal(nameAfter("web"));
  });

  it("derives the same name however the engine reads a deployment, its replacement, and the replacement's replacement", () => {
    const first = nameAfter();
    const second = nameAfter(first);
    const third = nameAfter(second);
    for (const recorded of [
      [first, second, third],
      [third, second, first],
      [second, third, first],
      [third, first],
    ]) {
      expect(nextName(...recorded), recorded.join(", ")).to.equal(nameAfter(third));
    }
    expect(nextName("web", nameAfter("web")), "of a chosen name").to.equal(nameAfter(nameAfter("web")));
    expect(nextName(nameAfter("web"), "web"), "of a chosen name").to.equal(nameAfter(nameAfter("web")));
  });

  it("recognizes the replacement of each recorded name", () => {
    const names = new AutoNames();
    for (const name of ["before", "after"]) names.record(etl.urn, name);
    const name = names.nameFor({ ...etl, seed: { kind: "stack", value: seed } }) ?? "";
    expect(name).to.equal(nameAfter("after"));
    expect(names.isLaterName(etl.urn, name, nameAfter("before"))).to.equal(true);
    expect(names.isLaterName(etl.urn, name, nameAfter("other"))).to.equal(false);
  });

  it("recognizes the names of later replacements, of the same resource only", () => {
    const names = new AutoNames();
    const name = names.nameFor({ ...etl, seed: { kind: "stack", value: seed } }) ?? "";
    const next = nameAfter(name);
    const isLater = (other: string, urn: string | undefined = etl.urn) => names.isLaterName(urn, name, other);
    expect([next, nameAfter(next), nameAfter(nameAfter(next))].map((each) => isLater(each))).to.deep.equal([
      true,
      true,
      true,
    ]);
    expect([name, "etl", "etl-abc1234", nameAfter("web")].map((each) => isLater(each))).to.deep.equal([
      false,
      false,
      false,
      false,
    ]);
    expect(names.isLaterName(etl.urn, name, nameAfter("web"), ["etl", "web"]), "after a name that exists").to.equal(
      true,
    );
    expect([isLater(next, "urn:other"), isLater(next, ""), names.isLaterName(etl.urn, "web", next)]).to.deep.equal([
      false,
      false,
      false,
    ]);
  });
});
