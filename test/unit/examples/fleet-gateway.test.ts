import { expect } from "chai";
import { upstreamOf } from "../../../examples/fleet/gateway";

const published = "https://api.onvera.io/api/v1";

describe("the gateway of the fleet example", () => {
  for (const [title, baseUrl, upstream] of [
    ["a URL with a path", "https://onvera.example.com/base", "https://onvera.example.com/base"],
    ["a trailing slash", `${published}//`, published],
    ["a bare origin", "http://localhost:4010", "http://localhost:4010/api/v1"],
    ["an empty variable", "", published],
    ["no variable", undefined, published],
  ] as const) {
    it(`sends requests to the address that the provider has with ${title}`, () => {
      expect(upstreamOf({ ONVERA_BASE_URL: baseUrl })).to.equal(upstream);
    });
  }

  it("rejects what is not a URL when the worker starts", () => {
    expect(() => upstreamOf({ ONVERA_BASE_URL: "api.onvera.io" })).to.throw("ONVERA_BASE_URL is not a URL");
  });

  it("refuses a proxy, which it would not use", () => {
    const proxy = { HTTPS_PROXY: "http://user:password@proxy.example.com:3128" };
    expect(() => upstreamOf(proxy)).to.throw(
      /^with rateLimit in fleet\.yaml, workers do not use HTTPS_PROXY: remove rateLimit, or add api\.onvera\.io to NO_PROXY if workers can connect directly$/,
    );
    expect(upstreamOf({ ...proxy, NO_PROXY: "localhost, api.onvera.io" })).to.equal(published);
    expect(upstreamOf({ ...proxy, ONVERA_BASE_URL: "http://127.0.0.1:4010/api/v1" })).to.contain("127.0.0.1");
  });
});
