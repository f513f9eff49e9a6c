import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";

const root = resolve(__dirname, "..", "..");
const pluginFolder = join(root, "provider", "plugin");

export interface PluginBundle {
  readonly version: string;
  /** Starts the other parts, which are beside it or in the same executable. */
  readonly launcher: string;
  /** Source text by name: `provider`, and the parts that it loads when it needs them. ASCII only. */
  readonly parts: ReadonlyMap<string, string>;
  /** The folders of the bundled npm packages, relative to the repository, sorted. */
  readonly packages: readonly string[];
}

/** Large packages that no call needs before the first request. As separate files, they do not slow the start. */
const laterParts = ["axios"];

/** gRPC loads it only for its channelz service, which this provider does not serve. */
const neverLoaded = ["@grpc/proto-loader"];

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  charset: "ascii",
  // Names stay readable in reported stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: "none",
  // The text holds the paths of modules, relative to this folder and without the targets of links.
  preserveSymlinks: true,
  metafile: true,
  write: false,
} satisfies BuildOptions;

/** Bundles the provider plugin without `node_modules`. The same sources and packages give the same text. */
export async function bundlePlugin(): Promise<PluginBundle> {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const provider = await text({
    entryPoints: [join(pluginFolder, "main.ts")],
    external: [...laterParts, ...neverLoaded],
    plugins: [sdkPackages(), packageVersion(version)],
  });
  const later = await Promise.all(
    laterParts.map(async (name) => {
      // Its modules, not the single file that `require` loads, so that some can be left out.
      const contents = `export { default } from ${JSON.stringify(name)};`;
      const footer = { js: "module.exports = module.exports.default;" };
      return [name, await text({ stdin: { contents, resolveDir: root }, footer, ...withoutFetchAndForms })] as const;
    }),
  );
  const parts = new Map([
    ["provider", provider.code],
    ...later.map(([name, { code }]): [string, string] => [name, code]),
  ]);
  const digest = createHash("sha256")
    .update(JSON.stringify([...parts]))
    .digest("hex")
    .slice(0, 16);
  const launcher = await text({
    entryPoints: [join(root, "scripts", "plugin", "launcher.ts")],
    define: { bundledParts: JSON.stringify([...parts.keys()]), bundleDigest: JSON.stringify(digest) },
  });
  const inputs = [provider, ...later.map(([, part]) => part)].flatMap(({ metafile }) => Object.keys(metafile.inputs));
  return { version, launcher: launcher.code, parts, packages: packagesOf(inputs) };
}

async function text(options: BuildOptions): Promise<{ code: string; metafile: Metafile }> {
  const { outputFiles, metafile } = await build({ ...common, ...options, metafile: true, write: false });
  return { code: outputFiles.map((file) => file.text).join(""), metafile };
}

/** The packages that `sdk-packages.ts` resolves at run time, resolved from the same folder. A missing name fails the build. */
function sdkPackages(): Plugin {
  const contents = `
    export * as grpc from "@grpc/grpc-js";
    export { Struct } from "google-protobuf/google/protobuf/struct_pb";
    export { Empty } from "google-protobuf/google/protobuf/empty_pb";
    export { Any } from "google-protobuf/google/protobuf/any_pb";
  `;
  const resolveDir = join(root, "node_modules", "@pulumi", "pulumi");
  return replace("sdk-packages", /[\\/]provider[\\/]runtime[\\/]sdk-packages\.ts$/, { contents, resolveDir });
}

/**
 * Hides `fetch` and its form classes from axios, which looks for them at its start: Node.js would load an HTTP client of its own,
 * which takes as long as everything else. Leaves out the package for forms, too. The provider uses neither.
 */
const withoutFetchAndForms = {
  define: { globalThis: "globalsWithoutFetch" },
  banner: {
    js: "const globalsWithoutFetch = Object.create(globalThis, { FormData: {}, Request: {}, Response: {}, fetch: {} });",
  },
  plugins: [
    replace("axios-forms", /[\\/]axios[\\/]lib[\\/]platform[\\/]node[\\/]classes[\\/]FormData\.js$/, {
      contents: "export default undefined;",
    }),
  ],
} satisfies BuildOptions;

/** An installed plugin has no package.json above it that holds the version. */
function packageVersion(version: string): Plugin {
  const contents = `export function readPackageVersion() { return ${JSON.stringify(version)}; }`;
  return replace("package-version", /[\\/]provider[\\/]version\.ts$/, { contents });
}

function replace(name: string, filter: RegExp, module: { contents: string; resolveDir?: string }): Plugin {
  return { name, setup: ({ onLoad }) => onLoad({ filter }, () => ({ loader: "js", ...module })) };
}

function packagesOf(inputs: readonly string[]): string[] {
  const folders = inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? []);
  return [...new Set(folders)].sort();
}
