import { expect } from "chai";
import fc from "fast-check";
import { displayText } from "../../../../provider/api/display-text";
import { ApiError, OperationFailedError } from "../../../../provider/api/errors";
import { listDeployments } from "../../../../provider/plugin/list";

/** Writes to the clipboard, colors the terminal, starts a line with a workflow command, and reverses the text. */
const hostile = "::error::a\u001b]52;c;cm0gLXJm\u0007\u001b[31m\r\n::error::b\u202ec\u009b0m\u2028##[error]d";

describe("displayText", () => {
  for (const [given, shown] of [
    ["creating the database", "creating the database"],
    ["größe 日本 👩‍💻", "größe 日本 👩 💻"],
    ["::error::x", ": :error::x"],
    ["  ::set-output name=a::b", ": :set-output name=a::b"],
    ["##vso[task.setvariable]x", "# #vso[task.setvariable]x"],
    ["a\r\n::error::b", "a ::error::b"],
    ["a\u001b[31mb", "a [31mb"],
    ["a\ud83d b\udd25 🔥", "a\ufffd b\ufffd 🔥"],
  ] as const) {
    it(`shows ${JSON.stringify(given)} as ${JSON.stringify(shown)}`, () => {
      expect(displayText(given)).to.equal(shown);
    });
  }

  it("never returns a control or formatting character, a second line, or the start of a workflow command", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(displayText(text)).not.to.match(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|^\s*::|^\s*##(\[|vso\[)/u);
      }),
    );
  });
});

describe("text from the platform", () => {
  const expectClean = (text: string) => expect(text).not.to.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|^::/u);

  it("is safe in error messages", () => {
    expectClean(new OperationFailedError(hostile).message);
    const request = { method: "GET", path: "/deployments", status: 500 };
    expectClean(new ApiError({ ...request, code: hostile, reason: hostile, requestId: hostile }).message);
  });

  it("is safe in the list of deployments for an import", async () => {
    const client = {
      listDeployments: async () => ({
        items: [{ id: "dep_1", name: hostile, status: "ready" }],
        page: 1,
        perPage: 50,
        total: 1,
        pages: 1,
      }),
    };
    const page = await listDeployments(client, { query: {}, limit: 0, pageSize: 0, continuationToken: "" });
    if (page === "computed") throw new Error("expected a page");
    for (const { name } of page.results) expectClean(name);
  });
});
