import { expect } from "chai";
import { RequestLog } from "../../../../emulator/src/api/request-log";

const request = { method: "GET", path: "/api/v1/deployments", query: {}, key: null, userAgent: null };

describe("RequestLog", () => {
  it("keeps only the latest requests, and counts all of them", () => {
    const log = new RequestLog({ maxEntries: 3 });
    for (let n = 0; n < 100; n++) log.add(request, "GET /api/v1/deployments");
    const { total, counts, requests } = log.view();
    expect([total, counts]).to.deep.equal([100, { "GET /api/v1/deployments": 100 }]);
    expect(requests.length).to.be.within(3, 6);
    expect(requests.at(-1)?.seq).to.equal(100);
  });

  it("is limited in size, even if single requests are large", () => {
    const log = new RequestLog({ maxSize: 100_000 });
    const long = "x".repeat(1_000_000);
    for (let n = 0; n < 50; n++) {
      const entry = log.add({ ...request, path: long, query: { long }, userAgent: long }, "GET /api/v1/deployments");
      log.setBody(entry, { name: long });
    }
    const { total, requests } = log.view();
    expect(total).to.equal(50);
    expect(requests.at(-1)?.seq).to.equal(50);
    expect(requests.at(-1)?.body).to.deep.equal({ truncated: `{"name":"${"x".repeat(9_991)}` });
    expect(JSON.stringify(requests).length).to.be.lessThan(100_100);
  });

  it("returns copies of its entries", () => {
    const log = new RequestLog();
    log.add(request, "x");
    const [copy] = log.view().requests;
    if (copy !== undefined) copy.path = "/changed";
    expect(log.view().requests[0]?.path).to.equal("/api/v1/deployments");
  });

  it("notifies listeners of each request until they unsubscribe", () => {
    const log = new RequestLog();
    const received: number[] = [];
    const stop = log.subscribe(({ seq }) => received.push(seq));
    log.add(request, "x");
    stop();
    log.add(request, "x");
    expect(received).to.deep.equal([1]);
    log.clear();
    expect(log.view({ since: 0 })).to.deep.equal({ total: 0, counts: {}, requests: [] });
    expect(log.add(request, "x").seq).to.equal(3);
  });
});
