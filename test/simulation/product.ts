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
/** Modules that hold no state and read no clock: one instance serves all processes, as building their schemas takes long. */
const sharedModules: ReadonlySet<string> = new Set([
  "provider/api/issues",
  "provider/api/schemas",
  "provider/deployment/check",
  "provider/deployment/properties",
  "provider/resource-handler",
  "provider/runtime/engine-values",
  "provider/plugin/sdk-packages",
  "provider/plugin/values",
  "provider/version",
]);
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

type Factory = (exports: object, require: NodeJS.Require, module: NodeJS.Module, ...rest: unknown[]) => void;

interface Compiled {
  readonly factory: Factory;
  readonly require: NodeJS.Require;
  readonly folder: string;
}

const compiled = new Map<string, Compiled>();
const shared = new Map<string, unknown>();
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
    const name = relative(root, path).replaceAll("\\", "/").replace(/\.js$/, "");
    const parameters = ["exports", "require", "module", "__filename", "__dirname", ...globals].join(", ");
    const script = new vm.Script(`(function (${parameters}) {${text}\n})`, { filename: join(root, `${name}.ts`) });
    compiled.set(name, {
      factory: script.runInThisContext() as Factory,
      require: createRequire(join(root, `${name}.ts`)),
      folder: posix.dirname(name),
    });
  }
}

export interface ProductOptions {
  readonly globals: ProcessGlobals;
  /** By name, such as `provider/clock` or `axios`: modules that the process has instead of the real ones. */
  readonly replacements: Readonly<Record<string, unknown>>;
}

/** The modules of one simulated process. */
export class Product {
  readonly #modules = new Map<string, unknown>();
  readonly #options: ProductOptions;

  constructor(options: ProductOptions) {
    compileProduct();
    this.#options = options;
  }

  /** A module by its path without the extension, such as `provider/dynamic/provider`. */
  load<T>(name: string): T {
    return this.#load(name) as T;
  }

  #load(name: string): unknown {
    const { replacements, globals: own } = this.#options;
    if (Object.hasOwn(replacements, name)) return replacements[name];
    const isShared = sharedModules.has(name);
    const instances = isShared ? shared : this.#modules;
    const known = instances.get(name);
    if (known !== undefined) return known;
    const found = compiled.get(name);
    if (found === undefined) throw new Error(`the product has no module ${name}`);
    const module = { exports: {} } as NodeJS.Module;
    instances.set(name, module.exports);
    const load = (wanted: string) =>
      wanted.startsWith(".") ? this.#loadRelative(found, wanted) : this.#external(found, wanted, isShared);
    const scope = isShared ? realGlobals : own;
    found.factory(
      module.exports,
      Object.assign(load, { resolve: found.require.resolve }) as unknown as NodeJS.Require,
      module,
      join(root, `${name}.ts`),
      dirname(join(root, `${name}.ts`)),
      ...globals.map((key) => scope[key]),
    );
    instances.set(name, module.exports);
    return module.exports;
  }

  #loadRelative({ folder, require: real }: Compiled, wanted: string): unknown {
    const name = posix.join(folder, wanted);
    if (compiled.has(name) || Object.hasOwn(this.#options.replacements, name)) return this.#load(name);
    if (compiled.has(`${name}/index`)) return this.#load(`${name}/index`);
    return real(wanted);
  }

  #external({ require: real }: Compiled, wanted: string, isShared: boolean): unknown {
    const { replacements } = this.#options;
    if (!isShared && Object.hasOwn(replacements, wanted)) return replacements[wanted];
    return real(wanted);
  }
}
