import { help } from "../../cli/arguments";
import { packageSchema } from "../../provider/plugin/schema";
import { manifestJsonSchema } from "../../sdk/manifest/schema";
import { publicApi } from "./public-api";

/** Of the JSON Schema dialects that are read here, what is needed of them. */
interface Property {
  readonly type?: string;
  readonly description?: string;
  readonly $ref?: string;
  readonly items?: Property;
  readonly additionalProperties?: Property | boolean;
  readonly properties?: Properties;
  readonly enum?: readonly (string | { readonly value: string; readonly description?: string })[];
  readonly secret?: boolean;
  readonly defaultInfo?: { readonly environment?: readonly string[] };
  readonly required?: readonly string[];
}
type Properties = Readonly<Record<string, Property>>;

interface PackageSchema {
  readonly resources: Readonly<
    Record<string, Property & { inputProperties: Properties; requiredInputs: readonly string[]; listInputs: Property }>
  >;
  readonly functions: Readonly<Record<string, Property & { inputs?: Property; outputs: Property }>>;
  readonly types: Properties;
  readonly config: { readonly variables: Properties };
}

/** The text of docs/api.md: all that a program, a manifest or a stack's configuration may say. */
export function apiReference(): string {
  const schema = JSON.parse(JSON.stringify(packageSchema())) as PackageSchema;
  return [
    "# API reference",
    "Written by `npm run generate`, from the provider plugin's schema, the TypeScript declarations, the manifest's JSON Schema " +
      "and the settings; a test checks that it is up to date. Names are those of YAML and TypeScript; in Python they are in snake " +
      "case, in Go they begin with a capital letter.",
    "## Resources",
    ...Object.entries(schema.resources).flatMap(([token, resource]) => [
      `### ${nameOf(token)}`,
      `\`${token}\``,
      resource.description ?? "",
      "Inputs:",
      propertyTable(resource.inputProperties, resource.requiredInputs),
      "Outputs (besides `id`, the deployment's id on the platform):",
      propertyTable(resource.properties ?? {}, resource.required, "always there"),
      "`pulumi do` lists by:",
      propertyTable(resource.listInputs.properties ?? {}),
    ]),
    "## Functions",
    ...Object.entries(schema.functions).flatMap(([token, { description = "", inputs, outputs }]) => [
      `### ${nameOf(token)}`,
      description,
      ...(Object.keys(inputs?.properties ?? {}).length === 0
        ? ["Arguments: none."]
        : ["Arguments:", propertyTable(inputs?.properties ?? {}, inputs?.required)]),
      "Result:",
      propertyTable(outputs.properties ?? {}, outputs.required, "always there"),
    ]),
    "## Types",
    ...Object.entries(schema.types).flatMap(([token, type]) => [
      `### ${nameOf(token)}`,
      type.description ?? "",
      type.enum === undefined
        ? propertyTable(type.properties ?? {}, type.required, "always there")
        : valueTable(type.enum),
    ]),
    "## Settings",
    "In a stack's configuration, `pulumi config set onvera:<name> …`; an explicit provider (`pulumi:providers:onvera`) takes the " +
      "same as its inputs.",
    settingsTable(schema.config.variables),
    "## The manifest",
    "What `deployments.yaml` may hold. Editors know it by `sdk/manifest/deployments.schema.json`.",
    ...manifestTables(manifestJsonSchema() as Property),
    "## TypeScript: `pulumi-onvera`",
    ...declarations("sdk/index"),
    "## TypeScript: `pulumi-onvera/manifest`",
    ...declarations("sdk/manifest/index"),
    "## The command `pulumi-onvera`",
    `\`\`\`text\n${help.trimEnd()}\n\`\`\``,
  ]
    .map((block) => `${block}\n`)
    .join("\n");
}

function manifestTables(manifest: Property): string[] {
  const { defaults, deployments } = manifest.properties ?? {};
  const deployment = deployments?.additionalProperties;
  if (defaults === undefined || typeof deployment !== "object")
    throw new Error("the manifest's schema has another form");
  const timeouts = deployment.properties?.["timeouts"];
  return [
    propertyTable(manifest.properties ?? {}, manifest.required),
    "### Of each deployment",
    propertyTable(deployment.properties ?? {}),
    "### Of `defaults`",
    propertyTable(defaults.properties ?? {}),
    "### Of `timeouts`",
    propertyTable(timeouts?.properties ?? {}),
  ];
}

function declarations(module: string): string[] {
  return publicApi(module).flatMap(({ name, declaration }) => [`### \`${name}\``, `\`\`\`ts\n${declaration}\n\`\`\``]);
}

function propertyTable(properties: Properties, required: readonly string[] = [], mark = "required"): string {
  return table(
    ["name", "type", ""],
    Object.entries(properties).map(([name, property]) => [
      `\`${name}\`${required.includes(name) ? ` (${mark})` : ""}`,
      typeOf(property),
      property.description ?? "",
    ]),
  );
}

function settingsTable(variables: Properties): string {
  return table(
    ["setting", "type", "environment", ""],
    Object.entries(variables).map(([name, property]) => [
      `\`onvera:${name}\``,
      `${typeOf(property)}${property.secret === true ? ", secret" : ""}`,
      (property.defaultInfo?.environment ?? []).map((variable) => `\`${variable}\``).join(", "),
      property.description ?? "",
    ]),
  );
}

function valueTable(values: NonNullable<Property["enum"]>): string {
  return table(
    ["value", ""],
    values.map((each) =>
      typeof each === "string" ? [`\`"${each}"\``, ""] : [`\`"${each.value}"\``, each.description ?? ""],
    ),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function typeOf({ $ref, type, items, additionalProperties, enum: values }: Property): string {
  if ($ref !== undefined) {
    const name = nameOf($ref.replace("#/types/", ""));
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (items !== undefined) return `list of ${typeOf(items)}`;
  if (values !== undefined) return values.map((value) => `\`${JSON.stringify(value)}\``).join(" or ");
  if (typeof additionalProperties === "object") {
    return additionalProperties.type === "object" ? "map" : `map of ${typeOf(additionalProperties)}`;
  }
  return type ?? "";
}

function nameOf(token: string): string {
  return token.split(":").at(-1) ?? token;
}
