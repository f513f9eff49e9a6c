import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { declareDeployments } from "../../../../sdk/manifest/declare";
import { ManifestError } from "../../../../sdk/manifest/errors";

describe("declareDeployments", () => {
  let root: string;
  let file: string;
  const registered: { name: string; inputs: Record<string, unknown> }[] = [];

  before(async () => {
    await pulumi.runtime.setMocks(
      {
        call: () => ({}),
        newResource: ({ name, inputs }) => {
          if (name !== "onvera-seed") registered.push({ name, inputs });
          return { id: `dep_${name}`, state: { ...inputs, deploymentId: `dep_${name}` } };
        },
      },
      "onvera-deployments",
    );
  });
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "manifest-"));
    file = join(root, "deployments.yaml");
    registered.length = 0;
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  function errorOf(options: Parameters<typeof declareDeployments>[1] = {}): Error {
    try {
      declareDeployments(file, options);
    } catch (error) {
      if (error instanceof Error) return error;
    }
    throw new Error("the manifest was accepted");
  }

  it("declares nothing if the manifest has an error, and ends the run with the report only", () => {
    writeFileSync(file, "deployments:\n  good: { appType: airflow }\n  bad: {}\n");
    const error = errorOf();
    expect(pulumi.RunError.isInstance(error)).to.equal(true);
    expect(error.cause).to.be.instanceOf(ManifestError);
    expect(error.message).to.equal(
      `${file}:3:3 deployments.bad.appType: is missing, here and in defaults; set it to "airflow" or "superset"\n` +
        "      bad: {}\n      ^",
    );
    expect(registered).to.deep.equal([]);
  });

  it("names the source of the path of a missing manifest", () => {
    expect(errorOf({ setBy: "the config p:manifest" }).message).to.equal(
      `${file}: the file does not exist (${file}); its path is set by the config p:manifest`,
    );
  });

  it("declares the deployments of the manifest by key", async () => {
    writeFileSync(
      file,
      "deployments:\n  b: { appType: superset, name: bee, dependsOn: [a], protect: true }\n  a: { appType: airflow }\n",
    );
    const { a, b, ...others } = declareDeployments(file, { opts: { retainOnDelete: true } });
    expect(others).to.deep.equal({});
    const ids = await new Promise((resolve) => pulumi.all([a?.deploymentId, b?.deploymentId]).apply(resolve));
    expect(ids).to.deep.equal(["dep_a", "dep_b"]);
    expect(registered.map(({ name, inputs: { appType, name: given } }) => ({ name, appType, given }))).to.deep.equal([
      { name: "a", appType: "airflow", given: undefined },
      { name: "b", appType: "superset", given: "bee" },
    ]);
  });

  it("declares nothing for an empty manifest", () => {
    writeFileSync(file, "deployments: {}\n");
    expect(declareDeployments(file)).to.deep.equal({});
  });
});
