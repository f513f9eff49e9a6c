import { isMap, isScalar, isSeq, type Node } from "yaml";
import type * as z from "zod";
import { choiceOf } from "../../provider/deployment/properties";
import { suggestion } from "../../provider/suggestion";
import type { ParsedManifest } from "./parse";
import { knownKeys } from "./schema";
import type { Path, ProblemList } from "./source";

/** Reports the issues of zod in terms of the manifest, with their locations in the file. */
export function explainIssues({
  issues,
  parsed,
  problems,
}: {
  readonly issues: readonly z.core.$ZodIssue[];
  readonly parsed: ParsedManifest;
  readonly problems: ProblemList;
}): void {
  for (const issue of issues) {
    const path = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
    const { keyOffset, valueOffset, node } = parsed.locate(path);
    switch (issue.code) {
      case "unrecognized_keys":
        for (const key of issue.keys) {
          const known = knownKeys(path);
          const text = `unknown key${suggestion(key, known, `; the keys here are ${known.join(", ")}`)}`;
          problems.add(parsed.locate([...path, key]).keyOffset, [...path, key], text);
        }
        break;
      case "invalid_key":
        problems.add(keyOffset, path, issue.issues[0]?.message ?? issue.message);
        break;
      case "invalid_type":
        if (node === undefined) problems.add(keyOffset, path, missing(path));
        else problems.add(valueOffset, path, wrongType(issue, node));
        break;
      case "invalid_value": {
        const values = issue.values.map(String);
        const text = `expected ${choiceOf(values)}, got ${describe(node)}`;
        const near = isScalar(node) ? suggestion(String(node.value), values, "") : "";
        problems.add(valueOffset, path, `${text}${near}`);
        break;
      }
      case "invalid_format":
      case "too_small":
        problems.add(valueOffset, path, `${issue.message}, got ${describe(node)}`);
        break;
      default:
        problems.add(node === undefined ? keyOffset : valueOffset, path, issue.message);
    }
  }
}

function missing(path: Path): string {
  return path.length === 1 && path[0] === "deployments"
    ? "is missing; to have no deployments, write: deployments: {}"
    : "is missing";
}

const typeNames: Readonly<Record<string, string>> = {
  string: "a string",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
};

function wrongType({ expected, message }: z.core.$ZodIssueInvalidType, node: Node): string {
  // A message of the schema is more specific than the type.
  if (!message.startsWith("Invalid input")) return `${message}, got ${describe(node)}`;
  return `expected ${typeNames[expected] ?? expected}, got ${describe(node)}${remedy(expected, node)}`;
}

function remedy(expected: string, node: Node): string {
  if (!isScalar(node)) return "";
  const { value } = node;
  if (value === null) {
    if (expected === "object" || expected === "record") return "; write {} to leave it empty";
    return expected === "array" ? "; write [] to leave it empty" : "; give a value or remove the key";
  }
  if (expected === "string") return `; quote it: ${JSON.stringify(node.source ?? String(value))}`;
  if (expected === "array" && typeof value === "string") return `; write [${value}]`;
  if (expected !== "boolean") return "";
  const word = String(value).toLowerCase();
  if (["true", "yes", "y", "on", "1"].includes(word)) return "; write true, without quotes";
  if (["false", "no", "n", "off", "0"].includes(word)) return "; write false, without quotes";
  return "";
}

/** A short scalar as written; otherwise the type of the value. */
function describe(node: Node | undefined): string {
  if (isMap(node)) return "a mapping";
  if (isSeq(node)) return "a list";
  if (!isScalar(node) || node.value === null) return "nothing";
  const { value, source } = node;
  if (typeof value !== "string") return `the ${typeof value} ${source ?? String(value)}`;
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 79)}…` : value);
}
