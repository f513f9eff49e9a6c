import http from "node:http";
import { expect } from "chai";
import fc from "fast-check";
import { OnveraClient } from "../../../provider/api/client";
import { readErrorBody } from "../../../provider/api/error-body";
import { PlatformError } from "../../../provider/api/errors";
import { type Parsed, ResponseParser } from "../../../provider/api/schemas";
import { closeServers, listen } from "../provider/api/support/servers";
import { forAny, hostileJson, hostileObject } from "./hostile";

const key = "onv_sk_live_0123456789abcdef";
const fields = ["app_type", "deployment_id", "operation_id", "progress", "resource", "pagination", "pages", "per_page"];
const body = fc.oneof(
  hostileJson,
  fc.record({ data: hostileObject(hostileJson, fields) }),
  fc.record({ data: fc.record({ items: fc.array(hostileObject(hostileJson, fields)), pagination: hostileJson }) }),
);

describe("an answer of the platform that may be anything", () => {
  const reader = new ResponseParser("https://api.onvera.io/api/v1");
  const asked = { page: 1, perPage: 100 };

  it("is read or explained", () =>
    forAny(body, (value) => {
      const readings: Parsed<unknown>[] = [
        reader.deployment(value),
        reader.operation(value),
        reader.createResponse(value),
        reader.deployments(value, asked),
        reader.operations(value, asked),
        reader.environments(value, asked),
      ];
      for (const reading of readings) {
        if ("issues" in reading) expect(reading.issues).not.to.deep.equal([]);
        else expect(reading.value).to.be.an("object");
      }
      reader.deleteResponse(value, "dep_1");
    }));

  it("is told of as an error, whatever the body of the error", () =>
    forAny(fc.oneof(body, fc.string({ unit: "binary" })), (value) => {
      for (const part of Object.values(readErrorBody(value))) {
        expect(typeof part === "string" || part === undefined).to.equal(true);
      }
    }));

  describe("over HTTP", () => {
    let answer = { status: 200, headers: {} as Record<string, string>, text: "" };
    let baseUrl = "";

    before(async () => {
      const port = await listen(
        http.createServer((_, response) => {
          response.writeHead(answer.status, answer.headers).end(answer.text);
        }),
      );
      baseUrl = `http://127.0.0.1:${port}/api/v1`;
    });
    after(closeServers);

    const headerText = fc.string({ unit: "grapheme-ascii" }).map((text) => text.trim());
    const header = fc.dictionary(
      fc.constantFrom("content-type", "retry-after", "x-ratelimit-reset", "ratelimit", "location", "x-request-id"),
      fc.oneof(headerText, fc.constant(key), fc.integer().map(String)),
    );
    const answers = fc.record({
      status: fc.constantFrom(200, 201, 202, 204, 206, 301, 307, 400, 401, 403, 404, 409, 418, 429, 500, 503, 599),
      headers: header,
      text: fc.oneof(
        body.map((value) => JSON.stringify(value) ?? ""),
        fc.string({ unit: "binary" }),
        fc.constantFrom(key, `{"error":{"message":"${key}"}}`, "<html>", "{", "\ufeff{}", "NaN"),
      ),
    });

    it("is a result or one of our errors, in which the key does not occur", () =>
      forAny(
        answers,
        async (next) => {
          answer = next;
          // A new one each time: what is told of the rate limit would hold the next requests back.
          const client = new OnveraClient({ settings: { apiKey: key, baseUrl }, requestTimeoutMs: 2_000 });
          const calls = [
            client.createDeployment({ appType: "airflow", name: "etl" }, { retry: "none" }),
            client.getDeployment("dep_1", { retry: "none" }),
            client.listDeployments({}, { retry: "none" }),
            client.deleteDeployment("dep_1", { retry: "none" }),
            client.getOperation("op_1", { retry: "none" }),
          ];
          for (const end of await Promise.allSettled(calls)) {
            if (end.status === "fulfilled") {
              expect(JSON.stringify(end.value)).not.to.contain(key);
            } else {
              expect(end.reason).to.be.instanceOf(PlatformError);
              expect(String((end.reason as Error).stack)).not.to.contain(key);
            }
          }
        },
        150,
      ));
  });
});
