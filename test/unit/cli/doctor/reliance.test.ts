import { expect } from "chai";
import { endpoints, knownValues } from "../../../../cli/doctor/reliance";
import { ResponseParser } from "../../../../provider/api/schemas";
import { isUnfinished, isUnusable } from "../../../../provider/deployment/diff";
import { appTypes } from "../../../../provider/deployment/properties";

/** How the client reads the successful response of each endpoint. */
const parser = new ResponseParser("https://api.onvera.io/api/v1");
const page = { page: 1, perPage: 1 };
const readers: Readonly<Record<string, (body: unknown) => unknown>> = {
  "post /deployments": (body) => parser.createResponse(body),
  "get /deployments": (body) => parser.deployments(body, page),
  "get /deployments/{}": (body) => parser.deployment(body),
  "delete /deployments/{}": (body) => parser.deleteResponse(body, "dep_1"),
  "get /operations": (body) => parser.operations(body, page),
  "get /operations/{}": (body) => parser.operation(body),
  "get /environments": (body) => parser.environments(body, page),
};

const values: Readonly<Record<string, unknown>> = {
  "data.pagination.pages": 7,
  "data.progress": { phase: "bootstrap", message: "half way" },
  "data.resource": { id: "dep_1" },
  "data.error": { code: "BROKEN", message: "broken" },
};

describe("what the doctor says that the provider relies on", () => {
  for (const { method, path, needs, uses } of endpoints) {
    const endpoint = `${method} ${path}`;
    const read = readers[endpoint];
    if (read === undefined) throw new Error(`no reader for ${endpoint}`);
    // The deployment's id can also be found through the operation, which the comparison does not require.
    const isReadable = (fields: readonly string[]) => !("issues" in Object(read(bodyOf(fields))));

    it(`is what the client needs: ${endpoint}`, () => {
      expect(isReadable(needs), "with every field that it needs").to.equal(true);
      if (endpoint === "post /deployments") return;
      for (const field of needs) {
        expect(isReadable(needs.filter((each) => each !== field)), `without ${field}`).to.equal(false);
      }
    });

    it(`is what the client uses: ${endpoint}`, () => {
      const all = [...needs, ...uses];
      for (const field of uses) {
        const without = read(bodyOf(all.filter((each) => each !== field)));
        expect(without, `without ${field}`).to.not.deep.equal(read(bodyOf(all)));
        expect(without, `without ${field}`).to.not.have.property("issues");
      }
    });
  }

  it("has the statuses and types that the provider knows", () => {
    const valuesOf = (field: string, path: string) =>
      knownValues.find((each) => each.field === field && each.path === path)?.values ?? [];
    const statuses = valuesOf("data.status", "/deployments/{}");
    expect(statuses.filter(isUnusable)).to.deep.equal(["failed", "destroying", "destroyed"]);
    expect(statuses.filter(isUnfinished)).to.deep.equal(["provisioning"]);
    expect(valuesOf("app_type", "/deployments")).to.deep.equal(appTypes);
  });
});

/** A response with these fields and no others. */
function bodyOf(fields: readonly string[]): unknown {
  const body: Record<string, unknown> = { data: {} };
  // A list has one item, also one without fields.
  if (fields.length === 0) return body;
  for (const field of fields) {
    const parts = field.split(".");
    let holder = body;
    for (const [index, part] of parts.entries()) {
      const isLast = index === parts.length - 1;
      if (part.endsWith("[]")) {
        const name = part.slice(0, -2);
        holder[name] ??= [{}];
        [holder = {}] = holder[name] as Record<string, unknown>[];
      } else if (isLast) {
        holder[part] = values[field] ?? `value of ${part}`;
      } else {
        holder[part] ??= {};
        holder = holder[part] as Record<string, unknown>;
      }
    }
  }
  return body;
}
