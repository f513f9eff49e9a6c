import { expect } from "chai";
import { adoptCommand } from "../../../../provider/deployment/adopt-setting";

describe("adoptCommand", () => {
  it("writes the resource's name as a part of Pulumi's property path, in which only quotation marks are escaped", () => {
    const pathOf = (name: string) => /--path '(.*)' dep_1`$/.exec(adoptCommand(name, "dep_1"))?.[1];
    expect(pathOf("etl")).to.equal("onvera:adopt.etl");
    expect(pathOf("a.b")).to.equal('onvera:adopt["a.b"]');
    expect(pathOf('a"b')).to.equal('onvera:adopt["a\\"b"]');
    expect(pathOf("a\\b")).to.equal('onvera:adopt["a\\b"]');
  });
});
