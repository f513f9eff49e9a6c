import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import { apiPrefix } from "./wire";

/** The parts of the OpenAPI document that do not come from the routes. */
export const openApi: FastifyDynamicSwaggerOptions = {
  hideUntagged: true,
  openapi: {
    openapi: "3.1.0",
    info: {
      title: "Onvera API",
      version: "1.0.0",
      description:
        "Managed Apache Airflow and Apache Superset. This is the emulator: it follows the API reference, and nothing that it deploys is real.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" } as { name: string },
    },
    servers: [{ url: apiPrefix, description: "The emulator" }],
    tags: [
      { name: "Deployments", description: "Instances of Apache Airflow and Apache Superset." },
      { name: "Operations", description: "Work that continues after the response." },
      { name: "Environments", description: "Where deployments run." },
    ],
    components: {
      securitySchemes: {
        ApiKey: {
          type: "apiKey",
          in: "header",
          name: "X-API-Key",
          description:
            "An API key, such as `onv_sk_live_…`, which may be limited to scopes. Each endpoint lists the scopes it accepts.",
        },
      },
    },
  },
  refResolver: {
    buildLocalReference: ({ $id }, _baseUri, _fragment, index) => (typeof $id === "string" ? $id : `def-${index}`),
  },
};
