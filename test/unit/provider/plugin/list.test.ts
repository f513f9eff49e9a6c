import { expect } from "chai";
import { listDeployments } from "../../../../provider/plugin/list";
import { unknownValue } from "../../../../provider/resource-handler";

const first = { query: {}, limit: 0, pageSize: 0, continuationToken: "" };

/** A platform with this number of deployments. Every second one is an Airflow. */
function platform(count: number) {
  const requested: string[] = [];
  const all = Array.from({ length: count }, (_, index) => ({
    id: `dep_${index + 1}`,
    name: `n${index + 1}`,
    appType: index % 2 === 0 ? "airflow" : "superset",
    status: index === count - 1 ? "failed" : "ready",
  }));
  const client = {
    listDeployments: async ({ page = 1, perPage = 50 } = {}) => {
      requested.push(`${page}/${perPage}`);
      const items = all.slice((page - 1) * perPage, page * perPage);
      return { items, page, perPage, total: count, pages: Math.ceil(count / perPage) };
    },
  };
  return { client, requested };
}

const failure = async (call: Promise<unknown>) =>
  call.then(
    () => "none",
    (error: Error) => error.message,
  );

describe("listDeployments", () => {
  it("reads all pages with their tokens", async () => {
    const { client, requested } = platform(5);
    const ids: string[] = [];
    let continuationToken: string | undefined = "";
    while (continuationToken !== undefined) {
      const page = await listDeployments(client, { ...first, pageSize: 2, continuationToken });
      if (page === "computed") throw new Error("unexpected");
      ids.push(...page.results.map(({ id }) => id));
      continuationToken = page.continuationToken;
    }
    expect(ids).to.deep.equal(["dep_1", "dep_2", "dep_3", "dep_4", "dep_5"]);
    expect(requested).to.deep.equal(["1/2", "2/2", "3/2"]);
  });

  it("returns at most the limit, and no token after it", async () => {
    const { client } = platform(5);
    expect(await listDeployments(client, { ...first, limit: 1 })).to.deep.equal({
      results: [{ id: "dep_1", name: "n1" }],
    });
  });

  it("requests at most the platform's largest page", async () => {
    const { client, requested } = platform(1);
    await listDeployments(client, { ...first, pageSize: 1_000 });
    expect(requested).to.deep.equal(["1/100"]);
  });

  it("omits the deployments of the stack", async () => {
    const heldIds = new Set(["dep_1", "dep_3"]);
    const page = await listDeployments(platform(3).client, { ...first, heldIds });
    expect(page).to.deep.equal({ results: [{ id: "dep_2", name: "n2" }] });
  });

  it("reads the next page if nothing on a page matches", async () => {
    const { client, requested } = platform(5);
    const page = await listDeployments(client, { ...first, pageSize: 2, query: { status: "failed" } });
    expect(page).to.deep.equal({ results: [{ id: "dep_5", name: "n5" }] });
    expect(requested).to.have.length(3);
  });

  it("is empty for an empty organization", async () => {
    expect(await listDeployments(platform(0).client, first)).to.deep.equal({ results: [] });
  });

  it("does not list with an unknown query", async () => {
    expect(await listDeployments(platform(1).client, { ...first, query: { appType: unknownValue } })).to.equal(
      "computed",
    );
  });

  it("rejects an invalid query or token without a request", async () => {
    const { client, requested } = platform(1);
    const query = { name: "x", appType: "spark", status: 1 };
    expect(await failure(listDeployments(client, { ...first, query }))).to.equal(
      'name: deployments can be listed by appType and status only; appType: must be "airflow" or "superset"; ' +
        "status: expected a string, got a number",
    );
    expect(await failure(listDeployments(client, { ...first, continuationToken: "page two" }))).to.contain(
      "continuation token is invalid",
    );
    expect(requested).to.deep.equal([]);
  });
});
