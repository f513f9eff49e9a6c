import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { checkAccess } from "../../../../cli/doctor/access";

describe("pulumi-onvera doctor", () => {
  for (const { what, address, shown } of [
    { what: "a password", address: "http://ann:p%40ss@proxy.example:3128", shown: "http://…@proxy.example:3128" },
    {
      what: "an @ in its password",
      address: "http://ann:p@ss@proxy.example:3128",
      shown: "http://…@proxy.example:3128",
    },
    { what: "no scheme", address: "ann:secret@proxy.example:3128", shown: "…@proxy.example:3128" },
    { what: "no user", address: "http://proxy.example:3128", shown: "http://proxy.example:3128" },
  ]) {
    it(`shows a proxy with ${what} without user and password`, () => {
      const env = { ONVERA_API_KEY: "onv_sk_live_x", HTTPS_PROXY: address };
      const { checks } = checkAccess({ config: new Map(), env });
      const text = checks.map((check) => JSON.stringify(check)).join("\n");
      expect(text)
        .to.include(`HTTPS_PROXY=${shown}`)
        .and.to.not.match(/ann|p@ss|p%40ss|secret/);
    });
  }

  for (const [name, value, id] of [
    ["ONVERA_POLL_INTERVAL_MS", "abc", "config"],
    ["ONVERA_GATEWAY_URL", "https://x", "config"],
    ["ONVERA_API_KEY", "a b", "apiKey"],
    ["ONVERA_BASE_URL", "ftp://x", "baseUrl"],
  ] as const) {
    it(`advises to correct or unset ${name}`, () => {
      const env = { ONVERA_API_KEY: "k", ONVERA_BASE_URL: "http://localhost:4010", [name]: value };
      const errors = checkAccess({ config: new Map(), env }).checks.filter(({ status }) => status === "error");
      expect(errors.map((each) => ({ id: each.id, remedy: each.remedy }))).to.deep.equal([
        { id, remedy: `correct or unset ${name}` },
      ]);
    });
  }

  const linux = process.platform === "win32" ? describe.skip : describe;
  linux("with the Onvera CLI's file", () => {
    const { HOME } = process.env;
    let file: string;

    beforeEach(() => {
      process.env["HOME"] = mkdtempSync(join(tmpdir(), "doctor-"));
      const folder = join(process.env["HOME"], ".config", "onvera");
      mkdirSync(folder, { recursive: true });
      file = join(folder, "config.json");
    });

    afterEach(() => {
      rmSync(String(process.env["HOME"]), { recursive: true });
      if (HOME === undefined) delete process.env["HOME"];
      else process.env["HOME"] = HOME;
    });

    const problems = () => checkAccess({ config: new Map(), env: {} }).checks.filter(({ status }) => status !== "ok");

    it("reports a loop of symbolic links", () => {
      symlinkSync(file, file);
      expect(problems().map(({ message }) => message)).to.deep.equal([
        `cannot read ${file} (ELOOP), which can contain onvera:apiKey; make the file readable`,
      ]);
    });

    it("reports a folder in its place, without advice on its mode", () => {
      mkdirSync(file);
      expect(problems().map(({ message }) => message)).to.deep.equal([
        `cannot read ${file} (EISDIR), which can contain onvera:apiKey; make the file readable`,
      ]);
    });

    for (const [what, text, id] of [
      ["is not JSON", "{", "apiKey"],
      ["has a URL that is not a string", '{"api_key": "k", "base_url": 7}', "baseUrl"],
    ] as const) {
      it(`advises to correct it if it ${what}`, () => {
        writeFileSync(file, text, { mode: 0o600 });
        expect(problems().map(({ id, remedy }) => ({ id, remedy }))).to.deep.equal([
          { id, remedy: `correct or remove ${file}` },
        ]);
      });
    }

    it("advises to give the stack a key if it has none", () => {
      writeFileSync(file, "{}", { mode: 0o600 });
      expect(problems()[0]?.remedy).to.include("pulumi config set --secret onvera:apiKey <key>");
    });

    it("warns if other users can read it", () => {
      writeFileSync(file, '{"api_key": "k"}');
      chmodSync(file, 0o644);
      expect(problems().map(({ remedy }) => remedy)).to.deep.equal([`run \`chmod 600 ${file}\``]);
    });
  });
});
