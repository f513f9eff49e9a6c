import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ManifestError } from "../../../../sdk/manifest/errors";
import { loadManifest, maxManifestBytes } from "../../../../sdk/manifest/load";

describe("loadManifest", () => {
  let root: string;
  const setBy = "the config onvera-deployments:manifest";

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "manifest-"));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  function messageOf(file: string): string {
    try {
      loadManifest(file, { root, setBy });
    } catch (error) {
      if (error instanceof ManifestError) return error.message;
      throw error;
    }
    throw new Error("the file was accepted");
  }

  it("reports the full path of a missing file, and the source of the path", () => {
    expect(messageOf("sites.yaml")).to.equal(
      `sites.yaml: the file does not exist (${join(root, "sites.yaml")}); its path is set by ${setBy}`,
    );
    writeFileSync(join(root, "file"), "");
    expect(messageOf("file/sites.yaml")).to.contain("the file does not exist");
  });

  it("rejects an empty path, which is not the folder", () => {
    expect(messageOf("")).to.equal(`manifest: the path is empty; it is set by ${setBy}`);
  });

  it("rejects a directory and a circular link", () => {
    mkdirSync(join(root, "folder"));
    expect(messageOf("folder")).to.equal(
      `folder: is a directory, not a file (${join(root, "folder")}); its path is set by ${setBy}`,
    );
    symlinkSync("loop", join(root, "loop"));
    expect(messageOf("loop")).to.contain("circular symbolic link");
  });

  it("rejects an invalid path", () => {
    expect(messageOf("a\0b")).to.equal(
      `a\ufffdb: cannot be read: ERR_INVALID_ARG_VALUE (${join(root, "a\ufffdb")}); its path is set by ${setBy}`,
    );
  });

  it("rejects a device", function () {
    if (process.platform === "win32") this.skip();
    expect(messageOf("/dev/zero")).to.contain("is not a regular file");
  });

  it("rejects a file that is too large without reading it", () => {
    writeFileSync(join(root, "big.yaml"), Buffer.alloc(maxManifestBytes + 1, "#"));
    expect(messageOf("big.yaml")).to.contain(
      `is too large: ${maxManifestBytes + 1} bytes; at most ${maxManifestBytes} are allowed`,
    );
  });

  it("reports the first byte that is not UTF-8", () => {
    writeFileSync(join(root, "latin.yaml"), Buffer.from("deployments:\n  caf\xe9: {}\n", "latin1"));
    expect(messageOf("latin.yaml")).to.equal("latin.yaml:2:6: is not valid UTF-8; save it as UTF-8");
    writeFileSync(join(root, "wide.yaml"), Buffer.from("\ufeffdeployments: {}\n", "utf16le"));
    expect(messageOf("wide.yaml")).to.equal("wide.yaml:1:1: is not valid UTF-8, but UTF-16; save it as UTF-8");
  });

  it("reads UTF-8 without its byte order mark, with a relative or absolute path", () => {
    const path = join(root, "deployments.yaml");
    writeFileSync(path, "\ufeffdeployments: {} # é\n");
    expect(loadManifest("deployments.yaml", { root })).to.deep.equal({
      file: "deployments.yaml",
      text: "deployments: {} # é\n",
    });
    expect(loadManifest(path).file).to.equal(path);
  });
});
