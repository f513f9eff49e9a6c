import { expect } from "chai";
import fc from "fast-check";
import { SettingsError } from "../../../provider/api/errors";
import { checkConfig, readConfig } from "../../../provider/plugin/config";
import { resolveSettings } from "../../../provider/runtime/settings";
import { forAny, hostileJson, hostileObject } from "./hostile";

const key = "onv_sk_live_0123456789abcdef";
const settingNames = ["api_key", "apiKey", "token", "base_url", "profiles", "default", "auth", "current_profile"];
const configNames = ["apiKey", "baseUrl", "refreshBeforeUpdate", "adopt"];

/** Finds settings in a file of this text, or says what is wrong without showing any of it. */
function resolveOrExplain(text: string): void {
  try {
    const { apiKey, baseUrl } = resolveSettings({
      env: {},
      platform: "linux",
      homedir: () => "/home/ada",
      readFile: () => text,
    });
    expect(apiKey).to.match(/^[\x21-\x7e]+$/);
    expect(baseUrl).to.match(/^https?:\/\//);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    expect(error.message).not.to.contain(key);
  }
}

describe("a configuration that may be anything", () => {
  it("is read or explained, whatever the text of the CLI's file", () =>
    forAny(fc.string({ unit: "binary" }), resolveOrExplain));

  it("is read or explained, whatever JSON the CLI's file has, and never shown", () =>
    forAny(hostileObject(fc.oneof(hostileJson, fc.constant(key)), settingNames), (value) => {
      const text = JSON.stringify(value);
      resolveOrExplain(text);
      // What breaks off in the middle is no JSON.
      resolveOrExplain(text.slice(0, text.length / 2));
    }));

  it("is read or explained, whatever the stack's configuration has", () =>
    forAny(hostileObject(hostileJson, configNames), (values) => {
      const given = values as Record<string, unknown>;
      const failures = checkConfig(given, { env: {}, platform: "linux", homedir: () => "/home/ada" });
      for (const { property, reason } of failures) {
        expect(property).to.be.a("string");
        expect(reason).not.to.equal("");
      }
      expect(readConfig(given).refreshBeforeUpdate).to.be.a("boolean");
    }));

  it("is read or explained, whatever address is given", () =>
    forAny(fc.oneof(fc.webUrl({ withQueryParameters: true }), fc.string({ unit: "binary" })), (baseUrl) => {
      try {
        const settings = resolveSettings({ config: { apiKey: key, baseUrl }, env: {}, homedir: () => "/home/ada" });
        expect(new URL(settings.baseUrl).search).to.equal("");
      } catch (error) {
        if (!(error instanceof SettingsError)) throw error;
        expect(error.setting).to.equal("onvera:baseUrl");
      }
    }));
});
