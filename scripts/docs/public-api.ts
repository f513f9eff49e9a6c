import { join, resolve } from "node:path";
import ts from "typescript";

const root = resolve(__dirname, "..", "..");

/** A name that a module of the package exports. */
export interface Export {
  readonly name: string;
  /** Its declaration with its documentation, as in the published declaration files. */
  readonly declaration: string;
}

/** The exports of a module of this repository, such as `sdk/index`, sorted by name. */
export function publicApi(module: string): Export[] {
  const declarations = declarationsOf(`${join(root, module)}.ts`);
  const options = { ...compilerOptions, noEmit: true };
  const entry = `${join(root, module)}.d.ts`;
  const host = hostOver(declarations, options);
  const program = ts.createProgram([entry], options, host);
  const source = program.getSourceFile(entry);
  const checker = program.getTypeChecker();
  const symbol = source && checker.getSymbolAtLocation(source);
  if (symbol === undefined) throw new Error(`${module} exports nothing`);
  return checker
    .getExportsOfModule(symbol)
    .map((exported) => ({ name: exported.name, declaration: declarationOf(exported, checker) }))
    .sort((a, b) => a.name.localeCompare(b.name, "en"));
}

const compilerOptions: ts.CompilerOptions = {
  strict: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.Node16,
  moduleResolution: ts.ModuleResolutionKind.Node16,
  esModuleInterop: true,
  exactOptionalPropertyTypes: true,
  types: ["node"],
};

/** The declaration files that the compiler writes, by path. */
function declarationsOf(entry: string): Map<string, string> {
  const files = new Map<string, string>();
  const options = { ...compilerOptions, declaration: true, emitDeclarationOnly: true };
  ts.createProgram([entry], options).emit(undefined, (file, text) => files.set(resolve(file), text));
  return files;
}

/** Hides the sources, which the compiler would prefer to the declaration files. */
function hostOver(files: ReadonlyMap<string, string>, options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  const isOurSource = (file: string) =>
    file.startsWith(root) && !file.includes("node_modules") && file.endsWith(".ts") && !files.has(file);
  host.fileExists = (file) => files.has(file) || (!isOurSource(file) && fileExists(file));
  host.readFile = (file) => files.get(file) ?? readFile(file);
  host.getSourceFile = (file, settings, ...rest) => {
    const text = files.get(file);
    return text === undefined
      ? getSourceFile(file, settings, ...rest)
      : ts.createSourceFile(file, text, settings, true);
  };
  return host;
}

function declarationOf(exported: ts.Symbol, checker: ts.TypeChecker): string {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const parts = (symbol.declarations ?? []).map((declaration) => {
    // The keyword and the documentation of a constant belong to its statement.
    const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
    const source = node.getSourceFile();
    const [comment] = (ts.getLeadingCommentRanges(source.text, node.getFullStart()) ?? [])
      .map(({ pos, end }) => source.text.slice(pos, end))
      .filter((text) => text.startsWith("/**"))
      .slice(-1);
    const text = textOf(node, checker).replace(/^(export )?(declare )?/, "");
    return comment === undefined ? text : `${comment}\n${text}`;
  });
  // Some have another name in the export than in the declaration.
  return parts.join("\n").replace(new RegExp(`\\b(interface|class|type) ${symbol.name}\\b`), `$1 ${exported.name}`);
}

/** The text of a declaration. In a class, the class of this repository that it extends is replaced by that class's own members. */
function textOf(node: ts.Node, checker: ts.TypeChecker): string {
  const text = node.getText();
  const [heritage] = (ts.isClassDeclaration(node) && node.heritageClauses) || [];
  const [base] = heritage?.types ?? [];
  const [declared] = (base && checker.getTypeAtLocation(base).symbol.declarations) ?? [];
  if (heritage === undefined || declared === undefined || !ts.isClassDeclaration(declared)) return text;
  if (!declared.getSourceFile().fileName.startsWith(join(root, "sdk"))) return text;
  const inherited = declared.members.filter((member) => !ts.isConstructorDeclaration(member));
  const [clause] = declared.heritageClauses ?? [];
  return text
    .replace(heritage.getText(), clause?.getText() ?? "")
    .replace("{", `{${inherited.map((member) => member.getFullText()).join("")}`);
}
