/**
 * Loads the provider's source into simulated processes. Each process gets its own instances of the modules, as a process of
 * the operating system does, with time, randomness and the transport of the simulation. No source file knows of it.
 */

import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, posix, relative, resolve } from "node:path";
import vm from "node:vm";
import { buildSync } from "esbuild";

const root = resolve(__dirname, "../..");
const globals = [
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "performance",
  "Date",
  "Math",
  "process",
] as const;

/** What a simulated process has in place of Node.js's own. */
export type ProcessGlobals = Readonly<Record<(typeof globals)[number], unknown>>;

/** What differs between processes, in a module's compiled text: time, randomness, and state at the top level (a set is a constant). */
const ownToProcess =
  /\b(?:setTimeout|clearTimeout|setInterval|clearInterval|performance|process|Date\.now|Math\.random)\b|\bnew Date\(\)|^(?:let|(?:const|var) \w+ = (?:\/\* @__PURE__ \*\/ )?new (?!Set\b)[A-Z]\w*)/m;
/** What simulated processes can have instead of the real module. */
const replaceable = [
  ...["axios", "node:http", "node:https", "node:crypto", "node:async_hooks", "@pulumi/pulumi"],
  ...["provider/version", "provider/runtime/engine-log", "sdk/known-value", "sdk/seed"],
];

type Factory = (exports: object, require: NodeJS.Require, module: NodeJS.Module, ...rest: unknown[]) => void;

interface Compiled {
  readonly factory: Factory;
  readonly require: NodeJS.Require;
  readonly folder: string;
  /** One instance serves all processes, because it holds no state, reads no clock, and neither does what it loads. */
  isShared: boolean;
  readonly file: string;
  readonly fileFolder: string;
  /** The module of each relative path that it has loaded; undefined where it is none of the product's. */
  readonly names: Map<string, string | undefined>;
}

const compiled = new Map<string, Compiled>();
/** The instances of the shared modules, for each set of patches. */
const shared = new Map<Patches, Map<string, unknown>>();
/** Packages and modules of Node.js by name: to look one up takes Node.js longer than most modules run. */
const packages = new Map<string, unknown>();
const noPatches: Patches = {};
const realGlobals: ProcessGlobals = {
  setTimeout,
  clearTimeout,
  setInterval,
  clearInterval,
  performance,
  Date,
  Math,
  process,
};

const realScope = globals.map((key) => realGlobals[key]);

/** Compiles the provider and the SDK, once. */
export function compileProduct(): void {
  if (compiled.size > 0) return;
  const entryPoints = ["provider", "sdk"].flatMap((folder) =>
    (readdirSync(join(root, folder), { recursive: true }) as string[])
      .filter((file) => file.endsWith(".ts"))
      .map((file) => join(folder, file)),
  );
  const { outputFiles } = buildSync({
    absWorkingDir: root,
    entryPoints,
    bundle: false,
    write: false,
    format: "cjs",
    platform: "node",
    target: "es2022",
    outdir: root,
    outbase: root,
    sourcemap: false,
  });
  for (const { path, text } of outputFiles) {
    const name = nameOf(path);
    const parameters = ["exports", "require", "module", "__filename", "__dirname", "__imported", ...globals].join(", ");
    const body = text.replaceAll("__toESM(require(", "__imported(require(");
    const script = new vm.Script(`(function (${parameters}) {${body}\n})`, { filename: join(root, `${name}.ts`) });
    compiled.set(name, {
      factory: script.runInThisContext() as Factory,
      require: createRequire(join(root, `${name}.ts`)),
      folder: posix.dirname(name),
      file: join(root, `${name}.ts`),
      fileFolder: dirname(join(root, `${name}.ts`)),
      names: new Map(),
      isShared: !replaceable.includes(name) && !ownToProcess.test(text),
    });
  }
  const loads = new Map(
    outputFiles.map(({ path, text }) => {
      return [nameOf(path), [...text.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, wanted = ""]) => wanted)] as const;
    }),
  );
  for (let hasChanged = true; hasChanged; ) {
    hasChanged = false;
    for (const [name, module] of compiled) {
      const isOwn = (wanted: string) =>
        replaceable.includes(wanted) || compiled.get(resolved(module.folder, wanted) ?? "")?.isShared === false;
      if (!module.isShared || !loads.get(name)?.some(isOwn)) continue;
      module.isShared = false;
      hasChanged = true;
    }
  }
}

const namespaces = new WeakMap<object, object>();

/** The namespace of a module, as in the code that esbuild generates, but with one copy for all that import it. */
function imported(module: object & { __esModule?: boolean }): object {
  if (module.__esModule === true) return module;
  const known = namespaces.get(module);
  if (known !== undefined) return known;
  const namespace = { ...module, default: module };
  namespaces.set(module, namespace);
  return namespace;
}

const nameOf = (path: string): string => relative(root, path).replaceAll("\\", "/").replace(/\.js$/, "");

/** The product's module of a relative path, if there is one. */
function resolved(folder: string, wanted: string): string | undefined {
  if (!wanted.startsWith(".")) return undefined;
  const path = posix.join(folder, wanted);
  return [path, `${path}/index`].find((each) => compiled.has(each));
}

/** What a module exports without one of its protections; `load` has the other modules of the same process. */
export type Patch = (exports: never, load: <T>(name: string) => T) => object;
/** By the name of the module. */
export type Patches = Readonly<Record<string, Patch>>;

export interface ProductOptions {
  readonly globals: ProcessGlobals;
  /** By name, such as `provider/clock` or `axios`: modules that the process has instead of the real ones. */
  readonly replacements: Readonly<Record<string, unknown>>;
  /** Turns protections off (see mutations.ts). */
  readonly patches?: Patches | undefined;
}

/** The modules of one simulated process. */
export class Product {
  readonly #modules = new Map<string, unknown>();
  readonly #options: ProductOptions;
  readonly #shared: Map<string, unknown>;
  readonly #scope: readonly unknown[];

  constructor(options: ProductOptions) {
    compileProduct();
    this.#options = options;
    const { patches = noPatches } = options;
    const instances = shared.get(patches) ?? new Map<string, unknown>();
    shared.set(patches, instances);
    this.#shared = instances;
    this.#scope = globals.map((key) => options.globals[key]);
  }

  /** A module by its path without the extension, such as `provider/dynamic/provider`. */
  load<T>(name: string): T {
    return this.#load(name) as T;
  }

  #load(name: string): unknown {
    const { replacements } = this.#options;
    if (Object.hasOwn(replacements, name)) return replacements[name];
    const found = compiled.get(name);
    if (found === undefined) throw new Error(`the product has no module ${name}`);
    const { isShared } = found;
    const instances = isShared ? this.#shared : this.#modules;
    const known = instances.get(name);
    if (known !== undefined) return known;
    const module = { exports: {} } as NodeJS.Module;
    instances.set(name, module.exports);
    const load = (wanted: string) =>
      wanted.startsWith(".") ? this.#loadRelative(found, wanted) : this.#external(found, wanted, isShared);
    load.resolve = found.require.resolve;
    found.factory(
      module.exports,
      load as unknown as NodeJS.Require,
      module,
      found.file,
      found.fileFolder,
      imported,
      ...(isShared ? realScope : this.#scope),
    );
    const patch = this.#options.patches?.[name];
    const exported =
      patch === undefined ? module.exports : patch(module.exports as never, (other) => this.#load(other) as never);
    instances.set(name, exported);
    return exported;
  }

  #loadRelative({ folder, names, require: real }: Compiled, wanted: string): unknown {
    let name = names.get(wanted);
    if (name === undefined && !names.has(wanted)) {
      name = resolved(folder, wanted);
      names.set(wanted, name);
    }
    if (name === undefined) return real(wanted);
    return this.#load(name);
  }

  #external({ require: real }: Compiled, wanted: string, isShared: boolean): unknown {
    const { replacements } = this.#options;
    if (Object.hasOwn(replacements, wanted)) {
      if (isShared) throw new Error(`a shared module needs ${wanted}, which differs between processes`);
      return replacements[wanted];
    }
    const known = packages.get(wanted);
    if (known !== undefined) return known;
    const loaded: unknown = real(wanted);
    packages.set(wanted, loaded);
    return loaded;
  }
}
