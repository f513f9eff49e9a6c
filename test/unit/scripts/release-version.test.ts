import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { expectNext, moveVersion, places } from "../../../scripts/release/places";

const root = resolve(__dirname, "..", "..", "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const { version } = JSON.parse(read("package.json")) as { version: string };

describe("the version of a release", () => {
  for (const file of Object.keys(places)) {
    it(`is that of package.json in ${file}, and can be changed and restored`, () => {
      const moved = moveVersion(file, read(file), version, "98.7.6");
      expect(moved).to.include("98.7.6");
      expect(moveVersion(file, moved, "98.7.6", version)).to.equal(read(file));
      expect(() => moveVersion(file, moved, version, "98.7.7")).to.throw(file);
    });
  }

  it("is not written beside the package name in any other file", function () {
    if (!existsSync(join(root, ".git"))) {
      process.stderr.write("    not run: this is no clone\n");
      this.skip();
    }
    const tracked = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" }).split("\0");
    const files = tracked.filter((file) => file !== "" && existsSync(join(root, file)));
    expect(files).to.include.members(Object.keys(places));
    const unlisted = files.filter((file) => spellingsIn(withoutPlaces(file, read(file))).length > 0);
    expect(unlisted).to.deep.equal([]);
    // Without this filter, each kind of file has some.
    expect(files.filter((file) => spellingsIn(read(file)).length > 0)).to.include.members([
      "README.md",
      "docs/how-to-install-the-plugin.md",
      "templates/onvera-gitops/kubernetes/Dockerfile",
      "templates/onvera-gitops/kubernetes/program.yaml",
      "examples/python/package.json",
    ]);
  });

  it("must be a semantic version after the current one", () => {
    expectNext("1.0.0-rc.1", "0.9.0");
    for (const wrong of ["1.0", "v1.0.0", "1.0.0+build", "0.9.0", "0.8.9"]) {
      expect(() => expectNext(wrong, "0.9.0"), wrong).to.throw(wrong);
    }
  });
});

function withoutPlaces(file: string, text: string): string {
  return (places[file] ?? []).reduce((left, place) => left.replaceAll(place(version), ""), text);
}

/** The version shortly after the package name, as in `pulumi-onvera@1.2.3` and `"pulumi-onvera": "^1.2.3"`. */
function spellingsIn(text: string): string[] {
  return text.match(new RegExp(`onvera[^\\n]{0,20}${version.replaceAll(".", "\\.")}(?![\\d.]*\\d)`, "g")) ?? [];
}
