import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import semver from "semver";
import { stringify } from "yaml";
import { pluginHost } from "../../scripts/engine/hosts";
import { serializedProvider } from "../../sdk/serialized-provider";
import { countSteps, projectName, repositoryRoot, stepsByResource } from "../support/engine";
import { type Harness, useHarness } from "../support/harness";
import {
  copyRepository,
  installPackages,
  type PackageManager,
  type PackedPackage,
  packCopy,
  packNextRelease,
  runTool,
  unlinkPackages,
} from "../support/packing";

/** As most users write it: TypeScript that nothing compiles before Pulumi runs it. */
const program = `
import * as pulumi from "@pulumi/pulumi";
import * as onvera from "pulumi-onvera";
import { declareDeployments, type Manifest, readManifest } from "pulumi-onvera/manifest";

const etl = new onvera.Deployment("etl", { appType: "airflow" }, { customTimeouts: { create: "10m" } });
const { dashboards } = declareDeployments("deployments.yaml", { opts: { dependsOn: etl } });
const manifest: Manifest = readManifest("deployments.yaml");

export const url: pulumi.Output<string> = etl.url;
export const listed = manifest.deployments.map(({ key }) => key);
export const dashboardsStatus = dashboards?.status;
export const seen = onvera.getDeploymentOutput({ id: etl.deploymentId }).apply(({ name }) => name);
`;

/** What must not compile; tsc fails where one of these has no error. */
const wrongProgram = `
import * as onvera from "pulumi-onvera";
// @ts-expect-error
new onvera.Deployment("etl", { appType: "spark" });
// @ts-expect-error
new onvera.Deployment("etl", {});
`;

/** An ES module sees the names too, which Node.js reads from the CommonJS source. */
const esModule = `
import { Deployment, getDeployments } from "pulumi-onvera";
import { readManifest } from "pulumi-onvera/manifest";
import { Provider } from "pulumi-onvera/plugin";
import { createRequire } from "node:module";
console.log([Deployment, getDeployments, readManifest, Provider].map((each) => typeof each).join(" "));
// By its folder, so by "main".
const main = createRequire(import.meta.url)("./node_modules/pulumi-onvera");
console.log(main.Deployment === Deployment);
`;

/** The one that `pulumi new typescript` writes. */
const tsconfig = {
  compilerOptions: {
    strict: true,
    outDir: "bin",
    target: "es2020",
    module: "commonjs",
    moduleResolution: "node",
    sourceMap: true,
    experimentalDecorators: true,
    pretty: true,
    noFallthroughCasesInSwitch: true,
    noImplicitReturns: true,
    forceConsistentCasingInFileNames: true,
  },
  files: ["index.ts", "wrong.ts"],
};

/** How else consumers' compilers look packages up, each with the kind of module that goes with it. */
const resolutions = [
  ["node16", "node16"],
  ["esnext", "bundler"],
] as const;

describe("the package that npm pack makes", () => {
  const createWorld = useHarness();
  let scratch: string;
  let copy: string;
  let release: PackedPackage;
  let nextRelease: PackedPackage;

  before(async () => {
    scratch = mkdtempSync(join(tmpdir(), "packaging-"));
    copy = copyRepository(join(scratch, "copy"));
    mkdirSync(join(copy, "dist", "sdk"), { recursive: true });
    writeFileSync(join(copy, "dist", "sdk", "stale.js"), "// Built from a file that is no more.");
    release = await packCopy(copy);
    nextRelease = await packNextRelease(copy, "99.0.0");
  });

  after(() => rmSync(scratch, { recursive: true, force: true }));

  it("holds what users need, and nothing else", () => {
    const built = ["cli", "provider", "sdk"].flatMap((folder) =>
      readdirSync(join(copy, folder), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".ts"))
        .map((name) => `dist/${folder}/${name.slice(0, -".ts".length)}`)
        .flatMap((name) => [`${name}.d.ts`, `${name}.js`]),
    );
    const others = [
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "bin/main.js",
      "bin/pulumi-onvera",
      "bin/pulumi-resource-onvera",
      "bin/pulumi-resource-onvera.cmd",
    ];
    const data = ["package.json", "sdk/manifest/deployments.schema.json"];
    expect(release.files).to.deep.equal([...built, ...others, ...data].sort());
  });

  // Users have newer SDKs than the oldest that is allowed; what works with both is taken to work with those between.
  const installations = [
    { manager: "npm", sdk: "oldest" },
    { manager: "pnpm", sdk: "current" },
  ] as const;

  for (const { manager, sdk } of installations) {
    it(`compiles, runs and survives its upgrade where ${manager} has installed it beside the ${sdk} SDK`, async () => {
      const pulumi = sdk === "oldest" ? oldestSdk() : installedHere("@pulumi/pulumi");
      const world = await consumer(manager, pulumi);
      expect(versionIn(world.project.folder, "@pulumi/pulumi")).to.equal(pulumi);
      const { project } = world;

      const modules = join(project.folder, "node_modules");
      expect(installedPackages(modules), "packages of the emulator").to.not.include.members(emulatorsPackages());
      expect(existsSync(join(modules, "zod")), "a flat node_modules").to.equal(manager === "npm");
      await expectTypesToResolve(project.folder);
      const { stdout } = await runTool(process.execPath, ["check.mjs"], project.folder);
      expect(stdout.trim()).to.equal("function function function function\ntrue");

      expect(countSteps((await project.preview()).events)).to.deep.equal({ create: 2 });
      await project.up();
      await world.expectAgreement();
      expect(countSteps((await project.up()).events)).to.deep.equal({ same: 2 });
      const { inputs, outputs } = await project.resource("etl");
      expect(inputs?.["__provider"]).to.equal(serializedProvider);
      expect(outputs?.["__provider"]).to.equal(serializedProvider);
      expect(project.stateText(), "the state, which may go to another machine").to.not.include(project.root);

      const before = world.platformIds();
      await install(world, { manager, pulumi, packed: nextRelease });
      expect(versionIn(project.folder, "pulumi-onvera")).to.equal(nextRelease.version);
      const upgraded = await project.up();
      expect(stepsByResource(upgraded.events)).to.deep.equal({ etl: ["same"], dashboards: ["same"] });
      expect(world.platformIds()).to.deep.equal(before);
      expect((await project.resource("etl")).outputs?.["__provider"]).to.equal(serializedProvider);

      // The package has the plugin, too; the import is all that changes in the program.
      const providers = [{ name: "onvera", path: join("node_modules", "pulumi-onvera", "bin") }];
      project.write("Pulumi.yaml", stringify({ name: projectName, runtime: "nodejs", plugins: { providers } }));
      project.write("index.ts", program.replace('"pulumi-onvera"', '"pulumi-onvera/plugin"'));
      await expectTypesToResolve(project.folder);
      const moved = await project.up();
      expect(stepsByResource(moved.events)).to.deep.equal({ etl: ["update"], dashboards: ["same"] });
      expect((await project.resource("etl")).type).to.equal(pluginHost.type);
      expect(world.platformIds()).to.deep.equal(before);

      await project.destroy();
      expect(world.platformIds()).to.deep.equal([]);
    });
  }

  it("is found in a program whose component package has brought it with pnpm, once the program depends on it, too", async () => {
    const world = await createWorld({
      program: 'require("component").declare();',
      files: {
        "component/package.json": JSON.stringify({
          name: "component",
          version: "1.0.0",
          dependencies: { "pulumi-onvera": `file:${release.file}` },
          peerDependencies: { "@pulumi/pulumi": "*" },
        }),
        "component/index.js": `
          const onvera = require("pulumi-onvera");
          exports.declare = () => new onvera.Deployment("etl", { appType: "airflow" });`,
      },
    });
    const { project } = world;
    project.setProgram('require("component").declare();');
    unlinkPackages(project.folder);
    const pulumi = installedHere("@pulumi/pulumi");
    const installWith = async (dependencies: Record<string, string>) => {
      const all = { "@pulumi/pulumi": pulumi, component: "file:component", ...dependencies };
      project.write("package.json", JSON.stringify({ private: true, main: "index.js", dependencies: all }));
      await installPackages("pnpm", project.folder, join(scratch, "pnpm"));
    };

    await installWith({});
    const { stdout, stderr } = await project.preview({ mayFail: true });
    expect(stdout + stderr).to.match(/Cannot find module 'pulumi-onvera\/\w+'/);

    await installWith({ "pulumi-onvera": `file:${release.file}` });
    expect(countSteps((await project.preview()).events)).to.deep.equal({ create: 1 });
  });

  async function consumer(manager: PackageManager, pulumi: string): Promise<Harness> {
    const world = await createWorld({
      // The tests check the types by themselves.
      env: { PULUMI_NODEJS_TRANSPILE_ONLY: "true" },
      files: {
        "Pulumi.yaml": stringify({ name: projectName, runtime: "nodejs" }),
        "index.ts": program,
        "wrong.ts": wrongProgram,
        "check.mjs": esModule,
        "tsconfig.json": JSON.stringify(tsconfig),
        "deployments.yaml": "deployments:\n  dashboards:\n    appType: superset\n",
      },
    });
    rmSync(join(world.project.folder, "index.js"));
    unlinkPackages(world.project.folder);
    await install(world, { manager, pulumi, packed: release });
    return world;
  }

  async function install({ project }: Harness, { manager, pulumi, packed }: Installation): Promise<void> {
    project.write(
      "package.json",
      JSON.stringify({
        name: "consumer",
        private: true,
        main: "index.ts",
        dependencies: { "@pulumi/pulumi": pulumi, "pulumi-onvera": `file:${packed.file}` },
        devDependencies: { "@types/node": installedHere("@types/node"), typescript: installedHere("typescript") },
      }),
    );
    const { stdout, stderr } = await installPackages(manager, project.folder, join(scratch, "pnpm"));
    expect(stdout + stderr).to.not.match(/deprecated pulumi-onvera|ERESOLVE/);
    expect(stdout + stderr, "unmet peers").to.not.match(/unmet peer.*@pulumi\/pulumi/);
  }
});

interface Installation {
  manager: PackageManager;
  /** The SDK's version. */
  pulumi: string;
  packed: PackedPackage;
}

async function expectTypesToResolve(folder: string): Promise<void> {
  const tsc = (...flags: string[]) =>
    runTool(process.execPath, [join("node_modules", "typescript", "bin", "tsc"), "--noEmit", ...flags], folder);
  for (const [module, moduleResolution] of resolutions) {
    await tsc("-p", "tsconfig.json", "--skipLibCheck", "--module", module, "--moduleResolution", moduleResolution);
  }
  // As the file says, node10 that is, with the declarations themselves looked at.
  await tsc("-p", "tsconfig.json");
}

/** Names of all packages in an installation, whatever its layout. */
function installedPackages(modules: string): string[] {
  return readdirSync(modules, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith("package.json"))
    .map((path) => /(?:^|.*node_modules[\\/])((?:@[^\\/]+[\\/])?[^\\/]+)[\\/]package\.json$/.exec(path)?.[1] ?? "");
}

function emulatorsPackages(): string[] {
  const { name, dependencies } = readJson(join(repositoryRoot, "emulator", "package.json"));
  return [name, ...Object.keys(dependencies ?? {})];
}

/** The release that our own lockfile names, so that npm has it in its cache. */
function installedHere(name: string): string {
  return versionIn(repositoryRoot, name);
}

function oldestSdk(): string {
  const { peerDependencies } = readJson(join(repositoryRoot, "package.json"));
  return semver.minVersion(peerDependencies?.["@pulumi/pulumi"] ?? "")?.version ?? "";
}

function versionIn(folder: string, name: string): string {
  return readJson(join(folder, "node_modules", name, "package.json")).version;
}

interface PackageJson {
  name: string;
  version: string;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

function readJson(file: string): PackageJson {
  return JSON.parse(readFileSync(file, "utf8"));
}
