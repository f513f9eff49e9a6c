/**
 * Starts an installed plugin. It runs the bundled provider with the code that V8 compiled at an earlier start, because compiling
 * takes most of the time of a start, and Node.js caches compiled code only since version 22. It is bundled as a file of its
 * own; nothing imports it.
 */

import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { wrap } from "node:module";
import { dirname, join } from "node:path";
import { Script } from "node:vm";

/** The bundler sets these: the other files of the bundle, and a digest of all of them. */
declare const bundledParts: readonly string[];
declare const bundleDigest: string;

/** A plugin that ends sooner stores its code when it ends. */
const keepCodeAfterMs = 1_000;

const sea = singleExecutable();
const folder = sea === undefined ? __dirname : dirname(process.execPath);
const loaded = new Map<string, { exports: unknown }>();

/** Loads the parts of the bundle; Node.js provides everything else. */
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
  // With the digest, because V8 compares only the length of the source.
  const cache = join(folder, "cache", `${id}-${bundleDigest}-${process.versions.v8}-${process.arch}`);
  const cachedData = readCode(cache);
  const script = new Script(wrap(source(id)), {
    filename: join(folder, `${id}.js`),
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  if (cachedData === undefined || script.cachedDataRejected === true) keepCode(script, cache);
  return script;
}

/** The bundler writes only ASCII, which needs no decoding. */
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

/** Stores the code after it has run, when V8 has compiled more of it. If the folder cannot be written, starts stay slower. */
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

/** The files inside this executable; undefined if Node.js runs a script. */
function singleExecutable(): typeof import("node:sea") | undefined {
  try {
    const module = require("node:sea") as typeof import("node:sea");
    return module.isSea() ? module : undefined;
  } catch {
    // Node.js has this module since 20.12.
    return undefined;
  }
}

load("provider");
