import { expect } from "chai";
import { nearest } from "../../../provider/suggestion";

describe("nearest", () => {
  const known = ["appType", "name", "timeouts", "protect", "retainOnDelete"];

  it("finds nothing for a dissimilar, empty or very long word", () => {
    expect(nearest("colour", known)).to.equal(undefined);
    expect(nearest("", known)).to.equal(undefined);
    expect(nearest("__", known)).to.equal(undefined);
    expect(nearest("n".repeat(100_000), known)).to.equal(undefined);
    expect(nearest("name", [])).to.equal(undefined);
  });

  it("finds a word that differs in case, separators or a few letters", () => {
    expect(nearest("APP-TYPE", known)).to.equal("appType");
    expect(nearest("app_type", known)).to.equal("appType");
    expect(nearest("nam", known)).to.equal("name");
    expect(nearest("timeuots", known)).to.equal("timeouts");
    expect(nearest("elt", ["etl", "dashboards"])).to.equal("etl");
  });

  it("finds the only known word that contains the word", () => {
    expect(nearest("retain", known)).to.equal("retainOnDelete");
    expect(nearest("type", known)).to.equal("appType");
  });
});
