import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";

const root = resolve(__dirname, "..", "..");
const pluginFolder = join(root, "provider", "plugin");

export interface PluginBundle {
  readonly version: string;
  /** Runs the rest, which lies beside it or in the same executable. */
  readonly launcher: string;
  /** Source text by name: `provider`, and what is loaded only when the provider needs it. ASCII only. */
  readonly parts: ReadonlyMap<string, string>;
  /** Folders of the npm packages that are part of it, relative to the repository, sorted. */
  readonly packages: readonly string[];
}

/** Heavy, and needed by no call before the first request: files of their own, which cost no start. */
const laterParts = ["axios"];

/** gRPC loads it for its channelz service alone, which this provider does not serve. */
const neverLoaded = ["@grpc/proto-loader"];

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  charset: "ascii",
  // Names stay: they are what a reported stack tells.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: "none",
  // Paths of modules are part of the text; those below this folder do not tell where it lies, nor where a link leads.
  preserveSymlinks: true,
  metafile: true,
  write: false,
} satisfies BuildOptions;

/** The provider plugin without `node_modules`. The same sources and packages give the same text. */
export async function bundlePlugin(): Promise<PluginBundle> {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const provider = await text({
    entryPoints: [join(pluginFolder, "main.ts")],
    external: [...laterParts, ...neverLoaded],
    plugins: [sdkPackages(), packageVersion(version)],
  });
  const later = await Promise.all(
    laterParts.map(async (name) => {
      // Its modules rather than the one file that `require` gives, so that some can be left out.
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

/** What `sdk-packages.ts` looks up at run time, looked up from the same folder now. A name missing here fails the build. */
function sdkPackages(): Plugin {
  const contents = `
    export * as grpc from "@grpc/grpc-js";
    export { Struct } from "google-protobuf/google/protobuf/struct_pb";
    export { Empty } from "google-protobuf/google/protobuf/empty_pb";
    export { Any } from "google-protobuf/google/protobuf/any_pb";
  `;
  const resolveDir = join(root, "node_modules", "@pulumi", "pulumi");
  return replace("sdk-packages", /[\\/]provider[\\/]plugin[\\/]sdk-packages\.ts$/, { contents, resolveDir });
}

/**
 * Hides from axios what it looks for at its start and this provider never uses: `fetch` and its forms, for which Node.js
 * loads an HTTP client of its own that takes as long as all the rest, and the package for forms of axios itself.
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

/** A plugin alone has no package.json of ours above it to read the version from. */
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
