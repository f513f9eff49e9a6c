import type { FastifyInstance, FastifyRequest } from "fastify";
import { fingerprint, type Scope } from "../platform/keys";
import type { Platform } from "../platform/platform";
import { type AppType, operationStatuses } from "../platform/records";
import type { Settings } from "../settings";
import type { Journal } from "../store/journal";
import { deploymentNotFound, operationNotFound } from "./errors";
import { pageQuery, responses } from "./schemas";
import {
  acceptedToWire,
  defaultEnvironment,
  deploymentToWire,
  operationToWire,
  type PageQuery,
  pageToWire,
} from "./wire";

export interface RouteOptions {
  platform: Platform;
  journal: Journal;
  settings: Settings;
}

type Scopes = readonly [Scope, ...Scope[]];

/** The scopes of a route, for access control and for the OpenAPI document. Any one of several scopes is enough. */
const requiring = (scopes: Scopes) => ({
  config: { scopes },
  security: scopes.map((scope) => ({ ApiKey: [scope] })),
});

const idParams = (what: string) => ({
  type: "object",
  properties: { id: { type: "string", description: `ID of the ${what}.` } },
  required: ["id"],
});

/** The API's endpoints. A change is on disk before the response is sent. */
export function addRoutes(scope: FastifyInstance, options: RouteOptions): void {
  deployments(scope, options);
  operations(scope, options);
  environments(scope);
}

function deployments(scope: FastifyInstance, { platform, journal, settings }: RouteOptions): void {
  const tags = ["Deployments"];
  const read = requiring(["deployments:read"]);
  const write = requiring(["deployments:write"]);
  const destroy = requiring(["deployments:write", "deployments:delete"]);

  scope.post<{ Body: { app_type: AppType; name?: string } }>("/deployments", {
    config: write.config,
    schema: {
      operationId: "createDeployment",
      summary: "Create a deployment",
      description: "Accepts the deployment, and starts an operation that provisions it. Takes minutes.",
      tags,
      security: write.security,
      body: { $ref: "CreateDeployment#" },
      response: responses({ status: 202, schema: "AcceptedEnvelope", description: "Accepted.", errors: [400] }),
    },
    handler: async (request, reply) => {
      const { app_type, name } = request.body;
      const origin = { by: "api", key: keyOf(request) } as const;
      const { deployment, operation } = platform.create({ appType: app_type, name, origin });
      request.createdDeploymentId = deployment.id;
      await journal.flush();
      return reply.code(202).send({ data: acceptedToWire(deployment.id, operation.id) });
    },
  });

  scope.get<{ Querystring: PageQuery }>("/deployments", {
    config: read.config,
    schema: {
      operationId: "listDeployments",
      summary: "List deployments",
      description: "Newest first.",
      tags,
      security: read.security,
      querystring: { type: "object", properties: pageQuery },
      response: responses({
        status: 200,
        schema: "DeploymentList",
        description: "A page of deployments.",
        errors: [400],
      }),
    },
    handler: async (request) => ({ data: pageToWire(platform.deployments(), request.query, deploymentToWire) }),
  });

  scope.get<{ Params: { id: string } }>("/deployments/:id", {
    config: read.config,
    schema: {
      operationId: "getDeployment",
      summary: "Get a deployment",
      description: "A destroyed deployment is not found.",
      tags,
      security: read.security,
      params: idParams("deployment"),
      response: responses({
        status: 200,
        schema: "DeploymentEnvelope",
        description: "The deployment.",
        errors: [400, 404],
      }),
    },
    handler: async (request) => {
      const deployment = platform.deployment(request.params.id);
      if (deployment === undefined) throw deploymentNotFound();
      return { data: deploymentToWire(deployment) };
    },
  });

  scope.delete<{ Params: { id: string } }>("/deployments/:id", {
    config: destroy.config,
    schema: {
      operationId: "destroyDeployment",
      summary: "Destroy a deployment",
      description:
        "Starts an operation that destroys the deployment permanently. It takes minutes, continues even if nobody polls it, and deletes the record at the end.",
      tags,
      security: destroy.security,
      params: idParams("deployment"),
      response: responses({
        status: 202,
        schema: "AcceptedEnvelope",
        description: "Accepted.",
        errors: [400, 404, 409],
      }),
    },
    handler: async (request, reply) => {
      const deployment = platform.deployment(request.params.id);
      if (deployment === undefined) throw deploymentNotFound();
      const operation = platform.destroy(deployment, { whileProvisioning: settings.deleteWhileProvisioning });
      await journal.flush();
      return reply.code(202).send({ data: acceptedToWire(deployment.id, operation.id) });
    },
  });
}

function operations(scope: FastifyInstance, { platform }: RouteOptions): void {
  const tags = ["Operations"];
  const read = requiring(["operations:read"]);

  scope.get<{ Querystring: PageQuery & { status?: string; type?: string; resource_id?: string } }>("/operations", {
    config: read.config,
    schema: {
      operationId: "listOperations",
      summary: "List operations",
      description: "Newest first.",
      tags,
      security: read.security,
      querystring: {
        type: "object",
        properties: {
          status: { type: "string", enum: operationStatuses, description: "Only operations with this status." },
          type: { type: "string", description: "Only operations of this type, such as `deployment.create`." },
          resource_id: { type: "string", description: "Only operations of this resource." },
          ...pageQuery,
        },
      },
      response: responses({
        status: 200,
        schema: "OperationList",
        description: "A page of operations.",
        errors: [400],
      }),
    },
    handler: async (request) => {
      const { status, type, resource_id: resourceId } = request.query;
      const found = platform.operations({ status, type, resourceId });
      return { data: pageToWire(found, request.query, (each) => operationToWire(each, platform.view(each))) };
    },
  });

  scope.get<{ Params: { id: string } }>("/operations/:id", {
    config: read.config,
    schema: {
      operationId: "getOperation",
      summary: "Get an operation",
      description: "Poll every 2 to 5 seconds until the status is terminal.",
      tags,
      security: read.security,
      params: idParams("operation"),
      response: responses({
        status: 200,
        schema: "OperationEnvelope",
        description: "The operation.",
        errors: [400, 404],
      }),
    },
    handler: async (request) => {
      const operation = platform.operation(request.params.id);
      if (operation === undefined) throw operationNotFound();
      return { data: operationToWire(operation, platform.view(operation)) };
    },
  });
}

function environments(scope: FastifyInstance): void {
  const read = requiring(["org:read"]);
  scope.get("/environments", {
    config: read.config,
    schema: {
      operationId: "listEnvironments",
      summary: "List environments",
      description: "Each organization has one environment, managed by the platform.",
      tags: ["Environments"],
      security: read.security,
      response: responses({ status: 200, schema: "EnvironmentList", description: "All environments.", errors: [] }),
    },
    handler: async () => ({ data: { items: [defaultEnvironment] } }),
  });
}

const keyOf = ({ headers: { "x-api-key": key } }: FastifyRequest): string | null =>
  typeof key === "string" ? fingerprint(key) : null;
