/**
 * Loads the provider's source into simulated processes, with time, randomness and the transport of the simulation. No source file
 * knows of it. Each process has its own instances of the modules that have state; the other modules have one instance for all.
 */

import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, posix, relative, resolve } from "node:path";
import vm from "node:vm";
import { buildSync } from "esbuild";
import { processGlobals, processModules } from "./process";

const root = resolve(__dirname, "../..");
/** State at the top level of a compiled module. Constant sets, and maps by objects of one process, can be shared. */
const stateOfProcess = /^(?:let|(?:const|var) \w+ = (?:\/\* @__PURE__ \*\/ )?new (?!Set\b|Weak|RegExp\b)[A-Z]\w*)/m;
/** Its only object at the top level is an HTTP client, which has no state of its own. */
const stateless = "provider/api/http";
/** What a product can have of its own. */
const replaceable = ["@pulumi/pulumi", "sdk/known-value", "sdk/seed"];

type Factory = (exports: object, require: NodeJS.Require, module: NodeJS.Module, ...rest: unknown[]) => void;

interface Compiled {
  readonly factory: Factory;
  readonly require: NodeJS.Require;
  readonly folder: string;
  /** One instance serves all processes, because neither it nor any module that it loads holds state. */
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
    const parameters = [
      "exports",
      "require",
      "module",
      "__filename",
      "__dirname",
      "__imported",
      ...Object.keys(processGlobals),
    ].join(", ");
    const body = text.replaceAll("__toESM(require(", "__imported(require(");
    const script = new vm.Script(`(function (${parameters}) {${body}\n})`, { filename: join(root, `${name}.ts`) });
    compiled.set(name, {
      factory: script.runInThisContext() as Factory,
      require: createRequire(join(root, `${name}.ts`)),
      folder: posix.dirname(name),
      file: join(root, `${name}.ts`),
      fileFolder: dirname(join(root, `${name}.ts`)),
      names: new Map(),
      isShared: !replaceable.includes(name) && (name === stateless || !stateOfProcess.test(text)),
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
  /** By name, such as `sdk/seed` or `@pulumi/pulumi`: modules that this product has instead of the real ones. */
  readonly replacements?: Readonly<Record<string, unknown>>;
  /** Turns protections off (see mutations.ts). */
  readonly patches?: Patches | undefined;
}

/** The modules of one simulated process. */
export class Product {
  readonly #modules = new Map<string, unknown>();
  readonly #patches: Patches;
  readonly #replacements: Readonly<Record<string, unknown>>;
  readonly #shared: Map<string, unknown>;

  constructor({ patches = noPatches, replacements = {} }: ProductOptions) {
    compileProduct();
    this.#patches = patches;
    this.#replacements = { ...processModules, ...replacements };
    const instances = shared.get(patches) ?? new Map<string, unknown>();
    shared.set(patches, instances);
    this.#shared = instances;
  }

  /** A module by its path without the extension, such as `provider/dynamic/provider`. */
  load<T>(name: string): T {
    return this.#load(name) as T;
  }

  #load(name: string): unknown {
    if (Object.hasOwn(this.#replacements, name)) return this.#replacements[name];
    const found = compiled.get(name);
    if (found === undefined) throw new Error(`the product has no module ${name}`);
    const { isShared } = found;
    const instances = isShared ? this.#shared : this.#modules;
    const known = instances.get(name);
    if (known !== undefined) return known;
    const module = { exports: {} } as NodeJS.Module;
    instances.set(name, module.exports);
    const load = (wanted: string) =>
      wanted.startsWith(".") ? this.#loadRelative(found, wanted) : this.#external(found, wanted);
    load.resolve = found.require.resolve;
    found.factory(
      module.exports,
      load as unknown as NodeJS.Require,
      module,
      found.file,
      found.fileFolder,
      imported,
      ...Object.values(processGlobals),
    );
    const patch = this.#patches[name];
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

  #external({ require: real }: Compiled, wanted: string): unknown {
    if (Object.hasOwn(this.#replacements, wanted)) return this.#replacements[wanted];
    const known = packages.get(wanted);
    if (known !== undefined) return known;
    const loaded: unknown = real(wanted);
    packages.set(wanted, loaded);
    return loaded;
  }
}
