import { expect } from "chai";
import { listDeployments } from "../../../../provider/plugin/list";
import { unknownValue } from "../../../../provider/resource-handler";

const first = { query: {}, limit: 0, pageSize: 0, continuationToken: "" };

/** A platform with that many deployments, every second of them an Airflow. */
function platform(count: number) {
  const asked: string[] = [];
  const all = Array.from({ length: count }, (_, index) => ({
    id: `dep_${index + 1}`,
    name: `n${index + 1}`,
    appType: index % 2 === 0 ? "airflow" : "superset",
    status: index === count - 1 ? "failed" : "ready",
  }));
  const client = {
    listDeployments: async ({ page = 1, perPage = 50 } = {}) => {
      asked.push(`${page}/${perPage}`);
      const items = all.slice((page - 1) * perPage, page * perPage);
      return { items, page, perPage, total: count, pages: Math.ceil(count / perPage) };
    },
  };
  return { client, asked };
}

const failure = async (call: Promise<unknown>) =>
  call.then(
    () => "none",
    (error: Error) => error.message,
  );

describe("listDeployments", () => {
  it("goes through the pages with the token of each, and ends", async () => {
    const { client, asked } = platform(5);
    const ids: string[] = [];
    let continuationToken: string | undefined = "";
    while (continuationToken !== undefined) {
      const page = await listDeployments(client, { ...first, pageSize: 2, continuationToken });
      if (page === "computed") throw new Error("unexpected");
      ids.push(...page.results.map(({ id }) => id));
      continuationToken = page.continuationToken;
    }
    expect(ids).to.deep.equal(["dep_1", "dep_2", "dep_3", "dep_4", "dep_5"]);
    expect(asked).to.deep.equal(["1/2", "2/2", "3/2"]);
  });

  it("gives no more than the limit, and nothing to go on with after it", async () => {
    const { client } = platform(5);
    expect(await listDeployments(client, { ...first, limit: 1 })).to.deep.equal({
      results: [{ id: "dep_1", name: "n1" }],
    });
  });

  it("asks for no more at once than the platform gives", async () => {
    const { client, asked } = platform(1);
    await listDeployments(client, { ...first, pageSize: 1_000 });
    expect(asked).to.deep.equal(["1/100"]);
  });

  it("leaves out what the stack holds", async () => {
    const heldIds = new Set(["dep_1", "dep_3"]);
    const page = await listDeployments(platform(3).client, { ...first, heldIds });
    expect(page).to.deep.equal({ results: [{ id: "dep_2", name: "n2" }] });
  });

  it("looks further where nothing on a page fits", async () => {
    const { client, asked } = platform(5);
    const page = await listDeployments(client, { ...first, pageSize: 2, query: { status: "failed" } });
    expect(page).to.deep.equal({ results: [{ id: "dep_5", name: "n5" }] });
    expect(asked).to.have.length(3);
  });

  it("finds nothing in an empty organization", async () => {
    expect(await listDeployments(platform(0).client, first)).to.deep.equal({ results: [] });
  });

  it("waits for a query that is not known yet", async () => {
    expect(await listDeployments(platform(1).client, { ...first, query: { appType: unknownValue } })).to.equal(
      "computed",
    );
  });

  it("refuses what it cannot filter by, and a foreign token, without any request", async () => {
    const { client, asked } = platform(1);
    const query = { name: "x", appType: "spark", status: 1 };
    expect(await failure(listDeployments(client, { ...first, query }))).to.equal(
      'name: deployments are listed by appType and status only; appType: must be "airflow" or "superset"; ' +
        "status: expected a string, got a number",
    );
    expect(await failure(listDeployments(client, { ...first, continuationToken: "page two" }))).to.contain(
      "not one of ours",
    );
    expect(asked).to.deep.equal([]);
  });
});
