import { existsSync, readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, resolve } from "node:path";
import { expect } from "chai";
import semver from "semver";
import { serializedProvider, serializedSeedProvider } from "../../sdk/serialized-provider";

const root = resolve(__dirname, "..", "..");

interface PackageJson {
  name: string;
  version: string;
  license: string;
  engines: Record<string, string>;
  exports: Record<string, string | { types: string; default: string }>;
  typesVersions: Record<string, Record<string, string[]>>;
  files: string[];
  bin: Record<string, string>;
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const readJson = (name: string) => JSON.parse(readFileSync(join(root, name), "utf8"));
const own: PackageJson = readJson("package.json");
const emulator: PackageJson = readJson("emulator/package.json");

describe("package.json", () => {
  it("has each package that the code loads, and none that it does not", () => {
    const declared = [...Object.keys(own.dependencies), ...Object.keys(own.peerDependencies)];
    expect(importedPackages(["cli", "provider", "sdk"])).to.deep.equal(declared.sort());
  });

  it("has the emulator's packages in the emulator alone", () => {
    const { dependencies, devDependencies, peerDependencies } = own;
    const all = Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies });
    expect(all).to.not.include.members([emulator.name, ...Object.keys(emulator.dependencies)]);
    expect(importedPackages(["emulator/src"])).to.deep.equal(Object.keys(emulator.dependencies).sort());
  });

  it("leaves the SDK to the user's project, whose copy has to be the only one", () => {
    expect(Object.keys(own.peerDependencies)).to.deep.equal(["@pulumi/pulumi"]);
    expect(own.dependencies).to.not.have.property("@pulumi/pulumi");
  });

  it("runs nothing where users install it", () => {
    const atInstall = ["preinstall", "install", "postinstall"];
    expect(Object.keys(own.scripts).filter((name) => atInstall.includes(name))).to.deep.equal([]);
  });

  it("exports modules that are built, each from a source", () => {
    for (const target of Object.values(own.exports)) {
      if (typeof target === "string") {
        expect(existsSync(join(root, target)), target).to.equal(true);
      } else {
        expect(target.types).to.equal(target.default.replace(/\.js$/, ".d.ts"));
        const source = target.default.replace("./dist/", "").replace(/\.js$/, ".ts");
        expect(existsSync(join(root, source)), source).to.equal(true);
      }
    }
  });

  it("tells compilers that ignore `exports` where the types of its modules are", () => {
    const { "./manifest": manifest, "./plugin": plugin } = own.exports;
    const types = (entry: typeof manifest) => [typeof entry === "object" ? entry.types : ""];
    expect(own.typesVersions["*"]).to.deep.equal({ manifest: types(manifest), plugin: types(plugin) });
  });

  it("says for all its packages the same of version, license and Node.js", () => {
    const { version, license, engines } = emulator;
    expect({ version, license, engines }).to.deep.equal({
      version: own.version,
      license: own.license,
      engines: own.engines,
    });
  });
});

describe("package-lock.json", () => {
  const { packages } = readJson("package-lock.json") as {
    packages: Record<string, PackageJson & { resolved?: string; integrity?: string; link?: boolean }>;
  };

  it("names no registry", () => {
    expect(readFileSync(join(root, "package-lock.json"), "utf8")).to.not.match(/"resolved": "(?!emulator")/);
    expect(readFileSync(join(root, ".npmrc"), "utf8")).to.not.match(/:\/\//);
  });

  it("has a checksum of each package that is fetched", () => {
    const fetched = Object.entries(packages).filter(([path, { link }]) => path.includes("node_modules/") && !link);
    expect(fetched.filter(([, { integrity }]) => integrity === undefined).map(([path]) => path)).to.deep.equal([]);
  });

  it("has each optional package, also of other platforms than that of who wrote it: npm ci refuses it otherwise", () => {
    const locked = new Set(Object.keys(packages).map((path) => path.slice(path.lastIndexOf("node_modules/"))));
    const optional = Object.values(packages).flatMap((each) => Object.keys(each.optionalDependencies ?? {}));
    expect(optional.filter((name) => !locked.has(`node_modules/${name}`))).to.deep.equal([]);
  });

  it("has nothing that wants a newer Node.js than we do", () => {
    const oldest = semver.minVersion(own.engines["node"] ?? "")?.major;
    const tooNew = Object.entries(packages).filter(([, { engines }]) => {
      const node = engines?.["node"];
      return node !== undefined && !semver.intersects(node, `${oldest}.x`);
    });
    expect(tooNew.map(([path]) => path)).to.deep.equal([]);
  });

  it("is up to date", () => {
    for (const [path, { name, version, dependencies, peerDependencies }] of [
      ["", own],
      ["emulator", emulator],
    ] as const) {
      const locked = packages[path];
      expect(locked).to.deep.include({ name, version, dependencies });
      expect(locked?.peerDependencies).to.deep.equal(peerDependencies);
    }
    expect(packages[""]?.devDependencies).to.deep.equal(own.devDependencies);
  });
});

describe("CHANGELOG.md", () => {
  it("begins with the present version, or with what is unreleased above it", () => {
    const [newest] = /^## (?!Unreleased$).*$/m.exec(readFileSync(join(root, "CHANGELOG.md"), "utf8")) ?? [];
    expect(newest).to.equal(`## ${own.version}`);
  });
});

describe("the text in the state that loads the provider", () => {
  it("is what the states of users hold", () => {
    const text = (path: string) =>
      `exports.handler=()=>require("module").createRequire(process.cwd()+"/")("pulumi-onvera/${path}")`;
    expect(serializedProvider).to.equal(text("provider"));
    expect(serializedSeedProvider).to.equal(text("seed"));
    expect(own.exports).to.include.keys("./provider", "./seed");
  });

  it("is short, and holds neither a version nor a folder", () => {
    for (const text of [serializedProvider, serializedSeedProvider]) {
      expect(text.length).to.be.lessThan(300);
      expect(text).to.not.include(own.version).and.to.not.include(root).and.to.not.include("node_modules");
    }
  });
});

/** By `import`, `export … from` or `require`; sorted. Types alone do not count, as they are gone when the code runs. */
function importedPackages(folders: readonly string[]): string[] {
  const names = folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".ts"))
        .map((name) => readFileSync(join(root, folder, name), "utf8")),
    )
    .flatMap((source) => [
      ...source.matchAll(
        /^(?:import|export|\})(?! type).* from "([^".][^"]*)"|(?<!typeof )\b(?:import|require)\("([^".][^"]*)"\)/gm,
      ),
    ])
    .map(([, from, call]) => from ?? call ?? "")
    .filter((path) => !path.startsWith("node:") && !builtinModules.includes(path) && !path.startsWith(own.name))
    .map((path) =>
      path
        .split("/")
        .slice(0, path.startsWith("@") ? 2 : 1)
        .join("/"),
    );
  return [...new Set(names)].sort();
}
