import { expect } from "chai";
import { createMask } from "../../../cli/mask";

/** A home without a configuration file of the Onvera CLI. */
const env = { ONVERA_API_KEY: "onv_sk_live_1", HOME: "/nowhere" };

describe("the output of pulumi-onvera", () => {
  it("does not contain the key of the environment, nor one that the configuration has in plain text", () => {
    const mask = createMask(env, "onv_sk_live_2");
    expect(mask("a onv_sk_live_1 b onv_sk_live_2")).to.equal("a [API key] b [API key]");
    expect(createMask({}, "[secret]")("it is [secret]")).to.equal("it is [secret]");
  });

  it("does not contain passwords in URLs, such as that of the state's backend", () => {
    const mask = createMask(env, undefined);
    for (const [text, shown] of [
      [
        '"postgres://pulumi:p@ss:w0rd@db:5432/state?sslmode=disable"',
        '"postgres://pulumi:***@db:5432/state?sslmode=disable"',
      ],
      ["https://api.onvera.io:443/a@b", "https://api.onvera.io:443/a@b"],
      ["postgres://pulumi@db:5432/state", "postgres://pulumi@db:5432/state"],
      ["git+ssh://:secret@host/x", "git+ssh://:***@host/x"],
      ["postgres://user:p/w@db/state", "postgres://user:***@db/state"],
      ["https://host:443?a=b@c", "https://host:443?a=b@c"],
      ["azblob://box?storage_account=x&sas_token=sv%3D1&b=c", "azblob://box?storage_account=x&sas_token=***&b=c"],
      ["mysql://db/x?password=p&w", "mysql://db/x?password=***&w"],
      ["nobody@example.com: a://b", "nobody@example.com: a://b"],
    ] as const) {
      expect(mask(text)).to.equal(shown);
    }
  });

  it("is masked in one pass over a text of any length", () => {
    // A pattern that goes back at each of these repetitions would not finish.
    const mask = createMask(env, undefined);
    for (const part of ["a.", "://a:", "?password=", "a://b:c@"]) {
      const shown = mask(`${part.repeat(200_000)} end`);
      expect(shown.endsWith(" end"), part).to.equal(true);
    }
  });
});
