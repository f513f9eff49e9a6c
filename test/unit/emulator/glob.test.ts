import { expect } from "chai";
import { globToRegExp } from "../../../emulator/src/glob";

describe("globToRegExp", () => {
  it("matches every character except stars literally", () => {
    expect(globToRegExp("a.b+(c)[d]").test("a.b+(c)[d]")).to.equal(true);
    expect(globToRegExp("a.b").test("axb")).to.equal(false);
  });

  it("matches a slash with two stars, but not with one", () => {
    expect(globToRegExp("/deployments/*").test("/deployments/dep_1")).to.equal(true);
    expect(globToRegExp("/deployments/*").test("/deployments/dep_1/more")).to.equal(false);
    expect(globToRegExp("/deployments/**").test("/deployments/dep_1/more")).to.equal(true);
    expect(globToRegExp("*").test("two\nlines")).to.equal(true);
  });
});
