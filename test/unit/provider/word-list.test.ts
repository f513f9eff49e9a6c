import { expect } from "chai";
import { wordList } from "../../../provider/word-list";

describe("wordList", () => {
  it("joins words as a sentence does", () => {
    expect(wordList(["appType"], "and")).to.equal("appType");
    expect(wordList(["appType", "name"], "and")).to.equal("appType and name");
    expect(wordList(["airflow", "superset", "trino"], "or")).to.equal("airflow, superset, or trino");
  });
});
