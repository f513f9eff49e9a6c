import { expect } from "chai";
import { createMask } from "../../../cli/mask";

/** A home without a configuration file of the Onvera CLI. */
const env = { ONVERA_API_KEY: "onv_sk_live_1", HOME: "/nowhere" };

describe("what the drift command prints", () => {
  it("is without the key of the environment, and that of a configuration in plain text", () => {
    const mask = createMask(env, "onv_sk_live_2");
    expect(mask("a onv_sk_live_1 b onv_sk_live_2")).to.equal("a [API key] b [API key]");
    expect(createMask({}, "[secret]")("it is [secret]")).to.equal("it is [secret]");
  });

  it("is without passwords in addresses, of the state's backend first of all", () => {
    const mask = createMask(env, undefined);
    for (const [text, shown] of [
      [
        '"postgres://pulumi:p@ss:w0rd@db:5432/state?sslmode=disable"',
        '"postgres://pulumi:***@db:5432/state?sslmode=disable"',
      ],
      ["https://api.onvera.io:443/a@b", "https://api.onvera.io:443/a@b"],
      ["postgres://pulumi@db:5432/state", "postgres://pulumi@db:5432/state"],
      ["git+ssh://:secret@host/x", "git+ssh://:***@host/x"],
    ] as const) {
      expect(mask(text)).to.equal(shown);
    }
  });
});
