import { expect } from "chai";
import { createMs, type SummaryRow, summaryTable } from "../../../../sdk/manifest/summary";

const row = (key: string, more: Partial<SummaryRow> = {}): SummaryRow => ({
  key,
  appType: "airflow",
  status: "ready",
  url: `https://${key}.onvera.io`,
  tookMs: 0,
  ...more,
});

describe("summaryTable", () => {
  it("shows the URL of each deployment, and how long its create took", () => {
    expect(
      summaryTable([row("etl", { tookMs: 362_000 }), row("dashboards", { appType: "superset", url: "" })]),
    ).to.equal(
      [
        "deployments:",
        "DEPLOYMENT  APPLICATION  STATUS  URL                    TOOK",
        "etl         airflow      ready   https://etl.onvera.io  6m2s",
        "dashboards  superset     ready   –                      –",
      ].join("\n"),
    );
  });

  it("formats times as Pulumi does", () => {
    const shown = [1_000, 45_400, 89_600, 3_605_000].map((tookMs) => summaryTable([row("etl", { tookMs })]));
    expect(shown.map((table) => table.split(" ").at(-1))).to.deep.equal(["1s", "45s", "1m30s", "1h0m5s"]);
  });

  it("counts deployments that are too many to show", () => {
    const lines = summaryTable(Array.from({ length: 1_000 }, (_, index) => row(`d${index}`))).split("\n");
    expect(lines).to.have.length(43);
    expect(lines.at(-1)).to.equal("and 960 more");
  });
});

describe("createMs", () => {
  const createdAt = "2026-11-01T12:00:00Z";
  const createdMs = Date.parse(createdAt);

  it("counts from the create, not from the start of the program", () => {
    const times = { earliestMs: createdMs - 240_000, readyMs: createdMs + 360_000 };
    expect(createMs({ createdAt, ...times })).to.equal(360_000);
  });

  it("counts from when the create could start, if the platform reports no time within the run", () => {
    const times = { earliestMs: 1_000, readyMs: 61_000 };
    for (const other of [createdAt, "1970-01-01T00:00:00Z", "soon", undefined]) {
      expect(createMs({ createdAt: other, ...times }), other).to.equal(60_000);
    }
  });
});
