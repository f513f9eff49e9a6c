import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { expectNext, moveVersion, places, releaseChangelog } from "../../../scripts/release/places";

const root = resolve(__dirname, "..", "..", "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const { version } = JSON.parse(read("package.json")) as { version: string };

describe("the version of a release", () => {
  for (const file of Object.keys(places)) {
    it(`is that of package.json in ${file}, and is moved there and back`, () => {
      const moved = moveVersion(file, read(file), version, "98.7.6");
      expect(moved).to.include("98.7.6");
      expect(moveVersion(file, moved, "98.7.6", version)).to.equal(read(file));
      expect(() => moveVersion(file, moved, version, "98.7.7")).to.throw(file);
    });
  }

  it("is a semantic one after the present one", () => {
    expectNext("1.0.0-rc.1", "0.9.0");
    for (const wrong of ["1.0", "v1.0.0", "1.0.0+build", "0.9.0", "0.8.9"]) {
      expect(() => expectNext(wrong, "0.9.0"), wrong).to.throw(wrong);
    }
  });

  it("takes over what the changelog calls unreleased, which must be there", () => {
    expect(releaseChangelog("# Changelog\n\n## Unreleased\n\n- New\n", "1.0.0")).to.equal(
      "# Changelog\n\n## 1.0.0\n\n- New\n",
    );
    expect(() => releaseChangelog("# Changelog\n\n## 0.9.0\n", "1.0.0")).to.throw("Unreleased");
  });
});
