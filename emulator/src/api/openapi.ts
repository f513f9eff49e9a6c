import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import { apiPrefix } from "./wire";

/** What the OpenAPI document says besides the routes, from which the rest of it is made. */
export const openApi: FastifyDynamicSwaggerOptions = {
  hideUntagged: true,
  openapi: {
    openapi: "3.1.0",
    info: {
      title: "Onvera API",
      version: "1.0.0",
      description:
        "Managed Apache Airflow and Apache Superset. This is the local stand-in for the platform: it answers as the published documentation says, and nothing that it deploys is real.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" } as { name: string },
    },
    servers: [{ url: apiPrefix, description: "This platform" }],
    tags: [
      { name: "Deployments", description: "Instances of Apache Airflow and Apache Superset." },
      { name: "Operations", description: "Work that goes on after its request was answered." },
      { name: "Environments", description: "Where deployments run." },
    ],
    components: {
      securitySchemes: {
        ApiKey: {
          type: "apiKey",
          in: "header",
          name: "X-API-Key",
          description:
            "A key such as `onv_sk_live_…`, which may be restricted to scopes. Each call names the scope it takes.",
        },
      },
    },
  },
  refResolver: {
    buildLocalReference: ({ $id }, _baseUri, _fragment, index) => (typeof $id === "string" ? $id : `def-${index}`),
  },
};
