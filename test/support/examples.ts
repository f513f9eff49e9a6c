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

/** The packages that examples ask for, `pulumi-onvera` as `npm pack` makes it; installed once for all of them. */
export class ExamplePackages {
  private constructor(private readonly root: string) {}

  static async install(names: readonly string[]): Promise<ExamplePackages> {
    const root = mkdtempSync(join(tmpdir(), "examples-"));
    // Its `dist` is there already (engine-cli.ts); building it again would take longer than all the examples.
    const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", root];
    const [{ filename }] = JSON.parse((await runTool("npm", pack, repositoryRoot)).stdout) as [{ filename: string }];
    const asked = Object.assign({}, ...names.map((name) => dependenciesOf(exampleFolder(name))));
    const dependencies = { ...asked, "pulumi-onvera": `file:${filename}` };
    writeFileSync(join(root, "package.json"), JSON.stringify({ private: true, dependencies }));
    await installPackages("npm", root, root);
    return new ExamplePackages(root);
  }

  /** Gives a folder the packages that its package.json lists, and no others. */
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
  /** Another example, in a folder of its name in the project's folder. */
  beside?: string;
}

/** For a `describe` block: starts harnesses whose project is a copy of an example, with its packages installed. */
export function useExamples(names: readonly string[]): (name: string, options?: ExampleOptions) => Promise<Harness> {
  const start = useHarness();
  let packages: ExamplePackages | undefined;
  before(async () => {
    packages = await ExamplePackages.install(names);
  });
  after(() => packages?.dispose());
  return async (name, { beside } = {}) => {
    const files = sourcesIn(exampleFolder(name));
    // The compiler looks at the types in a test of its own: at each run it would cost seconds.
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

/** The files that somebody wrote there, by their paths, and not what an installation or a stack has added. */
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
