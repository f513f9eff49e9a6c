import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readArguments } from "../../../cli/arguments";
import { codesByStatus } from "../../../emulator/src/api/errors";
import { type Emulator, startEmulator } from "../../../emulator/src/index";
import { OnveraClient } from "../../../provider/api/client";
import { ApiError } from "../../../provider/api/errors";
import { waitError } from "../../../provider/deployment/wait-for-operation";
import { resolveSettings } from "../../../provider/runtime/settings";
import { readSnippets } from "../../../scripts/readme-snippets";
import { readManifest } from "../../../sdk/manifest";
import { headings, readDocument, root } from "../../support/documents";

const page = readDocument("docs/errors.md");
const folders = ["provider", "sdk", "cli"];
/** Stands in a quoted message for a part that differs. */
const ellipsis = "…";
const quoted = readSnippets(page).flatMap(({ code }) => code.trimEnd().split("\n"));

describe("docs/errors.md", () => {
  it("has each error class of the provider, the SDK and the command, and no other", () => {
    const shown = headings(page).flatMap(({ level, text }) =>
      level === 3 ? (/^`(\w+)`$/.exec(text)?.slice(1) ?? []) : [],
    );
    expect(shown).to.have.members(errorClasses(folders));
  });

  it("has each code of the published API under its status, and no other", () => {
    for (const [status, codes] of Object.entries(codesByStatus)) {
      const [, section = ""] = new RegExp(`^### ${status}\\n([\\s\\S]*?)(?=^#|(?![\\s\\S]))`, "m").exec(page) ?? [];
      const shown = [...section.matchAll(/^\| `([A-Z_]+)` /gm)].map(([, code]) => code);
      expect(shown, status).to.have.members([...codes]);
    }
    const statuses = headings(page).flatMap(({ text }) => (/^\d+$/.test(text) ? [text] : []));
    expect(statuses).to.have.members(Object.keys(codesByStatus));
  });

  it("tells a remedy for each", () => {
    const [, ofProvider = ""] = /^## Errors of the provider\n([\s\S]*?)^## /m.exec(page) ?? [];
    const without = ofProvider
      .split(/^### /m)
      .slice(1)
      .filter((section) => !section.includes("**Remedy.** "));
    expect(without.map((section) => section.split("\n")[0])).to.deep.equal([]);
    const empty = page
      .split("\n")
      .filter((line) => /^\| `[A-Z_]+` /.test(line) && line.split("|").some((cell) => cell === " "));
    expect(empty).to.deep.equal([]);
  });

  describe("quotes the actual message for", () => {
    let emulator: Emulator;
    before(async () => {
      emulator = await startEmulator({ speed: Number.POSITIVE_INFINITY, port: 0 });
    });
    after(() => emulator.close());

    const client = (settings: { apiKey?: string; baseUrl?: string } = {}) => {
      const { apiKey, baseUrl } = { apiKey: emulator.apiKey, baseUrl: emulator.baseUrl, ...settings };
      return new OnveraClient({ settings: { apiKey, baseUrl } });
    };
    const settings = (config: { apiKey?: string; baseUrl?: string }, text?: string) =>
      resolveSettings({
        config,
        env: {},
        homedir: () => "/home/ada",
        readFile: () => {
          if (text === undefined) throw Object.assign(new Error("missing"), { code: "ENOENT" });
          return text;
        },
      });
    const subject = 'deployment "etl-1" (airflow, dep_1, operation op_1)';
    const refused = new ApiError({
      method: "GET",
      path: "/operations/op_1",
      status: 401,
      code: "API_KEY_REVOKED",
      reason: "x",
    });

    const cases: [string, () => unknown][] = [
      ["no key", () => settings({})],
      ["an empty key", () => settings({ apiKey: "" })],
      ["a key with a line break", () => settings({ apiKey: "onv_sk\n" })],
      ["a shortened key", () => settings({ apiKey: "onv_sk_live_…" })],
      ["no URL", () => settings({ apiKey: "k", baseUrl: "onvera" })],
      ["an address without TLS", () => settings({ apiKey: "k", baseUrl: "http://onvera.example" })],
      ["a broken file", () => settings({}, "{,}")],
      ["a file with a list", () => settings({}, "[]")],
      [
        "a manifest with a wrong key",
        () => readManifest({ file: "deployments.yaml", text: "deployments:\n  a: {appTyp: airflow}" }),
      ],
      ["a missing manifest", () => readManifest("no-such-file.yaml")],
      ["an unknown flag", () => readArguments(["drift", "--colour"], {})],
      ["an unknown key", () => client({ apiKey: "onv_sk_live_unknown" }).getDeployment("dep_1")],
      ["an unknown deployment", () => client().getDeployment("dep_1")],
      ["an invalid id", () => client().getDeployment("..")],
      [
        "an address without a server",
        () => client({ baseUrl: "http://127.0.0.1:1/api/v1" }).getDeployment("dep_1", { retry: "none" }),
      ],
      ["the timeout of a create", () => ended("create", { kind: "timeout" })],
      ["the timeout of a delete", () => ended("delete", { kind: "timeout" })],
      ["a revoked key", () => ended("create", { kind: "denied", error: refused })],
      ["Ctrl-C", () => ended("create", { kind: "aborted" })],
    ];
    function ended(call: "create" | "delete", end: Parameters<typeof waitError>[0]): never {
      throw waitError(end, subject, { timeoutMs: 1_800_000, call, timeoutOption: call });
    }

    for (const [what, provoke] of cases) {
      it(what, async () => {
        const error = await Promise.resolve()
          .then(provoke)
          .then(
            () => undefined,
            (thrown: unknown) => thrown,
          );
        expect(error).to.be.an("error");
        const { message } = error as Error;
        const lines = message.split("\n").filter((line) => !line.startsWith(" "));
        for (const line of lines) {
          expect(
            quoted.filter((pattern) => fits(pattern, line)),
            line,
          ).to.not.deep.equal([]);
        }
      });
    }
  });
});

/** The names of the error classes in these folders. */
function errorClasses(folders: readonly string[]): string[] {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readFileSync(join(root, folder, name), "utf8")),
  );
  const declaration = /^\s*(?:export )?class (\w+) extends \w*Error\b/gm;
  return files.flatMap((text) => [...text.matchAll(declaration)].map(([, name = ""]) => name));
}

function fits(pattern: string, message: string): boolean {
  const parts = pattern.split(ellipsis).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".+")}$`).test(message);
}
