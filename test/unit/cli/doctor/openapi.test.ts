import { expect } from "chai";
import { compareOpenApi, isOpenApi } from "../../../../cli/doctor/openapi";
import { type Emulator, startEmulator } from "../../../../emulator/src/index";

// biome-ignore lint/suspicious/noExplicitAny: a test changes any part of a document
type Document = any;

describe("the comparison of the API's OpenAPI document with what the provider relies on", () => {
  let emulator: Emulator;
  let text: string;
  before(async () => {
    emulator = await startEmulator({});
    text = await (await fetch(`${emulator.baseUrl}/openapi.json`)).text();
  });
  after(() => emulator.close());

  /** The differences after a change of the emulator's document. */
  const differences = (change: (document: Document) => void): string[] => {
    const document: Document = JSON.parse(text);
    change(document);
    return compareOpenApi(document).map(({ severity, text: difference }) => `${severity}: ${difference}`);
  };
  const paths = (document: Document) => document.paths;
  const schemas = (document: Document) => document.components.schemas;

  it("finds no difference in the published API", () => {
    expect(differences(() => undefined)).to.deep.equal([]);
    expect(isOpenApi(JSON.parse(text))).to.equal(true);
  });

  it("finds an endpoint that does not exist, or moved", () => {
    expect(differences((document) => delete paths(document)["/operations"].get)).to.deep.equal([
      "breaking: GET /operations: the document does not have it",
    ]);
    expect(differences((document) => delete paths(document)["/environments"])).to.deep.equal([
      "degraded: GET /environments: the document does not have it",
    ]);
    const nested = differences((document) => {
      paths(document)["/projects/{project}/deployments"] = paths(document)["/deployments"];
      delete paths(document)["/deployments"];
    });
    expect(nested).to.include("breaking: GET /deployments: the document does not have it");
  });

  it("reads paths below any base path, whatever their parameters are called", () => {
    const renamed = text
      .replaceAll('"/deployments/{id}":', '"/onvera/v2/deployments/{deployment_id}/":')
      .replaceAll('"/operations":', '"/onvera/v2/operations/":');
    expect(renamed).to.not.equal(text);
    expect(compareOpenApi(JSON.parse(renamed))).to.deep.equal([]);
  });

  it("finds fields that a response does not have, each once", () => {
    expect(differences((document) => delete schemas(document).Deployment.properties.url)).to.deep.equal([
      'degraded: GET /deployments: the response has no field "data.items[].url"',
      'degraded: GET /deployments/{id}: the response has no field "data.url"',
    ]);
    expect(differences((document) => delete schemas(document).Accepted.properties.deployment_id)).to.deep.equal([
      'breaking: POST /deployments: the response has no field "data.deployment_id"',
    ]);
    expect(differences((document) => delete schemas(document).OperationList.properties.data)).to.deep.equal([
      'breaking: GET /operations: the response has no field "data"',
    ]);
  });

  it("finds what a request requires or takes that the provider does not send", () => {
    const changed = differences((document) => {
      const request = schemas(document).CreateDeployment;
      request.properties.region = { type: "string" };
      request.properties.size = { type: "string" };
      request.required.push("region");
      paths(document)["/deployments"].post.parameters = [
        { in: "header", name: "Idempotency-Key", schema: { type: "string" } },
        { in: "query", name: "organization", required: true, schema: { type: "string" } },
      ];
    });
    expect(changed).to.have.members([
      'breaking: POST /deployments: it requires the query parameter "organization"',
      'new: POST /deployments: it takes an idempotency key in the header "Idempotency-Key", which the provider does not send',
      'breaking: POST /deployments: the request requires the field "region", which the provider does not send',
      'new: POST /deployments: the request takes the field "region", which the provider does not know',
      'new: POST /deployments: the request takes the field "size", which the provider does not know',
    ]);
    expect(differences((document) => delete schemas(document).CreateDeployment.properties.app_type)).to.include(
      'breaking: POST /deployments: the request has no field "app_type"',
    );
  });

  it("finds values, statuses, query parameters and methods that differ", () => {
    const changed = differences((document) => {
      schemas(document).Deployment.properties.status.enum = ["ready", "failed", "destroying", "destroyed", "paused"];
      schemas(document).CreateDeployment.properties.app_type.enum.push("spark");
      const { get } = paths(document)["/deployments"];
      get.parameters = get.parameters.filter(({ name }: { name: string }) => name !== "page");
      const one = paths(document)["/deployments/{id}"];
      one.patch = one.get;
      one.delete.responses = { 405: { description: "Not allowed." } };
    });
    expect(changed).to.have.members([
      'degraded: GET /deployments/{id}: "data.status" does not have the value "provisioning"',
      'new: GET /deployments/{id}: "data.status" also has the value "paused"',
      'new: POST /deployments: "app_type" also has the value "spark"',
      'degraded: GET /deployments: it has no query parameter "page"',
      "new: PATCH /deployments/{id}: the API can update a deployment; this version of the provider replaces it for each change",
      "breaking: DELETE /deployments/{id}: it has no success status, only 405",
    ]);
  });

  it("finds that the key goes elsewhere", () => {
    expect(
      differences((document) => {
        document.components.securitySchemes = { Bearer: { type: "http", scheme: "bearer" } };
      }),
    ).to.deep.equal(["breaking: no security scheme takes the API key in the header X-API-Key"]);
  });

  it("reads OpenAPI 2.0, combined schemas and lists of alternatives", () => {
    const swagger = {
      swagger: "2.0",
      paths: {
        "/deployments": {
          post: {
            parameters: [{ in: "body", name: "body", required: true, schema: { $ref: "#/definitions/Create" } }],
            responses: { 202: { schema: { properties: { data: { allOf: [{ $ref: "#/definitions/Accepted" }] } } } } },
          },
        },
      },
      definitions: {
        Create: { required: ["app_type", "plan"], properties: { app_type: {}, name: {}, plan: {} } },
        Accepted: { anyOf: [{ properties: { operation_id: {} } }, { type: "null" }] },
      },
    };
    const found = compareOpenApi(swagger).filter(({ endpoint }) => endpoint === "POST /deployments");
    expect(found.map(({ text: difference }) => difference)).to.deep.equal([
      'POST /deployments: the request requires the field "plan", which the provider does not send',
      'POST /deployments: the request takes the field "plan", which the provider does not know',
      'POST /deployments: the response has no field "data.deployment_id"',
    ]);
  });

  it("compares nothing with what is no OpenAPI document, and does not fail on one that is broken", () => {
    for (const value of [undefined, null, "text", [], {}, { openapi: "3.1.0" }, { paths: { "/a": {} } }]) {
      expect(isOpenApi(value)).to.equal(false);
    }
    const circle = { $ref: "#/components/schemas/A" };
    const broken = {
      openapi: "3.0.0",
      components: { schemas: { A: circle, B: { allOf: [{ $ref: "#/components/schemas/B" }] } } },
      paths: {
        "/deployments": {
          get: { responses: { 200: { content: { "application/json": { schema: circle } } } } },
          post: {
            responses: { 202: { content: { "application/json": { schema: { $ref: "#/components/schemas/B" } } } } },
          },
        },
        "/operations": { get: { responses: { 200: { $ref: "https://elsewhere.example/r" } }, parameters: "none" } },
        "/environments": null,
      },
    };
    const about = (path: string) => compareOpenApi(broken).filter(({ endpoint }) => endpoint.endsWith(path));
    expect(about("/operations").map(({ severity }) => severity)).to.deep.equal(["degraded", "degraded"]);
    expect(about("/environments")).to.have.length(1);
  });
});
