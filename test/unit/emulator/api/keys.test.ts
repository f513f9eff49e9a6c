import { expect } from "chai";
import { at, call, fakeTime, useEmulators } from "../support";

const valid = "onv_sk_live_valid";

describe("the emulator's API keys", () => {
  const start = useEmulators();

  it("are required by every endpoint", async () => {
    const emulator = await start();
    for (const request of [
      "GET /deployments",
      "POST /deployments",
      "GET /deployments/x",
      "DELETE /deployments/x",
      "GET /operations",
      "GET /operations/x",
      "GET /environments",
    ] as const) {
      const { status, json } = await call(emulator, request, { key: null });
      expect([status, at(json, "error.code")], request).to.deep.equal([401, "MISSING_API_KEY"]);
    }
  });

  it("are rejected with a separate code if unknown, revoked or expired", async () => {
    const time = fakeTime();
    const emulator = await start({
      now: time.now,
      apiKeys: [
        { key: valid },
        { key: "onv_sk_live_revoked", revoked: true },
        { key: "onv_sk_live_short", expiresAt: "2026-05-01T12:00:01.000Z" },
      ],
    });
    const codeFor = async (key: string) => at((await call(emulator, "GET /deployments", { key })).json, "error.code");
    expect(emulator.apiKey).to.equal(valid);
    expect(await codeFor("nonsense")).to.equal("INVALID_API_KEY");
    expect(await codeFor("onv_sk_live_revoked")).to.equal("API_KEY_REVOKED");
    expect(await codeFor("onv_sk_live_short")).to.equal(undefined);
    time.ms += 1_000;
    expect(await codeFor("onv_sk_live_short")).to.equal("API_KEY_EXPIRED");
    await emulator.control.keys.revoke(valid);
    expect(await codeFor(valid)).to.equal("API_KEY_REVOKED");
  });

  it("allow only what their scopes allow, and the message names the missing scope", async () => {
    const emulator = await start({ apiKeys: [{ key: valid, scopes: [] }] });
    const needed = {
      "GET /deployments": "deployments:read",
      "POST /deployments": "deployments:write",
      "GET /deployments/x": "deployments:read",
      "DELETE /deployments/x": "deployments:write",
      "GET /operations": "operations:read",
      "GET /operations/x": "operations:read",
      "GET /environments": "org:read",
    } as const;
    for (const [request, scope] of Object.entries(needed) as [
      keyof typeof needed,
      (typeof needed)[keyof typeof needed],
    ][]) {
      await emulator.control.keys.setScopes(valid, []);
      const { status, json } = await call(emulator, request);
      expect([status, json], request).to.deep.equal([
        403,
        { error: { code: "INSUFFICIENT_SCOPE", message: `Insufficient scope. Required: ${scope}` } },
      ]);
      await emulator.control.keys.setScopes(valid, [scope]);
      expect((await call(emulator, request)).status, request).not.to.equal(403);
    }
    await emulator.control.keys.setScopes(valid, ["deployments:delete"]);
    expect((await call(emulator, "DELETE /deployments/x")).status).to.equal(404);
  });

  it("are checked before the rate limit, which is checked before the request", async () => {
    const emulator = await start({
      rateLimit: { requests: 1, perSeconds: 3600 },
      apiKeys: [{ key: valid, scopes: [] }],
    });
    expect((await call(emulator, "POST /deployments", { key: "x", body: "{" })).status).to.equal(401);
    expect((await call(emulator, "POST /deployments", { body: "{" })).status).to.equal(403);
    await emulator.control.keys.setScopes(valid, ["deployments:write"]);
    const first = await call(emulator, "POST /deployments", { body: "{" });
    expect([first.status, first.headers.get("x-ratelimit-remaining")]).to.deep.equal([400, "0"]);
    const second = await call(emulator, "POST /deployments", { body: "{" });
    expect(second.status).to.equal(429);
    expect(at(second.json, "error.code")).to.equal("RATE_LIMIT_EXCEEDED");
    expect(at(second.json, "error.message")).to.match(/^Rate limit exceeded\. Please retry after \d+ seconds$/);
    expect(Number(second.headers.get("retry-after"))).to.be.within(3_590, 3_600);
  });

  it("default to a random key of the documented form", async () => {
    const [one, two] = [await start(), await start()];
    expect(one.apiKey).to.match(/^onv_sk_live_[\w-]{32}$/);
    expect(two.apiKey).not.to.equal(one.apiKey);
  });
});
