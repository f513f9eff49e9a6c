import { type Document, isMap, isScalar, isSeq, parse, parseDocument, Scalar, YAMLMap } from "yaml";
import { CommandError } from "../errors";

export const programForms = ["yaml", "typescript", "typescript-plugin", "manifest"] as const;

/** How the program declares deployments. */
export type ProgramForm = (typeof programForms)[number];

/** A deployment to import, as the program declares it. */
export interface ImportEntry {
  /** The resource's name. */
  readonly key: string;
  readonly id: string;
  readonly appType: string;
  readonly name: string;
}

/** The host that a form of program uses. */
export function hostOf(form: ProgramForm): "plugin" | "dynamic" {
  return form === "yaml" || form === "typescript-plugin" ? "plugin" : "dynamic";
}

/** Adds the deployments to the `resources` of a YAML program. Keeps comments and everything else. */
export function addToYamlProgram(text: string, entries: readonly ImportEntry[]): string {
  const document = parseYaml(text, "Pulumi.yaml");
  const resources = mapAt(document, "resources");
  for (const { key, appType, name } of entries) {
    // A YAML program evaluates `${…}` in texts.
    const properties = { appType, name: quotedScalar(name.replaceAll("${", () => "$${")) };
    resources.set(
      keyScalar(key),
      document.createNode({ type: "onvera:Deployment", properties, options: protectedNode() }),
    );
  }
  return document.toString();
}

/** Adds the folder of the provider plugin to a Pulumi.yaml. */
export function addPlugin(text: string, path: string): string {
  const document = parseYaml(text, "Pulumi.yaml");
  const providers = document.getIn(["plugins", "providers"]);
  const plugin = { name: "onvera", path };
  if (isSeq(providers)) providers.add(document.createNode(plugin));
  else mapAt(document, "plugins").set("providers", document.createNode([plugin]));
  return document.toString();
}

/** The names that a resource of a YAML program cannot have: resources, variables and settings share one namespace. */
export function namesInYamlProgram(text: string): string[] {
  const keysOf = keysIn(text, "Pulumi.yaml");
  const settings = [...keysOf("config"), ...keysOf("configuration")].map((key) => key.replace(/^.*:/, ""));
  return [...keysOf("resources"), ...keysOf("variables"), ...settings, "pulumi"];
}

/** The keys of a mapping at the top of a file; none if there is no mapping. */
function keysIn(text: string, file: string): (name: string) => string[] {
  const content: unknown = parseYaml(text, file).toJS();
  const mappings = typeof content === "object" && content !== null ? (content as Record<string, unknown>) : {};
  return (name) => {
    const mapping = mappings[name];
    return typeof mapping === "object" && mapping !== null ? Object.keys(mapping) : [];
  };
}

const manifestHead = `# yaml-language-server: $schema=node_modules/pulumi-onvera/sdk/manifest/deployments.schema.json
deployments: {}
`;

/** Adds the deployments to a manifest. Keeps comments and everything else. */
export function addToManifest(text: string | undefined, entries: readonly ImportEntry[]): string {
  const document = parseYaml(text ?? manifestHead, "deployments.yaml");
  const deployments = mapAt(document, "deployments");
  for (const { key, appType, name } of entries) {
    deployments.set(keyScalar(key), document.createNode({ appType, name: quotedScalar(name), ...protectedNode() }));
  }
  return document.toString();
}

/** The keys of a manifest. */
export function keysInManifest(text: string): string[] {
  return keysIn(text, "deployments.yaml")("deployments");
}

/** How a JavaScript or TypeScript file imports others. */
export type ModuleSyntax = "import" | "require";

/** A module that declares the deployments. */
export function deploymentsModule(
  entries: readonly ImportEntry[],
  { syntax, from }: { readonly syntax: ModuleSyntax; readonly from: string },
): string {
  const lines = entries.map(({ key, appType, name }) => {
    const args = `{ appType: ${quoted(appType)}, name: ${quoted(name)} }`;
    return `  ${quoted(key)}: new onvera.Deployment(${quoted(key)}, ${args}, { protect: true }),`;
  });
  return syntax === "import"
    ? `import * as onvera from ${quoted(from)};\n\nexport const deployments = {\n${lines.join("\n")}\n};\n`
    : `const onvera = require(${quoted(from)});\n\nexports.deployments = {\n${lines.join("\n")}\n};\n`;
}

/** A module that declares what a manifest lists. */
export function manifestModule(syntax: ModuleSyntax): string {
  const call = 'declareDeployments("deployments.yaml")';
  return syntax === "import"
    ? `import { declareDeployments } from "pulumi-onvera/manifest";\n\nexport const deployments = ${call};\n`
    : `const { declareDeployments } = require("pulumi-onvera/manifest");\n\nexports.deployments = ${call};\n`;
}

/** The text of a program that loads another module as well. */
export function addModule(text: string, module: string, syntax: ModuleSyntax): string {
  const line = syntax === "import" ? `import ${quoted(module)};` : `require(${quoted(module)});`;
  return `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${line}\n`;
}

/** A name comes from the platform: quotes, backslashes and line ends in it are escaped. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

/** A key that Pulumi reads as this string. Pulumi parses YAML 1.1, in which unquoted `2024-01-01`, `1_000` and `yes` are not strings. */
export function keyScalar(key: string): Scalar {
  const isPlain = /^[a-z]/i.test(key) && typeof parse(key, { version: "1.1" }) === "string";
  return isPlain ? new Scalar(key) : quotedScalar(key);
}

/** Quoted, because YAML reads an unquoted `yes` or `007` as another type. */
export function quotedScalar(text: string): Scalar {
  const scalar = new Scalar(text);
  scalar.type = Scalar.QUOTE_DOUBLE;
  return scalar;
}

/** The mapping at a key, which may be missing or empty. Throws `CommandError` if the key has something else. */
export function mapAt(document: Document, key: string): YAMLMap {
  // A document such as `---` has no mapping either.
  if (isEmpty(document.contents)) document.contents = null;
  const found = document.get(key, true);
  if (isMap(found)) {
    if (found.items.length === 0) found.flow = false;
    return found;
  }
  if (found !== undefined && !isEmpty(found)) {
    throw new CommandError(
      `${JSON.stringify(key)} is not a mapping of its own; write it out, so that it can be extended`,
    );
  }
  const created = new YAMLMap();
  if (isScalar(found)) created.commentBefore = found.comment ?? null;
  document.set(key, created);
  return created;
}

function isEmpty(node: unknown): boolean {
  return isScalar(node) && /^(?:~|null|Null|NULL)?$/.test(node.source ?? "");
}

/** `protect: true`, for a document whose scalars are all texts. */
function protectedNode(): { readonly protect: Scalar } {
  return { protect: new Scalar("true") };
}

/** All scalars are read as texts, so that they are written as they are: `012` and `12345678901234567890` would be other numbers. */
function parseYaml(text: string, file: string) {
  const document = parseDocument(text, { schema: "failsafe", logLevel: "error" });
  const [error] = document.errors;
  if (error !== undefined) throw new CommandError(`${file} cannot be read: ${error.message.split("\n")[0]}`);
  return document;
}
