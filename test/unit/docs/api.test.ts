import { expect } from "chai";
import { apiReference } from "../../../scripts/docs/api-reference";
import { readDocument } from "../../support/documents";

describe("docs/api.md", () => {
  let text: string;
  before(function () {
    // The compiler writes the declarations of the SDK.
    this.timeout(300_000);
    text = apiReference();
  });

  it("is up to date (if not, run `npm run generate`)", () => {
    expect(readDocument("docs/api.md")).to.equal(text);
  });

  it("has every resource, function, type and setting, and their TypeScript", () => {
    for (const name of ["Deployment", "getOperations", "OperationStatus", "`DeploymentArgs`", "`declareDeployments`"]) {
      expect(text).to.match(new RegExp(`^### ${name}$`, "m"));
    }
    for (const setting of ["apiKey", "baseUrl", "refreshBeforeUpdate", "adopt"]) {
      expect(text).to.include(`| \`onvera:${setting}\` |`);
    }
    expect(text).to.not.match(/undefined \||\[object/);
  });
});
