import { expect } from "chai";
import { announcedDeprecation } from "../../../../provider/api/deprecation";

const of = (headers: Record<string, string>) => announcedDeprecation((name) => headers[name]);

describe("announcedDeprecation", () => {
  it("reads the date, the sunset and the link of RFC 9745 and RFC 8594", () => {
    expect(
      of({
        deprecation: "@1767225600",
        sunset: "Wed, 01 Jul 2026 00:00:00 GMT",
        link: '</v2>; rel="successor-version", <https://docs.onvera.io/v2>; rel="deprecation"; type="text/html"',
      }),
    ).to.deep.equal({
      since: new Date("2026-01-01T00:00:00Z"),
      sunset: new Date("2026-07-01T00:00:00Z"),
      link: "https://docs.onvera.io/v2",
    });
  });

  it("reads the values of earlier drafts, and single headers", () => {
    const none = { since: undefined, sunset: undefined, link: undefined };
    expect(of({ deprecation: "true" })).to.deep.equal(none);
    expect(of({ deprecation: "Thu, 01 Jan 2026 00:00:00 GMT" })?.since).to.deep.equal(new Date("2026-01-01T00:00:00Z"));
    expect(of({ sunset: "Wed, 01 Jul 2026 00:00:00 GMT" })?.sunset).to.deep.equal(new Date("2026-07-01T00:00:00Z"));
    expect(of({ link: "<https://docs.onvera.io/v2>;rel=deprecation" })?.link).to.equal("https://docs.onvera.io/v2");
  });

  it("ignores other headers and values", () => {
    for (const headers of [
      {},
      { deprecation: "false" },
      { deprecation: "?0" },
      { sunset: "soon" },
      { link: "</2>; rel=next" },
    ]) {
      expect(of(headers as Record<string, string>)).to.equal(undefined);
    }
    expect(of({ deprecation: "@99999999999999999999" })).to.include({ since: undefined });
  });
});
