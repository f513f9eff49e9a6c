import { inspect } from "node:util";
import { expect } from "chai";
import { ManifestError } from "../../../../sdk/manifest/errors";

describe("ManifestError", () => {
  it("truncates a long line to the part around the column", () => {
    const source = `${"a".repeat(500)}X${"b".repeat(500)}`;
    const { message } = new ManifestError("m.yaml", [{ line: 1, column: 501, path: "x", text: "is wrong", source }]);
    expect(message.split("\n")).to.deep.equal([
      "m.yaml:1:501 x: is wrong",
      `    ${"a".repeat(50)}X${"b".repeat(49)}`,
      `    ${" ".repeat(50)}^`,
    ]);
  });

  it("shows no API key, in the message and in the problems, and keeps the caret in place", () => {
    const key = "onv_sk_live_a-B_9";
    const source = `deployments: {} # ${key}, ${key}`;
    const error = new ManifestError("m.yaml", [
      { line: 1, column: 38, path: `x.${key}`, text: `got "${key}"`, source },
    ]);
    const hidden = "*".repeat(key.length);
    expect(error.message.split("\n")).to.deep.equal([
      'm.yaml:1:38 x.[API key]: got "[API key]"',
      `    deployments: {} # ${hidden}, ${hidden}`,
      `    ${" ".repeat(37)}^`,
    ]);
    expect(inspect(error, { depth: 9 })).not.to.include(key);
  });

  it("replaces control characters", () => {
    const { message } = new ManifestError("m.yaml", [
      { line: 1, column: 1, path: "x", text: "got \u001b[31m\u202e", source: "\u001b]0;title\u0007" },
    ]);
    expect(message).to.equal("m.yaml:1:1 x: got \ufffd[31m\ufffd\n    \ufffd]0;title\ufffd\n    ^");
  });

  it("reports fifty errors, and counts the others", () => {
    const problems = Array.from({ length: 53 }, (_, index) => ({ line: index + 1, column: 1, path: "x", text: "no" }));
    const lines = new ManifestError("m.yaml", problems).message.split("\n");
    expect(lines).to.have.length(51);
    expect(lines.at(-1)).to.equal("m.yaml: and 3 more");
  });
});
