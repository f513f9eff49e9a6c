import { expect } from "chai";
import { createRedact, excerpt } from "../../../../provider/api/redaction";

describe("createRedact", () => {
  it("replaces each occurrence of the key", () => {
    const redact = createRedact("onv_sk_live_1");
    expect(redact("key onv_sk_live_1, again onv_sk_live_1.")).to.equal("key [API key], again [API key].");
    expect(redact("nothing here")).to.equal("nothing here");
  });

  it("replaces the key in its encodings for URLs and JSON", () => {
    const redact = createRedact('a/"b\\c');
    expect(redact(encodeURIComponent('a/"b\\c'))).to.equal("[API key]");
    expect(redact(JSON.stringify({ key: 'a/"b\\c' }))).to.equal('{"key":"[API key]"}');
  });

  it("does not interpret the key as a pattern", () => {
    expect(createRedact("$&.*")("x$&.*x y.*")).to.equal("x[API key]x y.*");
  });
});

describe("excerpt", () => {
  it("removes control characters", () => {
    expect(excerpt("a\u001b[31mred\u0007\r\nb\u2028c\u202ed")).to.equal("a [31mred b c d");
  });

  it("truncates a long text", () => {
    expect(excerpt("x".repeat(1_000_000), 10)).to.equal(`${"x".repeat(9)}…`);
    expect(excerpt("🔥".repeat(10), 10), "no half of a surrogate pair").to.equal(`${"🔥".repeat(4)}…`);
  });
});
