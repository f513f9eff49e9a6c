import { expect } from "chai";
import { adoptCommand, adoptText } from "../../../../provider/deployment/adopt-setting";

describe("adoptCommand", () => {
  it("writes the resource's name as a part of Pulumi's property path, in which only quotation marks are escaped", () => {
    const pathOf = (name: string) => /--path '(.*)' dep_1$/.exec(adoptCommand(name, "dep_1"))?.[1];
    expect(pathOf("etl")).to.equal("onvera:adopt.etl");
    expect(pathOf("a.b")).to.equal('onvera:adopt["a.b"]');
    expect(pathOf('a"b')).to.equal('onvera:adopt["a\\"b"]');
    expect(pathOf("a\\b")).to.equal('onvera:adopt["a\\b"]');
  });

  it("can be copied into a shell, whatever the id", () => {
    const valueIn = (value: string) => / ([^ ]*)$/.exec(adoptCommand("etl", value))?.[1];
    expect(valueIn("dep_3f2a-1")).to.equal("dep_3f2a-1");
    expect(valueIn("not:dep_1,dep_2")).to.equal("not:dep_1,dep_2");
    expect(valueIn("dep_1;ls|sh")).to.equal("'dep_1;ls|sh'");
  });
});

describe("adoptText", () => {
  it("reads an id of digits, which the Pulumi CLI writes as a number, unless the number is rounded", () => {
    const texts = [4711, "4711", "not:dep_1", 2 ** 60, true, ""].map(adoptText);
    expect(texts).to.deep.equal(["4711", "4711", "not:dep_1", undefined, undefined, undefined]);
  });
});
