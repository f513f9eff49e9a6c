import { type EndpointReliance, endpoints, keyHeader, knownValues } from "./reliance";

/** A difference between the API's OpenAPI document and what the provider relies on. */
export interface Difference {
  /**
   * `breaking`: the provider cannot work without it. `degraded`: the provider works, but shows or knows less. `new`: the
   * API has something that this version of the provider does not use.
   */
  readonly severity: "breaking" | "degraded" | "new";
  /** Such as `POST /deployments`; empty if the difference concerns the whole API. */
  readonly endpoint: string;
  readonly text: string;
}

type Json = Readonly<Record<string, unknown>>;

/** Whether a document has the form of OpenAPI, so that it can be compared. */
export function isOpenApi(document: unknown): boolean {
  const { openapi, swagger, paths } = objectOf(document);
  return (typeof openapi === "string" || typeof swagger === "string") && Object.keys(objectOf(paths)).length > 0;
}

/**
 * Compares an OpenAPI document (2.0, 3.0 or 3.1) with what the provider relies on. Has no side effects, and reads whatever it is
 * given: what a document does not describe, such as the fields of a response without a schema, is no difference.
 */
export function compareOpenApi(document: unknown): Difference[] {
  const api = new Api(document);
  return [
    ...compareKey(api),
    ...endpoints.flatMap((endpoint) => compareEndpoint(api, endpoint)),
    ...compareValues(api),
    ...newMethods(api),
  ];
}

function compareKey(api: Api): Difference[] {
  const schemes = api.securitySchemes();
  const isKnown = schemes.some(
    ({ type, in: place, name }) =>
      type === "apiKey" && place === "header" && String(name).toLowerCase() === keyHeader.toLowerCase(),
  );
  if (schemes.length === 0 || isKnown) return [];
  const text = `no security scheme takes the API key in the header ${keyHeader}`;
  return [{ severity: "breaking", endpoint: "", text }];
}

function compareEndpoint(api: Api, { method, path, query, sends, needs, uses, isOptional }: EndpointReliance) {
  const endpoint = `${method.toUpperCase()} ${path.replace("{}", "{id}")}`;
  const differences: Difference[] = [];
  const add = (severity: Difference["severity"], text: string) =>
    differences.push({ severity, endpoint, text: `${endpoint}: ${text}` });
  const operation = api.operation(method, path);
  const missing = isOptional ? "degraded" : "breaking";
  if (operation === undefined) {
    add(missing, "the document does not have it");
    return differences;
  }

  const statuses = Object.keys(objectOf(operation["responses"]));
  const success = statuses.filter((status) => /^(2..|2XX|default)$/i.test(status));
  if (statuses.length > 0 && success.length === 0)
    add(missing, `it has no success status, only ${statuses.join(", ")}`);

  const parameters = api.parameters(operation, path);
  const ofQuery = parameters.filter((each) => each["in"] === "query").map(({ name }) => String(name));
  for (const name of query) {
    if (!ofQuery.includes(name)) add("degraded", `it has no query parameter "${name}"`);
  }
  for (const { in: place, name, required } of parameters) {
    const isSent = place === "path" || (place === "query" && query.includes(String(name))) || place === "body";
    const isKey = place === "header" && String(name).toLowerCase() === keyHeader.toLowerCase();
    if (required === true && !isSent && !isKey) add(missing, `it requires the ${place} parameter "${name}"`);
    if (method === "post" && place === "header" && /idempoten/i.test(String(name))) {
      add("new", `it takes an idempotency key in the header "${name}", which the provider does not send`);
    }
  }

  const body = api.requestSchema(operation);
  if (body !== undefined) {
    for (const field of sends) {
      if (api.at(body, field) === "missing") add("breaking", `the request has no field "${field}"`);
    }
    for (const field of api.requiredFields(body)) {
      if (!sends.includes(field))
        add("breaking", `the request requires the field "${field}", which the provider does not send`);
    }
    for (const field of api.fields(body)) {
      if (!sends.includes(field))
        add("new", `the request takes the field "${field}", which the provider does not know`);
    }
  }

  const response = api.responseSchema(operation, success);
  if (response === undefined) return differences;
  // Of a list or an object that is missing, its fields are not named one by one.
  const reported = new Set<string>();
  for (const [severity, fields] of [
    [missing, needs],
    ["degraded", uses],
  ] as const) {
    for (const field of fields) {
      const absent = api.firstMissing(response, field);
      if (absent === undefined || reported.has(absent)) continue;
      reported.add(absent);
      add(severity, `the response has no field "${absent}"`);
    }
  }
  return differences;
}

function compareValues(api: Api): Difference[] {
  return knownValues.flatMap(({ method, path, field, isRequest, values }) => {
    const operation = api.operation(method, path);
    if (operation === undefined) return [];
    const schema = isRequest ? api.requestSchema(operation) : api.responseSchema(operation, ["200", "2XX", "default"]);
    const found = schema === undefined ? "unknown" : api.at(schema, field);
    const declared = typeof found === "string" ? [] : api.enumeration(found);
    if (declared.length === 0) return [];
    const endpoint = `${method.toUpperCase()} ${path.replace("{}", "{id}")}`;
    const difference = (severity: Difference["severity"], verb: string, value: string): Difference => ({
      severity,
      endpoint,
      text: `${endpoint}: "${field}" ${verb} the value "${value}"`,
    });
    return [
      ...values
        .filter((value) => !declared.includes(value))
        .map((value) => difference("degraded", "does not have", value)),
      ...declared.filter((value) => !values.includes(value)).map((value) => difference("new", "also has", value)),
    ];
  });
}

/** An update of a deployment would make replacements unnecessary. */
function newMethods(api: Api): Difference[] {
  return (["put", "patch"] as const).flatMap((method): Difference[] => {
    if (api.operation(method, "/deployments/{}") === undefined) return [];
    const endpoint = `${method.toUpperCase()} /deployments/{id}`;
    const text = `${endpoint}: the API can update a deployment; this version of the provider replaces it for each change`;
    return [{ severity: "new", endpoint, text }];
  });
}

/** What a document may have before the paths below the base URL, such as `/api/v1`. */
const basePath = /^(?:\/[^/{}]+)*?(?=\/(?:deployments|operations|environments)(?:\/|$))/;

/** Reads an OpenAPI document, whatever its version. A schema that refers to itself is read only as deep as a field's path. */
class Api {
  readonly #document: Json;
  /** By path, with `{}` for each parameter and without the servers' common prefix. */
  readonly #paths = new Map<string, Json>();

  constructor(document: unknown) {
    this.#document = objectOf(document);
    for (const [path, item] of Object.entries(objectOf(this.#document["paths"]))) {
      const normalized = path.replaceAll(/\{[^}]*\}/g, "{}").replace(/\/+$/, "");
      this.#paths.set(normalized.replace(basePath, ""), this.#resolve(item));
    }
  }

  operation(method: string, path: string): Json | undefined {
    const found = this.#paths.get(path)?.[method];
    return found === undefined ? undefined : this.#resolve(found);
  }

  /** An operation's own parameters replace those of its path. */
  parameters(operation: Json, path: string): Json[] {
    const all = [...listOf(this.#paths.get(path)?.["parameters"]), ...listOf(operation["parameters"])];
    const byName = all
      .map((each) => this.#resolve(each))
      .map((each) => [`${each["in"]} ${each["name"]}`, each] as const);
    return [...new Map(byName).values()];
  }

  securitySchemes(): Json[] {
    const schemes = this.#document["securityDefinitions"] ?? objectOf(this.#document["components"])["securitySchemes"];
    return Object.values(objectOf(schemes)).map((each) => this.#resolve(each));
  }

  requestSchema(operation: Json): Json | undefined {
    const ofBody = listOf(operation["parameters"])
      .map((each) => this.#resolve(each))
      .find((each) => each["in"] === "body")?.["schema"];
    return this.#schema(ofBody ?? jsonSchemaIn(this.#resolve(operation["requestBody"])));
  }

  responseSchema(operation: Json, statuses: readonly string[]): Json | undefined {
    const responses = objectOf(operation["responses"]);
    for (const status of statuses) {
      const response = this.#resolve(responses[status]);
      const schema = this.#schema(response["schema"] ?? jsonSchemaIn(response));
      if (schema !== undefined) return schema;
    }
    return undefined;
  }

  fields(schema: Json): string[] {
    return [...new Set(this.#variants(schema).flatMap((each) => Object.keys(objectOf(each["properties"]))))];
  }

  requiredFields(schema: Json): string[] {
    const required = this.#variants(schema, { isEvery: true }).flatMap((each) => listOf(each["required"]).map(String));
    return [...new Set(required)];
  }

  enumeration(schema: Json): string[] {
    const values = this.#variants(schema).flatMap(({ enum: values, const: value }) =>
      value === undefined ? listOf(values) : [value],
    );
    return [...new Set(values.filter((value) => typeof value === "string"))];
  }

  /** The first part of a field's path that a schema does not have, or undefined if the path exists or is not described. */
  firstMissing(schema: Json, path: string): string | undefined {
    const parts = path.split(".");
    for (let length = 1; length <= parts.length; length += 1) {
      const part = parts.slice(0, length).join(".");
      if (this.at(schema, part) === "missing") return part;
    }
    return undefined;
  }

  /** The schema of a field; `unknown` if the document does not describe it. */
  at(schema: Json, path: string): Json | "missing" | "unknown" {
    let current: Json = schema;
    for (const part of path.split(".")) {
      const isList = part.endsWith("[]");
      const name = isList ? part.slice(0, -2) : part;
      const next = this.#property(current, name);
      if (typeof next === "string") return next;
      if (!isList) {
        current = next;
        continue;
      }
      const [items] = this.#variants(next).flatMap(({ items }) => (items === undefined ? [] : [this.#resolve(items)]));
      if (items === undefined) return "unknown";
      current = items;
    }
    return current;
  }

  #property(schema: Json, name: string): Json | "missing" | "unknown" {
    const variants = this.#variants(schema);
    const described = variants.filter(({ properties }) => properties !== undefined);
    for (const { properties } of described) {
      if (Object.hasOwn(objectOf(properties), name)) return this.#resolve(objectOf(properties)[name]);
    }
    return described.length === 0 ? "unknown" : "missing";
  }

  /** A schema and those that it combines. With `isEvery`, only those that every value has to match. */
  #variants(schema: Json, { isEvery = false, depth = 0 }: { isEvery?: boolean; depth?: number } = {}): Json[] {
    if (depth > 8) return [];
    const combined = [schema["allOf"], ...(isEvery ? [] : [schema["oneOf"], schema["anyOf"]])].flatMap(listOf);
    return [schema, ...combined.flatMap((each) => this.#variants(this.#resolve(each), { isEvery, depth: depth + 1 }))];
  }

  #schema(value: unknown): Json | undefined {
    const schema = this.#resolve(value);
    return Object.keys(schema).length === 0 ? undefined : schema;
  }

  /** Follows references within the document. One that leads elsewhere, or in a circle, describes nothing. */
  #resolve(value: unknown): Json {
    let current = objectOf(value);
    for (let steps = 0; typeof current["$ref"] === "string"; steps += 1) {
      if (steps > 20 || !current["$ref"].startsWith("#/")) return {};
      const parts = current["$ref"].slice(2).split("/").map(unescapePointer);
      current = objectOf(parts.reduce<unknown>((holder, part) => objectOf(holder)[part], this.#document));
    }
    return current;
  }
}

/** The schema of the JSON body of an OpenAPI 3 request or response. */
function jsonSchemaIn(holder: Json): unknown {
  const content = Object.entries(objectOf(holder["content"]));
  const [, json] = content.find(([type]) => /[/+]json\b/i.test(type)) ?? [];
  return objectOf(json)["schema"];
}

function unescapePointer(part: string): string {
  try {
    return decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    return part;
  }
}

function objectOf(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
