import { expect } from "chai";
import { heldDeployments } from "../../../cli/stack";

describe("heldDeployments", () => {
  const resource = (name: string, rest: object) => ({
    urn: `urn:pulumi:dev::shop::onvera:index:Deployment::${name}`,
    type: "onvera:index:Deployment",
    ...rest,
  });

  it("has what was replaced and is still to be deleted, and the names of what the stack only reads", () => {
    const { ids, names } = heldDeployments({
      resources: [
        resource("etl", { id: "dep_new" }),
        resource("etl", { id: "dep_old", delete: true }),
        resource("shared", { id: "dep_others", external: true }),
        resource("gone", { id: "" }),
        { urn: "urn:pulumi:dev::shop::aws:s3:Bucket::web", type: "aws:s3:Bucket", id: "web" },
      ],
    });
    expect([...ids]).to.deep.equal(["dep_new", "dep_old"]);
    expect(names).to.deep.equal(["etl", "etl", "shared", "gone"]);
    expect(heldDeployments({})).to.deep.equal({ ids: new Set(), names: [] });
  });
});
