import { resolve } from "node:path";
import { expect } from "chai";

const script = resolve(__dirname, "..", "..", "..", "templates", "onvera-gitops", "ci", "body.mjs");

describe("the text that templates/onvera-gitops writes into comments, issues and summaries", () => {
  let withoutPasswords: (text: string) => string;
  let codeBlock: (text: string, maxCharacters?: number) => string;

  before(async () => {
    ({ withoutPasswords, codeBlock } = await import(script));
  });

  for (const [given, shown] of [
    ["postgres://pulumi:secret@db:5432/state", "postgres://pulumi:***@db:5432/state"],
    ["error: postgres://user:p/w@db/state: no route", "error: postgres://user:***@db/state: no route"],
    ["postgres://user:p@ss@db/state", "postgres://user:***@db/state"],
    ["git+ssh://:secret@host/x", "git+ssh://:***@host/x"],
    [
      "postgres://db/state?user=a&password=secret&sslmode=disable",
      "postgres://db/state?user=a&password=***&sslmode=disable",
    ],
    ["azblob://state?sas_token=sv%3D2&x=1", "azblob://state?sas_token=***&x=1"],
    ["s3://state?awsSecretKey=abc", "s3://state?awsSecretKey=***"],
    ["https://api.onvera.io/api/v1/deployments?page=2", "https://api.onvera.io/api/v1/deployments?page=2"],
    ["http://127.0.0.1:4010/api/v1", "http://127.0.0.1:4010/api/v1"],
  ] as const) {
    it(`shows ${given} as ${shown}`, () => {
      expect(withoutPasswords(given)).to.equal(shown);
    });
  }

  it("masks a long text in linear time", () => {
    const text = "://".repeat(100_000) + "?".repeat(100_000);
    expect(withoutPasswords(text)).to.equal(text);
  });

  it("is fenced by more backticks than the text has in a row", () => {
    expect(codeBlock("a ````b```` c")).to.equal("`````\na ````b```` c\n`````");
  });

  it("masks a password before it cuts the text, and is not longer than allowed", () => {
    const url = "postgres://pulumi:hunter2secret@127.0.0.1/state";
    for (let length = 1; length <= url.length; length += 1) {
      const shown = codeBlock(url, length);
      expect(shown).to.not.match(/hunter|secret/);
      expect(shown).to.have.length.at.most(length + "```\n…\n\n```".length);
    }
  });
});
