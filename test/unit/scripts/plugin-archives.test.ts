import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect } from "chai";
import { extract } from "tar-stream";
import { executableFiles, scriptFiles, writeArchive } from "../../../scripts/plugin/archive";
import { bundlePlugin, type PluginBundle } from "../../../scripts/plugin/bundle";
import { thirdPartyNotices } from "../../../scripts/plugin/notices";
import { archiveName, hostPlatform, platformName, platforms } from "../../../scripts/plugin/platforms";
import { buildSingleExecutable } from "../../../scripts/plugin/single-executable";

const root = resolve(__dirname, "..", "..", "..");
const linux = { os: "linux", arch: "amd64" } as const;
const windows = { os: "windows", arch: "amd64" } as const;

describe("the plugin's archives", () => {
  let bundle: PluginBundle;
  before(async () => {
    bundle = await bundlePlugin();
  });

  it("load axios as the only HTTP client, without the package for forms", () => {
    const folder = mkdtempSync(join(tmpdir(), "axios-"));
    try {
      writeFileSync(join(folder, "axios.js"), bundle.parts.get("axios") ?? "");
      const script = `const { create } = require("./axios.js"); console.log(typeof create, process.moduleLoadList.join(" "));`;
      const loaded = execFileSync(process.execPath, ["-e", script], { cwd: folder, encoding: "utf8" });
      expect(loaded).to.match(/^function .*\bNativeModule https\b/);
      expect(loaded).not.to.include("undici");
      expect(bundle.packages).to.include("node_modules/axios").and.not.to.include("node_modules/form-data");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("report why Node.js cannot be included", async () => {
    const folder = mkdtempSync(join(tmpdir(), "no-fuse-"));
    try {
      const node = join(folder, "node");
      writeFileSync(node, "#!/bin/sh\n");
      expect(await buildSingleExecutable(bundle, { node })).to.deep.equal({
        reason: `${node} has no room for an application`,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("report the failure of a Node.js that has room for an application", async () => {
    const folder = mkdtempSync(join(tmpdir(), "broken-node-"));
    try {
      const node = join(folder, "node");
      writeFileSync(node, "#!/bin/sh\n# NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2\nexit 3\n", { mode: 0o755 });
      const single = await buildSingleExecutable(bundle, { node });
      expect(single).to.have.property("reason").that.contains("--experimental-sea-config");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("have the names that the engine requests, for the platforms that Pulumi supports", () => {
    expect(archiveName("1.2.3", linux)).to.equal("pulumi-resource-onvera-v1.2.3-linux-amd64.tar.gz");
    expect(platforms.map(platformName).join(" ")).to.equal(
      "linux-amd64 linux-arm64 darwin-amd64 darwin-arm64 windows-amd64 windows-arm64",
    );
    expect(hostPlatform({ platform: "win32", arch: "x64" })).to.deep.equal(windows);
    expect(hostPlatform({ platform: "sunos", arch: "x64" })).to.equal(undefined);
    expect(hostPlatform({ platform: "linux", arch: "riscv64" })).to.equal(undefined);
  });

  it("are bundled with one copy of gRPC and protobuf, and without the SDK's compiler", () => {
    const named = (name: string) => bundle.packages.filter((path) => path.endsWith(`node_modules/${name}`));
    expect(named("@grpc/grpc-js")).to.have.length(1);
    expect(named("google-protobuf")).to.have.length(1);
    expect(named("@pulumi/pulumi")).to.have.length(1);
    expect(["typescript", "ts-node", "@grpc/proto-loader", "protobufjs"].flatMap(named)).to.deep.equal([]);
    expect(bundle.parts.get("provider")?.length, "characters that each start reads").to.be.below(1_200_000);
  });

  it("are ASCII, and hold the package's version and no path of this machine", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    expect(bundle.version).to.equal(version);
    expect(bundle.parts.get("provider")).to.contain(`return"${version}"`);
    for (const text of [bundle.launcher, ...bundle.parts.values()]) {
      expect(/^[\x20-\x7e\s]*$/.test(text), "ASCII").to.equal(true);
      expect(text.includes(root)).to.equal(false);
    }
  });

  it("are the same bytes in every build", async () => {
    const again = await bundlePlugin();
    const archives = await Promise.all([bundle, again].map((each) => writeArchive(scriptFiles(each, linux))));
    expect(archives[0]?.equals(archives[1] as Buffer)).to.equal(true);
  });

  it("hold the file that the engine starts, with its name on each platform", async () => {
    const common = ["LICENSE", "THIRD-PARTY-NOTICES", "axios.js", "package.json", "provider.js"];
    expect(await entries(await writeArchive(scriptFiles(bundle, linux)))).to.deep.equal([
      ...common.map((name) => `${name} 644`),
      "pulumi-resource-onvera 755",
    ]);
    const onWindows = scriptFiles(bundle, windows);
    expect(onWindows.map(({ name }) => name)).to.include.members(["pulumi-resource-onvera.cmd", "launcher.js"]);
    expect(
      onWindows.map(({ name }) => name),
      "it would precede .cmd",
    ).to.not.include("pulumi-resource-onvera.exe");
    const alone = (platform: typeof linux | typeof windows) =>
      executableFiles(bundle, platform, Buffer.from("node")).map(({ name }) => name);
    expect(alone(linux)).to.deep.equal(["pulumi-resource-onvera", "LICENSE", "THIRD-PARTY-NOTICES"]);
    expect(alone(windows)).to.include("pulumi-resource-onvera.exe");
  });

  it("hold the license of every bundled package, and of Node.js if it is included", () => {
    const notices = thirdPartyNotices(bundle.packages, { nodeVersion: "v20.20.2" });
    for (const path of bundle.packages) {
      const { name, version } = JSON.parse(readFileSync(join(root, path, "package.json"), "utf8")) as Named;
      expect(notices).to.contain(`${name} ${version} (`);
    }
    expect(notices).to.match(
      /^Node\.js v20\.20\.2\n\nhttps:\/\/github\.com\/nodejs\/node\/blob\/v20\.20\.2\/LICENSE\n/,
    );
  });
});

interface Named {
  name: string;
  version: string;
}

/** Name and mode of each file, in the archive's order; fails where one has a time or an owner. */
async function entries(archive: Buffer): Promise<string[]> {
  const found: string[] = [];
  const reader = extract();
  reader.end(gunzipSync(archive));
  for await (const entry of reader) {
    const { name, mode = 0, mtime, uid, gid } = entry.header;
    expect([mtime?.getTime(), uid, gid]).to.deep.equal([0, 0, 0]);
    found.push(`${name} ${mode.toString(8)}`);
    entry.resume();
  }
  return found;
}
