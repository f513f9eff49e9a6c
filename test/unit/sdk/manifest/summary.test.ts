import { expect } from "chai";
import { type SummaryRow, summaryTable } from "../../../../sdk/manifest/summary";

const row = (key: string, more: Partial<SummaryRow> = {}): SummaryRow => ({
  key,
  appType: "airflow",
  status: "ready",
  url: `https://${key}.onvera.io`,
  tookMs: 0,
  ...more,
});

describe("summaryTable", () => {
  it("shows where each deployment is, and how long it took", () => {
    expect(
      summaryTable([row("etl", { tookMs: 362_000 }), row("dashboards", { appType: "superset", url: "" })]),
    ).to.equal(
      [
        "deployments:",
        "DEPLOYMENT  APPLICATION  STATUS  URL                    TOOK",
        "etl         airflow      ready   https://etl.onvera.io  6 min 2 s",
        "dashboards  superset     ready   –                      –",
      ].join("\n"),
    );
  });

  it("counts those that are too many to show", () => {
    const lines = summaryTable(Array.from({ length: 1_000 }, (_, index) => row(`d${index}`))).split("\n");
    expect(lines).to.have.length(43);
    expect(lines.at(-1)).to.equal("and 960 more");
  });
});
