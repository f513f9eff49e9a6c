import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { repositoryRoot } from "./engine";
import { type Harness, useHarness } from "./harness";
import { installPackages, runTool, unlinkPackages } from "./packing";

interface PackageJson {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

/** The packages that the examples require, with a packed `pulumi-onvera`. Installed once for all of them. */
export class ExamplePackages {
  private constructor(private readonly root: string) {}

  static async install(names: readonly string[]): Promise<ExamplePackages> {
    const root = mkdtempSync(join(tmpdir(), "examples-"));
    // `dist` exists already (engine-cli.ts). Building it again would take longer than all the examples.
    const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", root];
    const [{ filename }] = JSON.parse((await runTool("npm", pack, repositoryRoot)).stdout) as [{ filename: string }];
    const asked = Object.assign({}, ...names.map((name) => dependenciesOf(exampleFolder(name))));
    const dependencies = { ...asked, "pulumi-onvera": `file:${filename}` };
    writeFileSync(join(root, "package.json"), JSON.stringify({ private: true, dependencies }));
    await installPackages("npm", root, root);
    return new ExamplePackages(root);
  }

  /** Links the packages that the package.json of a folder lists, and no others. */
  link(folder: string): void {
    unlinkPackages(folder);
    for (const name of [".bin", ...Object.keys(dependenciesOf(folder))]) {
      const link = join(folder, "node_modules", name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(this.root, "node_modules", name), link, "dir");
    }
  }

  dispose(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

interface ExampleOptions {
  /** Another example to copy into a folder with its name in the project folder. */
  beside?: string;
}

/** For a `describe` block: starts harnesses with a copy of an example and its packages. */
export function useExamples(names: readonly string[]): (name: string, options?: ExampleOptions) => Promise<Harness> {
  const start = useHarness();
  let packages: ExamplePackages | undefined;
  before(async () => {
    packages = await ExamplePackages.install(names);
  });
  after(() => packages?.dispose());
  return async (name, { beside } = {}) => {
    const files = sourcesIn(exampleFolder(name));
    // Another test checks the types. Checking them in each run would take seconds.
    const harness = await start({ env: { PULUMI_NODEJS_TRANSPILE_ONLY: "true" }, files });
    const { project } = harness;
    if (files["index.js"] === undefined) project.remove("index.js");
    packages?.link(project.folder);
    if (beside !== undefined) {
      const sources = sourcesIn(exampleFolder(beside));
      for (const [path, text] of Object.entries(sources)) project.write(join(beside, path), text);
      packages?.link(join(project.folder, beside));
    }
    return harness;
  };
}

export function exampleFolder(name: string): string {
  return join(repositoryRoot, "examples", name);
}

/** The source files by their paths, without the files of an installation or a stack. */
export function sourcesIn(folder: string): Record<string, string> {
  const added = /(^|[\\/])(node_modules[\\/]|package-lock\.json$|Pulumi\..+\.yaml$|[^\\/]*\.tgz$)/;
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => !added.test(path))
    .filter((path) => statSync(join(folder, path)).isFile());
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), "utf8")]));
}

function dependenciesOf(folder: string): Record<string, string> {
  const { dependencies, devDependencies }: PackageJson = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return { ...dependencies, ...devDependencies };
}
