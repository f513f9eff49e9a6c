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

/** Settings found with a home folder that holds the given file, or none. */
function resolve({ file, ...sources }: SettingsSources & { file?: unknown } = {}): Settings {
  const text = typeof file === "string" ? file : JSON.stringify(file);
  return resolveSettings({
    env: {},
    platform: "linux",
    homedir: () => "/home/ada",
    readFile: (asked) => (file !== undefined && asked === path ? text : fail("ENOENT")()),
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
  throw new Error("nothing was wrong");
}

const plain = ({ apiKey, baseUrl }: Settings) => ({ apiKey, baseUrl });
const withKey = (baseUrl: string) => ({ config: { apiKey: "k", baseUrl } });

describe("resolveSettings", () => {
  describe("of the API key", () => {
    it("tells all three ways where there is none", () => {
      const error = failure({});
      expect(error.setting).to.equal("onvera:apiKey");
      expect(error.message).to.equal(
        "onvera:apiKey is missing: the API key of Onvera was found nowhere; run `pulumi config set --secret onvera:apiKey " +
          `<key>\`, or set the environment variable ONVERA_API_KEY, or put {"api_key": "…"} into ${path}`,
      );
    });

    it("says that the file is there, but without a key", () => {
      expect(failure({ file: { email: "ada@example.org" } }).message).to.include(
        `${path} (the file is there, but no key was found in it)`,
      );
    });

    it("says that there is no home folder to look in", () => {
      expect(failure({ homedir: fail("ENOENT") }).message).to.include("this user has no home folder");
      expect(failure({ homedir: () => "" }).message).to.include("this user has no home folder");
    });

    it("refuses what cannot be a key, without showing it", () => {
      const cases: [string, string][] = [
        ["", "is empty"],
        ["secret\n", "holds white space"],
        ["secret secret", "holds white space"],
        [" ", "holds white space"],
        ["secret\u0000", "holds characters that no key has"],
        ["secret…", "holds characters that no key has"],
        ["sécret", "holds characters that no key has"],
      ];
      for (const [apiKey, complaint] of cases) {
        const error = failure({ config: { apiKey } });
        expect(error.message).to.include(complaint);
        expect(error.message).not.to.include("secret");
      }
      expect(failure({ env: { ONVERA_API_KEY: "secret\n" } }).setting).to.equal("onvera:apiKey");
      expect(failure({ file: { api_key: "secret\n" } }).message).to.include("holds white space");
    });

    it("takes keys of any spelling", () => {
      for (const apiKey of ["onv_sk_live_1", "onv_sk_test_1", "x", 'a/+=~!"\\']) {
        expect(resolve({ config: { apiKey } }).apiKey).to.equal(apiKey);
      }
    });

    it("shows it in no dump of the settings", () => {
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
    it("refuses what would leak the key or cannot be reached", () => {
      const cases: [string, string][] = [
        ["", "is empty"],
        ["api.onvera.io", "is not a URL"],
        ["localhost:8080", 'has the scheme "localhost:"'],
        ["ftp://api.onvera.io", 'has the scheme "ftp:"'],
        ["file:///etc/passwd", 'has the scheme "file:"'],
        ["https://ada:pw@api.onvera.io", "holds a user or a password"],
        ["https://api.onvera.io/api/v1?key=1", "holds a query"],
        ["https://api.onvera.io/api/v1?", "holds a query"],
        ["https://api.onvera.io/api/v1#x", "holds a fragment"],
        ["http://api.onvera.io", 'would send the API key unencrypted to "api.onvera.io"'],
        ["http://192.168.0.7:8080", "would send the API key unencrypted"],
        ["http://localhost.evil.example", "would send the API key unencrypted"],
        ["http://127.0.0.1.evil.example", "would send the API key unencrypted"],
        ["http://127evil.example", "would send the API key unencrypted"],
        ["http://0.0.0.0:8080", "would send the API key unencrypted"],
        ["http://[::2]", "would send the API key unencrypted"],
      ];
      for (const [baseUrl, complaint] of cases) {
        const error = failure(withKey(baseUrl));
        expect(error.setting, baseUrl).to.equal("onvera:baseUrl");
        expect(error.message, baseUrl).to.include(`onvera:baseUrl (or ONVERA_BASE_URL) ${complaint}`);
        expect(error.message, baseUrl).not.to.include("pw");
      }
    });

    it("is the published one where nothing is said", () => {
      expect(resolve({ config: { apiKey: "k" } }).baseUrl).to.equal(publishedBaseUrl);
    });

    it("completes a bare origin and leaves out slashes at the end", () => {
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

  describe("of several places", () => {
    const config = { apiKey: "config-key", baseUrl: "https://config.example" };
    const env = { ONVERA_API_KEY: "env-key", ONVERA_BASE_URL: "https://env.example" };
    const file = { api_key: "file-key", base_url: "https://file.example" };

    it("takes the stack's configuration, else the environment, else the file", () => {
      expect(plain(resolve({ config, env, file }))).to.deep.equal({
        apiKey: "config-key",
        baseUrl: "https://config.example/api/v1",
      });
      expect(plain(resolve({ env, file }))).to.deep.equal({ apiKey: "env-key", baseUrl: "https://env.example/api/v1" });
      expect(plain(resolve({ file }))).to.deep.equal({ apiKey: "file-key", baseUrl: "https://file.example/api/v1" });
    });

    it("looks for each on its own", () => {
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

    it("takes an empty environment variable for one that is not set", () => {
      expect(plain(resolve({ env: { ONVERA_API_KEY: "", ONVERA_BASE_URL: "" }, file }))).to.deep.equal({
        apiKey: "file-key",
        baseUrl: "https://file.example/api/v1",
      });
    });

    it("does not read the file where nothing is left to find", () => {
      resolve({ env, readFile: () => expect.fail("it was read") });
    });
  });

  describe("of the file", () => {
    it("points at the mistake in a file that is not JSON, and shows nothing of it", () => {
      const cases: [string, string][] = [
        ["", "1:1"],
        ["secret", "1:1"],
        ["{", "1:2"],
        ['{"api_key": "secret"', "1:21"],
        ['{\n  "api_key": secret\n}', "2:14"],
        ['{\n  "api_key": "secret",\n}', "3:1"],
        ["{\n  'api_key': 'secret'\n}", "2:3"],
        ['{"api_key" "secret"}', "1:12"],
        ['{"a": [1, 2,, "secret"]}', "1:13"],
        ['{"a": [1 2]}', "1:10"],
        ['{"a": 01}', "1:7"],
        ['{"a": tru}', "1:7"],
        ['{"a": "secret\n"}', "1:7"],
        ['{"a": "\\x secret"}', "1:7"],
        ['{"a": "\u0085", b}', "1:12"],
        ['{"a": 1}} secret', "1:9"],
        ['{"a": 1]', "1:8"],
        ['// secret\n{"a": 1}', "1:1"],
      ];
      for (const [file, place] of cases) {
        const error = failure({ file });
        expect(error.message, file).to.equal(`${path}:${place} is not JSON from here on; correct or remove the file`);
        expect(error.setting).to.equal("onvera:apiKey");
        expect(inspect(error, { showHidden: true })).not.to.include('"secret');
      }
    });

    it("refuses JSON that is no object, without showing it", () => {
      for (const file of ['"secret"', '["secret"]', "null", "7"]) {
        expect(failure({ file }).message).to.equal(
          `${path}:1:1 is not a JSON object; it should be like {"api_key": "…"}`,
        );
      }
    });

    it("says why it cannot be read, as the setting may be in it", () => {
      for (const code of ["EACCES", "EISDIR", "EIO"]) {
        const error = failure({ env: { ONVERA_API_KEY: "k" }, readFile: fail(code) });
        expect(error.message).to.equal(
          `${path} cannot be read (${code}); onvera:baseUrl may be in it: allow reading it`,
        );
      }
    });

    it("is not missed where it is not there", () => {
      for (const code of ["ENOENT", "ENOTDIR"]) {
        expect(resolve({ env: { ONVERA_API_KEY: "k" }, readFile: fail(code) }).baseUrl).to.equal(publishedBaseUrl);
      }
    });

    it("is understood in each of the usual layouts", () => {
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

    it("gives nothing that is inherited or of another type", () => {
      for (const file of [
        '{"__proto__": {"api_key": "k"}}',
        '{"profile": "__proto__", "profiles": {}}',
        '{"profile": "constructor", "profiles": {}}',
        '{"api_key": {"value": "k"}, "key": 7, "token": null}',
        '{"default": "k", "profiles": ["k"]}',
      ]) {
        expect(failure({ file }).message, file).to.include("no key was found in it");
      }
    });

    it("is where the Onvera CLI keeps it on each platform", () => {
      const asked: string[] = [];
      const readFile = (file: string) => {
        asked.push(file);
        return '{"api_key": "k"}';
      };
      const windows = { platform: "win32", homedir: () => "C:\\Users\\ada", readFile } as const;
      resolve({ readFile, platform: "darwin", homedir: () => "/Users/ada" });
      resolve({ readFile, env: { XDG_CONFIG_HOME: "/elsewhere" } });
      resolve({ ...windows, env: { APPDATA: "D:\\Roaming" } });
      resolve(windows);
      expect(asked).to.deep.equal([
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

    it("is heard for a platform on this machine only", () => {
      expect(interval("http://127.0.0.1:8080", "20")).to.equal(20);
      expect(interval("https://localhost", "20")).to.equal(20);
      expect(interval("https://api.onvera.io", "20")).to.equal(undefined);
      expect(interval("https://localhost.example", "20")).to.equal(undefined);
      expect(interval("http://localhost", "")).to.equal(undefined);
    });

    it("refuses what is no such number", () => {
      for (const given of ["fast", "-1", "0", "1e9", "Infinity", "0x10", "60001"]) {
        expect(() => interval("http://localhost", given), given).to.throw(SettingsError, `60000: "${given}"`);
      }
    });
  });
});
