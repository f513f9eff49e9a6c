import { expect } from "chai";
import { changelogSection } from "../../../scripts/release/changelog";

describe("what the changelog says of a release", () => {
  const changelog = "# Changelog\n\n## Unreleased\n\n## 1.1.0\n\n- New\n- Newer\n\n## 1.0.0\n\n- Old\n";

  it("is its section, without the heading", () => {
    expect(changelogSection(changelog, "1.1.0")).to.equal("- New\n- Newer\n");
    expect(changelogSection(changelog, "1.0.0")).to.equal("- Old\n");
  });

  it("must be there, and not be empty", () => {
    for (const version of ["1.1", "1.1.0-rc.1", "2.0.0", "Unreleased"]) {
      expect(() => changelogSection(changelog, version), version).to.throw(`nothing of ${version}`);
    }
  });
});
