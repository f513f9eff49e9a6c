import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root } from "./documents";

/** What stands for a part that is known at run time only. */
export const ellipsis = "…";

/** Every text that the sources of these folders can come to, with an ellipsis for each part that is computed. */
export function sourceTexts(folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .flatMap((name) => textsIn(readFileSync(join(root, folder, name), "utf8"))),
  );
}

function textsIn(source: string): string[] {
  const texts: string[] = [];
  const visit = (node: ts.Node) => {
    // The keys of tables, such as the system's codes, are shown as well.
    const text = ts.isPropertyAssignment(node) ? node.name.getText() : textOf(node);
    if (text !== ellipsis) texts.push(text);
    node.forEachChild(visit);
  };
  visit(ts.createSourceFile("source.ts", source, ts.ScriptTarget.ES2022, true));
  return texts;
}

function textOf(node: ts.Node): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    return node.head.text + node.templateSpans.map(({ literal }) => ellipsis + literal.text).join("");
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    return textOf(node.left) + textOf(node.right);
  }
  return ellipsis;
}

/** The names of the classes in these folders that are errors, by their `extends`. */
export function errorClasses(folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .flatMap((name) =>
        [
          ...readFileSync(join(root, folder, name), "utf8").matchAll(
            /^\s*(?:export )?class (\w+) extends (\w*Error)\b/gm,
          ),
        ].map(([, className = ""]) => className),
      ),
  );
}
