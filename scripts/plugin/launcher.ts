/**
 * The file that an installed plugin is started by. It runs the bundled provider with the code that V8 has compiled at an
 * earlier start, because compiling is most of what a start takes, and Node.js keeps such code by itself from version 22 on
 * only. Bundled as a file of its own; nothing imports it.
 */

import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { wrap } from "node:module";
import { dirname, join } from "node:path";
import { Script } from "node:vm";

/** Written in by the bundler: the other files of the bundle, and a digest of them all. */
declare const bundledParts: readonly string[];
declare const bundleDigest: string;

/** A plugin that ends sooner keeps its code when it ends. */
const keepCodeAfterMs = 1_000;

const sea = singleExecutable();
const folder = sea === undefined ? __dirname : dirname(process.execPath);
const loaded = new Map<string, { exports: unknown }>();

/** The bundle's own parts first; Node.js itself has everything else. */
function load(id: string): unknown {
  if (!bundledParts.includes(id)) return require(id);
  const known = loaded.get(id);
  if (known !== undefined) return known.exports;
  const part = { exports: {} };
  loaded.set(id, part);
  compile(id).runInThisContext()(part.exports, load, part, join(folder, `${id}.js`), folder);
  return part.exports;
}

function compile(id: string): Script {
  // The digest, because V8 itself compares no more than the source's length.
  const cache = join(folder, "cache", `${id}-${bundleDigest}-${process.versions.v8}-${process.arch}`);
  const cachedData = readCode(cache);
  const script = new Script(wrap(source(id)), {
    filename: join(folder, `${id}.js`),
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  if (cachedData === undefined || script.cachedDataRejected === true) keepCode(script, cache);
  return script;
}

/** The bundler writes ASCII only; read so, it needs no decoding. */
function source(id: string): string {
  if (sea === undefined) return readFileSync(join(folder, `${id}.js`), "latin1");
  return Buffer.from(sea.getRawAsset(id) as ArrayBuffer).toString("latin1");
}

function readCode(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** Code that was run is worth keeping, so not at once. Where the folder is not ours to write to, starts stay slower. */
function keepCode(script: Script, file: string): void {
  let isKept = false;
  const keep = () => {
    if (isKept) return;
    isKept = true;
    try {
      mkdirSync(dirname(file), { recursive: true });
      const unfinished = `${file}.${process.pid}`;
      writeFileSync(unfinished, script.createCachedData());
      renameSync(unfinished, file);
    } catch {
      // The next start tries again.
    }
  };
  setTimeout(keep, keepCodeAfterMs).unref();
  process.once("exit", keep);
}

/** The files inside this executable; undefined where Node.js runs a script. */
function singleExecutable(): typeof import("node:sea") | undefined {
  try {
    const module = require("node:sea") as typeof import("node:sea");
    return module.isSea() ? module : undefined;
  } catch {
    // Node.js before 20.12 has no such module.
    return undefined;
  }
}

load("provider");
