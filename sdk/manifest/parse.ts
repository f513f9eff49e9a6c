import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseAllDocuments,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import type { Path, ProblemList } from "./source";

/** The number of nodes of a manifest with all aliases expanded. A real one has far fewer, and more would take seconds. */
const maxNodes = 100_000;
/** Also an option of the yaml library, which multiplies aliases inside anchors. */
const maxAliasCount = 1_000;

/** A parsed manifest: its plain value, and the location of each part. */
export interface ParsedManifest {
  readonly value: unknown;
  /** The keys of the mapping at `path`, in the order of the file (a JavaScript object lists integer keys first). */
  keysOf(path: Path): readonly string[];
  /** The location of `path`, or of its nearest existing parent. */
  locate(path: Path): Place;
}

export interface Place {
  /** The offset of the key of the last existing part; of the document for an empty path. */
  readonly keyOffset: number;
  readonly valueOffset: number;
  /** The node of the value, with aliases resolved; undefined if the path does not exist. */
  readonly node: Node | undefined;
}

/**
 * Parses one YAML 1.2 document. Rejects duplicate keys, merge keys, tags, keys that are not strings, and aliases that are undefined,
 * contain themselves or multiply the size. Adds errors to `problems`. Returns undefined if nothing is left to validate; otherwise
 * the value omits the invalid parts.
 */
export function parseManifest(text: string, problems: ProblemList): ParsedManifest | undefined {
  const { lineCounter } = problems;
  const [document, second] = parseAllDocuments(text, {
    version: "1.2",
    lineCounter,
    prettyErrors: false,
    logLevel: "silent",
    // `Checker` checks both, in linear time and with better messages.
    uniqueKeys: false,
    merge: false,
  });
  if (document === undefined || (document.errors.length === 0 && isEmpty(document) && second === undefined)) {
    problems.add(0, [], "the file is empty; to have no deployments, write: deployments: {}");
    return undefined;
  }

  reportSyntax(document, problems);
  if (second !== undefined) {
    problems.add(second.range[0], [], "a second document starts here; a manifest must be one document");
  }
  if (document.directives?.yaml.version === "1.1") {
    problems.add(0, [], "YAML 1.1 is not supported; remove the %YAML line");
  }
  if (problems.size > 0) return undefined;

  const checker = new Checker(problems);
  checker.visit(document.contents, []);
  if (checker.isBroken) return undefined;
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount });
  } catch (error) {
    // The omitted parts can contain an anchor.
    if (problems.size > 0) return undefined;
    const [alias] = checker.targets.keys();
    const reason = error instanceof Error ? error.message : String(error);
    problems.add(offsetOf(alias ?? document.contents), [], `too many aliases (at most ${maxAliasCount}): ${reason}`);
    return undefined;
  }
  return {
    value,
    keysOf: (path) => {
      const { node } = locate(document, checker, path);
      return isMap(node) ? [...(checker.pairs.get(node)?.keys() ?? [])] : [];
    },
    locate: (path) => locate(document, checker, path),
  };
}

function isEmpty({ contents }: Document.Parsed): boolean {
  return contents === null || (isScalar(contents) && contents.value === null && !contents.anchor && !contents.tag);
}

const syntaxTexts: Partial<Record<YAMLError["code"], string>> = {
  TAB_AS_INDENT: "tabs cannot indent; use spaces",
  BLOCK_AS_IMPLICIT_KEY: 'a second ": " on one line; quote the value if it belongs to it',
  RESOURCE_EXHAUSTION: "nested too deeply",
  TAG_RESOLVE_FAILED: "tags are not supported; remove it",
};

/** Reports one error for each line, because further errors are consequences of it. */
function reportSyntax(document: Document.Parsed, problems: ProblemList): void {
  const lines = new Set<number>();
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    const line = problems.lineOf(pos[0]);
    if (lines.has(line)) continue;
    lines.add(line);
    problems.add(pos[0], [], syntaxTexts[code] ?? message.charAt(0).toLowerCase() + message.slice(1));
    if (code === "RESOURCE_EXHAUSTION") return;
  }
}

function offsetOf(node: Node | null | undefined): number {
  return node?.range?.[0] ?? 0;
}

/** Visits each node once, without following aliases, and removes invalid pairs from maps. */
class Checker {
  /** Whether the value cannot be built, or not in reasonable time. */
  isBroken = false;
  readonly targets = new Map<Alias, Node>();
  readonly pairs = new Map<YAMLMap, Map<string, Pair<Node, Node | null>>>();
  private readonly anchors = new Map<string, Node>();
  private readonly open = new Set<Node>();
  private readonly sizes = new Map<Node, number>();

  constructor(private readonly problems: ProblemList) {}

  /** Returns the number of nodes with aliases expanded. */
  visit(node: unknown, path: Path): number {
    if (isAlias(node)) return this.visitAlias(node, path);
    if (!isCollection(node) && !isScalar(node)) return 1;
    if (node.anchor !== undefined) this.anchors.set(node.anchor, node);
    this.open.add(node);
    let size = 1;
    if (isMap<Node, Node | null>(node)) size += this.visitMap(node, path);
    if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) size += this.visit(item, [...path, index]);
    }
    this.open.delete(node);
    this.sizes.set(node, size);
    if (size > maxNodes && !this.isBroken) this.break(node, path, `its aliases expand to more than ${maxNodes} values`);
    return size;
  }

  private visitAlias(alias: Alias, path: Path): number {
    const target = this.anchors.get(alias.source);
    const name = JSON.stringify(`*${alias.source}`);
    if (target === undefined) {
      return this.break(alias, path, `the alias ${name} has no anchor before it`);
    }
    if (this.open.has(target)) return this.break(alias, path, `the alias ${name} contains itself`);
    this.targets.set(alias, target);
    return this.sizes.get(target) ?? 1;
  }

  private break(node: Node, path: Path, text: string): number {
    this.isBroken = true;
    this.problems.add(offsetOf(node), path, text);
    return 1;
  }

  private visitMap(map: YAMLMap<Node, Node | null>, path: Path): number {
    const pairs = new Map<string, Pair<Node, Node | null>>();
    let size = 0;
    map.items = map.items.filter((pair) => {
      const { key, value } = pair;
      const reason = this.whyNotKey(key, pairs);
      const name = isScalar(key) && key.value !== null ? String(key.value) : undefined;
      const inner = name === undefined ? path : [...path, name];
      if (reason !== undefined) this.problems.add(offsetOf(key), inner, reason);
      if (isScalar(key) && key.anchor !== undefined) this.anchors.set(key.anchor, key);
      size += this.visit(value, inner);
      // A number or boolean stays, as if it were quoted, so that its value is checked, too.
      const isUsable = reason === undefined || (isScalar(key) && typeof key.value !== "string" && name !== undefined);
      if (name === undefined || !isUsable || pairs.has(name)) return false;
      pairs.set(name, pair);
      return true;
    });
    this.pairs.set(map, pairs);
    return size;
  }

  private whyNotKey(key: Node, earlier: ReadonlyMap<string, Pair<Node, unknown>>): string | undefined {
    if (isAlias(key)) return "an alias cannot be a key; write the key out";
    if (!isScalar(key)) return "a list or mapping cannot be a key";
    const { value } = key;
    const source = key.source ?? String(value);
    if (source === "" && value === null) return "a key is missing";
    if (typeof value !== "string") return `a key must be a string; quote it: ${JSON.stringify(source)}`;
    if (value === "<<" && key.type === "PLAIN") return "merge keys are not supported; use defaults";
    if (value === "__proto__") return 'the name "__proto__" is not allowed';
    const first = earlier.get(value);
    return first && `duplicate key, first on line ${this.problems.lineOf(offsetOf(first.key))}`;
  }
}

function locate(document: Document.Parsed, { pairs, targets }: Checker, path: Path): Place {
  const behind = (node: unknown): Node | undefined => {
    const target = isAlias(node) ? targets.get(node) : node;
    return isCollection(target) || isScalar(target) ? target : undefined;
  };
  let keyOffset = offsetOf(document.contents);
  let node = behind(document.contents);
  let valueOffset = keyOffset;
  for (const part of path) {
    let next: unknown;
    if (isMap(node)) {
      const pair = pairs.get(node)?.get(String(part));
      if (pair === undefined) return { keyOffset, valueOffset, node: undefined };
      keyOffset = offsetOf(pair.key);
      next = pair.value;
    } else if (isSeq(node)) {
      next = node.items[Number(part)];
      keyOffset = isCollection(next) || isScalar(next) || isAlias(next) ? offsetOf(next) : keyOffset;
    }
    node = behind(next);
    valueOffset = node === undefined ? keyOffset : offsetOf(node);
  }
  return { keyOffset, valueOffset, node };
}
