import { expect } from "chai";
import { changelogSection, releaseChangelog } from "../../../scripts/release/changelog";

describe("the changelog of a release", () => {
  const changelog = "# Changelog\n\n## Unreleased\n\n## 1.1.0\n\n- New\n- Newer\n\n## 1.0.0\n\n- Old\n";

  it("has a section for each version", () => {
    expect(changelogSection(changelog, "1.1.0")).to.equal("- New\n- Newer\n");
    expect(changelogSection(changelog, "1.0.0")).to.equal("- Old\n");
  });

  it("must have a section for the version, which must not be empty", () => {
    for (const version of ["1.1", "1.1.0-rc.1", "2.0.0", "Unreleased"]) {
      expect(() => changelogSection(changelog, version), version).to.throw(`nothing of ${version}`);
    }
  });

  it("renames the section of unreleased changes, which must exist", () => {
    expect(releaseChangelog("# Changelog\n\n## Unreleased\n\n- New\n", "1.0.0")).to.equal(
      "# Changelog\n\n## 1.0.0\n\n- New\n",
    );
    expect(() => releaseChangelog("# Changelog\n\n## 0.9.0\n", "1.0.0")).to.throw("Unreleased");
  });
});
