import { inspect } from "node:util";
import { expect } from "chai";
import { SettingsError } from "../../../../provider/api/errors";
import { resolveSettings, type Settings, type SettingsSources } from "../../../../provider/runtime/settings";

const publishedBaseUrl = "https://api.onvera.io/api/v1";
const path = "/home/ada/.config/onvera/config.json";

function fail(code: string): () => never {
  return () => {
    throw Object.assign(new Error(`${code}: it did not work`), { code });
  };
}

/** Resolves settings with the given file in the home folder, or without one. */
function resolve({ file, ...sources }: SettingsSources & { file?: unknown } = {}): Settings {
  const text = typeof file === "string" ? file : JSON.stringify(file);
  return resolveSettings({
    env: {},
    platform: "linux",
    homedir: () => "/home/ada",
    readFile: (requested) => (file !== undefined && requested === path ? text : fail("ENOENT")()),
    ...sources,
  });
}

function failure(sources: SettingsSources & { file?: unknown }): SettingsError {
  try {
    resolve(sources);
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error("there was no error");
}

const plain = ({ apiKey, baseUrl }: Settings) => ({ apiKey, baseUrl });
const withKey = (baseUrl: string) => ({ config: { apiKey: "k", baseUrl } });

describe("resolveSettings", () => {
  describe("of the API key", () => {
    it("names all three ways to set it if it is missing", () => {
      const error = failure({});
      expect(error.setting).to.equal("onvera:apiKey");
      expect(error.message).to.equal(
        "onvera:apiKey is missing: no API key for Onvera is set; run `pulumi config set --secret onvera:apiKey " +
          `<key>\`, or set the environment variable ONVERA_API_KEY, or write {"api_key": "…"} to ${path}`,
      );
    });

    it("reports that the file exists but has no key", () => {
      expect(failure({ file: { email: "ada@example.org" } }).message).to.include(
        `${path} (the file exists, but does not contain a key)`,
      );
    });

    it("reports that there is no home folder", () => {
      expect(failure({ homedir: fail("ENOENT") }).message).to.include("this user has no home folder");
      expect(failure({ homedir: () => "" }).message).to.include("this user has no home folder");
    });

    it("rejects an invalid key, without showing it", () => {
      const cases: [string, string][] = [
        ["", "is empty"],
        ["secret\n", "contains white space"],
        ["secret secret", "contains white space"],
        [" ", "contains white space"],
        ["secret\u0000", "contains invalid characters"],
        ["secret…", "contains invalid characters"],
        ["sécret", "contains invalid characters"],
      ];
      for (const [apiKey, problem] of cases) {
        const error = failure({ config: { apiKey } });
        expect(error.message).to.include(problem);
        expect(error.message).not.to.include("secret");
      }
      expect(failure({ env: { ONVERA_API_KEY: "secret\n" } }).setting).to.equal("onvera:apiKey");
      expect(failure({ file: { api_key: "secret\n" } }).message).to.include("contains white space");
    });

    it("accepts any other key", () => {
      for (const apiKey of ["onv_sk_live_1", "onv_sk_test_1", "x", 'a/+=~!"\\']) {
        expect(resolve({ config: { apiKey } }).apiKey).to.equal(apiKey);
      }
    });

    it("hides it when settings are printed", () => {
      const settings = resolve({ config: { apiKey: "onv_sk_live_opaque" } });
      const dumps = [
        inspect(settings),
        inspect(settings, { showHidden: true, customInspect: false }),
        JSON.stringify(settings),
      ];
      for (const dump of [...dumps, JSON.stringify({ ...settings }), String(settings)]) {
        expect(dump).not.to.include("opaque");
      }
      expect(settings.apiKey).to.equal("onv_sk_live_opaque");
    });
  });

  describe("of the base URL", () => {
    it("rejects a URL that is invalid or could leak the key", () => {
      const cases: [string, string][] = [
        ["", "is empty"],
        ["api.onvera.io", "is not a URL"],
        ["localhost:8080", 'has the scheme "localhost:"'],
        ["ftp://api.onvera.io", 'has the scheme "ftp:"'],
        ["file:///etc/passwd", 'has the scheme "file:"'],
        ["https://ada:pw@api.onvera.io", "contains a user or a password"],
        ["https://api.onvera.io/api/v1?key=1", "contains a query"],
        ["https://api.onvera.io/api/v1?", "contains a query"],
        ["https://api.onvera.io/api/v1#x", "contains a fragment"],
        ["http://api.onvera.io", 'would send the API key unencrypted to "api.onvera.io"'],
        ["http://192.168.0.7:8080", "would send the API key unencrypted"],
        ["http://localhost.evil.example", "would send the API key unencrypted"],
        ["http://127.0.0.1.evil.example", "would send the API key unencrypted"],
        ["http://127evil.example", "would send the API key unencrypted"],
        ["http://0.0.0.0:8080", "would send the API key unencrypted"],
        ["http://[::2]", "would send the API key unencrypted"],
      ];
      for (const [baseUrl, problem] of cases) {
        const error = failure(withKey(baseUrl));
        expect(error.setting, baseUrl).to.equal("onvera:baseUrl");
        expect(error.message, baseUrl).to.include(`onvera:baseUrl (or ONVERA_BASE_URL) ${problem}`);
        expect(error.message, baseUrl).not.to.include("pw");
      }
    });

    it("is the published one by default", () => {
      expect(resolve({ config: { apiKey: "k" } }).baseUrl).to.equal(publishedBaseUrl);
    });

    it("adds the path to a bare origin, and removes trailing slashes", () => {
      for (const [given, expected] of [
        ["https://api.onvera.io", publishedBaseUrl],
        ["https://api.onvera.io/", publishedBaseUrl],
        ["https://API.onvera.io:443/api/v1//", publishedBaseUrl],
        ["https://gateway.example/onvera/api/v1/", "https://gateway.example/onvera/api/v1"],
        ["http://localhost:8080", "http://localhost:8080/api/v1"],
        ["http://127.8.9.1:8080", "http://127.8.9.1:8080/api/v1"],
        ["http://127.1", "http://127.0.0.1/api/v1"],
        ["http://[::1]:8080/api/v2", "http://[::1]:8080/api/v2"],
      ] as const) {
        expect(resolve(withKey(given)).baseUrl).to.equal(expected);
      }
    });
  });

  describe("of several sources", () => {
    const config = { apiKey: "config-key", baseUrl: "https://config.example" };
    const env = { ONVERA_API_KEY: "env-key", ONVERA_BASE_URL: "https://env.example" };
    const file = { api_key: "file-key", base_url: "https://file.example" };

    it("prefers the stack's configuration to the environment, and the environment to the file", () => {
      expect(plain(resolve({ config, env, file }))).to.deep.equal({
        apiKey: "config-key",
        baseUrl: "https://config.example/api/v1",
      });
      expect(plain(resolve({ env, file }))).to.deep.equal({ apiKey: "env-key", baseUrl: "https://env.example/api/v1" });
      expect(plain(resolve({ file }))).to.deep.equal({ apiKey: "file-key", baseUrl: "https://file.example/api/v1" });
    });

    it("resolves key and URL separately", () => {
      expect(
        plain(resolve({ config: { apiKey: "config-key" }, env: { ONVERA_BASE_URL: env.ONVERA_BASE_URL } })),
      ).to.deep.equal({
        apiKey: "config-key",
        baseUrl: "https://env.example/api/v1",
      });
      expect(plain(resolve({ env: { ONVERA_API_KEY: "env-key" }, file }))).to.deep.equal({
        apiKey: "env-key",
        baseUrl: "https://file.example/api/v1",
      });
    });

    it("ignores an empty environment variable", () => {
      expect(plain(resolve({ env: { ONVERA_API_KEY: "", ONVERA_BASE_URL: "" }, file }))).to.deep.equal({
        apiKey: "file-key",
        baseUrl: "https://file.example/api/v1",
      });
    });

    it("does not read the file if both are set", () => {
      resolve({ env, readFile: () => expect.fail("it was read") });
    });
  });

  describe("of the file", () => {
    it("rejects a file that is not JSON, without showing it", () => {
      for (const file of ["", "secret", '{"api_key": "secret"', '{"api_key": secret}', '{"api_key": "secret",}']) {
        const error = failure({ file });
        expect(error.message, file).to.equal(`${path} is not valid JSON; correct or remove the file`);
        expect(error.setting).to.equal("onvera:apiKey");
        expect(inspect(error, { showHidden: true })).not.to.include('"secret');
      }
    });

    it("rejects JSON that is not an object, without showing it", () => {
      for (const file of ['"secret"', '["secret"]', "null", "7"]) {
        expect(failure({ file }).message).to.equal(
          `${path} is not a JSON object; expected for example {"api_key": "…"}`,
        );
      }
    });

    it("fails if the file cannot be read, because it can contain the setting", () => {
      for (const code of ["EACCES", "EISDIR", "EIO"]) {
        const error = failure({ env: { ONVERA_API_KEY: "k" }, readFile: fail(code) });
        expect(error.message).to.equal(
          `cannot read ${path} (${code}), which can contain onvera:baseUrl; make the file readable`,
        );
      }
    });

    it("ignores a missing file", () => {
      for (const code of ["ENOENT", "ENOTDIR"]) {
        expect(resolve({ env: { ONVERA_API_KEY: "k" }, readFile: fail(code) }).baseUrl).to.equal(publishedBaseUrl);
      }
    });

    it("can have each of the usual structures", () => {
      const [flat, camel] = [
        { api_key: "k", base_url: "https://x.example" },
        { apiKey: "k", baseUrl: "https://x.example" },
      ];
      for (const file of [
        flat,
        camel,
        { key: "k", api_url: "https://x.example" },
        { token: "k", apiUrl: "https://x.example" },
        { default: flat },
        { profiles: { default: flat } },
        { current_profile: "work", profiles: { default: { api_key: "other" }, work: flat } },
        { profile: "work", api_key: "other", profiles: { work: camel } },
        { auth: { token: "k" }, base_url: "https://x.example" },
        { credentials: flat },
        `\uFEFF${JSON.stringify(flat)}`,
      ]) {
        expect(plain(resolve({ file })), JSON.stringify(file)).to.deep.equal({
          apiKey: "k",
          baseUrl: "https://x.example/api/v1",
        });
      }
    });

    it("rejects a URL or key that is not a string, without showing it", () => {
      for (const [file, setting, problem] of [
        ['{"api_key": "k", "base_url": 7}', "onvera:baseUrl", '"base_url" in PATH is not a string'],
        ['{"api_key": "k", "auth": {"apiUrl": ["secret"]}}', "onvera:baseUrl", '"apiUrl" in PATH is not a string'],
        ['{"api_key": {"value": "secret"}}', "onvera:apiKey", '"api_key" in PATH is not a string'],
        ['{"default": {"token": 7}}', "onvera:apiKey", '"token" in PATH is not a string'],
      ] as const) {
        const error = failure({ file });
        expect(error.message, file).to.equal(`${problem.replace("PATH", path)}; correct or remove it`);
        expect(error.setting).to.equal(setting);
      }
    });

    it("does not check a property of the file that it does not need", () => {
      const file = { api_key: 7, base_url: "https://x.example" };
      expect(resolve({ file, env: { ONVERA_API_KEY: "k" } }).baseUrl).to.equal("https://x.example/api/v1");
      expect(resolve({ file: { api_key: "k", token: 7, base_url: null } }).baseUrl).to.equal(publishedBaseUrl);
      expect(resolve({ file: { token: {}, auth: { api_key: "k" } } }).apiKey, "another one is a string").to.equal("k");
    });

    it("ignores inherited and empty properties", () => {
      for (const file of [
        '{"__proto__": {"api_key": "k"}}',
        '{"profile": "__proto__", "profiles": {}}',
        '{"profile": "constructor", "profiles": {}}',
        '{"api_key": null, "key": ""}',
        '{"default": "k", "profiles": ["k"]}',
      ]) {
        expect(failure({ file }).message, file).to.include("does not contain a key");
      }
    });

    it("has the Onvera CLI's path on each platform", () => {
      const requested: string[] = [];
      const readFile = (file: string) => {
        requested.push(file);
        return '{"api_key": "k"}';
      };
      const windows = { platform: "win32", homedir: () => "C:\\Users\\ada", readFile } as const;
      resolve({ readFile, platform: "darwin", homedir: () => "/Users/ada" });
      resolve({ readFile, env: { XDG_CONFIG_HOME: "/elsewhere" } });
      resolve({ ...windows, env: { APPDATA: "D:\\Roaming" } });
      resolve(windows);
      expect(requested).to.deep.equal([
        "/Users/ada/.config/onvera/config.json",
        path,
        "D:\\Roaming\\onvera\\config.json",
        "C:\\Users\\ada\\AppData\\Roaming\\onvera\\config.json",
      ]);
    });
  });

  describe("of the poll interval", () => {
    const interval = (baseUrl: string, given: string) =>
      resolve({ ...withKey(baseUrl), env: { ONVERA_POLL_INTERVAL_MS: given } }).pollIntervalMs;

    it("applies to a base URL on this machine only", () => {
      expect(interval("http://127.0.0.1:8080", "20")).to.equal(20);
      expect(interval("https://localhost", "20")).to.equal(20);
      expect(interval("https://api.onvera.io", "20")).to.equal(undefined);
      expect(interval("https://localhost.example", "20")).to.equal(undefined);
      expect(interval("http://localhost", "")).to.equal(undefined);
    });

    it("rejects other values", () => {
      for (const given of ["fast", "-1", "0", "1e9", "Infinity", "0x10", "60001"]) {
        expect(() => interval("http://localhost", given), given).to.throw(
          SettingsError,
          `ONVERA_POLL_INTERVAL_MS, the time between two polls, must be from 1 to 60000 milliseconds, got "${given}"`,
        );
      }
    });
  });

  describe("ONVERA_GATEWAY_URL", () => {
    const gateway = (given: string) =>
      resolve({ ...withKey("https://api.onvera.io"), env: { ONVERA_GATEWAY_URL: given } }).gatewayUrl;

    it("is an address on this machine, and leaves the base URL as it is", () => {
      expect(gateway("http://127.0.0.1:4020/KEY/")).to.equal("http://127.0.0.1:4020/KEY");
      expect(gateway("")).to.equal(undefined);
    });

    it("refuses an address elsewhere, to which the key would be sent", () => {
      for (const given of ["http://gateway.example", "https://127.0.0.1", "4020", "http://127.0.0.1:1/?a=b"]) {
        expect(() => gateway(given), given).to.throw(
          SettingsError,
          "ONVERA_GATEWAY_URL must be an http: address on this machine",
        );
      }
    });
  });
});
