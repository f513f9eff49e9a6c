import { expect } from "chai";
import { announcedExpiry, expiryWarning } from "../../../../provider/api/key-expiry";

const now = Date.parse("2026-01-01T00:00:00Z");
const inDays = (days: number) => new Date(now + days * 24 * 60 * 60_000);
const announced = (headers: Record<string, string>) =>
  announcedExpiry(Object.keys(headers), (name) => headers[name])?.toISOString();

describe("expiryWarning", () => {
  it("warns two weeks before a key expires, and not earlier", () => {
    expect(expiryWarning(inDays(15), now)).to.equal(undefined);
    expect(expiryWarning(inDays(7.5), now)).to.equal(
      "the API key expires on 2026-01-08T12:00:00.000Z (in 7 days); create another key on Onvera before then",
    );
    expect(expiryWarning(inDays(0.5), now)).to.contain("(in less than a day)");
  });
});

describe("announcedExpiry", () => {
  it("reads any header whose name contains key and expir", () => {
    for (const name of ["x-api-key-expires-at", "api-key-expiry", "x-key-expiration"]) {
      expect(announced({ [name]: "2026-01-08T12:00:00Z" }), name).to.equal("2026-01-08T12:00:00.000Z");
    }
    expect(announced({ "x-api-key-expires": "1767873600" })).to.equal("2026-01-08T12:00:00.000Z");
    expect(announced({ "x-api-key-expires": "1767873600000" })).to.equal("2026-01-08T12:00:00.000Z");
  });

  it("ignores other headers and values", () => {
    expect(announced({ expires: "Thu, 08 Jan 2026 12:00:00 GMT" })).to.equal(undefined);
    expect(announced({ "x-api-key-id": "2026-01-08" })).to.equal(undefined);
    expect(announced({ "x-api-key-expires": "never" })).to.equal(undefined);
  });
});
