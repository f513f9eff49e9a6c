/*
 * What the provider relies on in the API. A test compares this with the client: test/unit/cli/doctor/reliance.test.ts.
 */

import { snakeCase } from "../../provider/api/client";
import { appTypes, inputNames, outputNames } from "../../provider/deployment/properties";

const itemFields = (prefix: string, fields: readonly string[]) => fields.map((field) => `${prefix}${field}`);

const deploymentNeeds = ["id", "status"];
/** The `deploymentId` is the `id`. The operation's id is used if a response has it. */
const deploymentUses = outputNames
  .filter((name) => name !== "deploymentId" && name !== "status" && name !== "operationId")
  .map(snakeCase);
const operationNeeds = ["id", "status"];

/** What the provider relies on in one endpoint. Paths of fields are those of the JSON body; `[]` is each item of a list. */
export interface EndpointReliance {
  readonly method: "get" | "post" | "delete";
  /** Below the base URL, with `{}` for each parameter. */
  readonly path: string;
  readonly query: readonly string[];
  /** Fields of the request's body that the provider sends. */
  readonly sends: readonly string[];
  /** Fields of a successful response without which the provider cannot work. */
  readonly needs: readonly string[];
  /** Further fields of a successful response that the provider reads. */
  readonly uses: readonly string[];
  /** Whether the endpoint is used by a function of the package only, and by no resource. */
  readonly isOptional: boolean;
}

export const endpoints: readonly EndpointReliance[] = [
  {
    method: "post",
    path: "/deployments",
    query: [],
    sends: inputNames.map(snakeCase),
    needs: ["data.deployment_id"],
    uses: ["data.operation_id"],
    isOptional: false,
  },
  {
    method: "get",
    path: "/deployments",
    query: ["page", "per_page"],
    sends: [],
    needs: itemFields("data.items[].", deploymentNeeds),
    uses: [...itemFields("data.items[].", deploymentUses), "data.pagination.pages"],
    isOptional: false,
  },
  {
    method: "get",
    path: "/deployments/{}",
    query: [],
    sends: [],
    needs: itemFields("data.", deploymentNeeds),
    uses: itemFields("data.", deploymentUses),
    isOptional: false,
  },
  {
    method: "delete",
    path: "/deployments/{}",
    query: [],
    sends: [],
    needs: [],
    uses: ["data.operation_id"],
    isOptional: false,
  },
  {
    method: "get",
    path: "/operations",
    query: ["page", "per_page"],
    sends: [],
    needs: itemFields("data.items[].", operationNeeds),
    uses: ["data.pagination.pages"],
    isOptional: false,
  },
  {
    method: "get",
    path: "/operations/{}",
    query: [],
    sends: [],
    needs: itemFields("data.", operationNeeds),
    uses: ["data.progress", "data.resource", "data.error"],
    isOptional: false,
  },
  {
    method: "get",
    path: "/environments",
    query: [],
    sends: [],
    needs: ["data.items[].id", "data.items[].name"],
    uses: [],
    isOptional: true,
  },
];

/** Values by which the provider decides. Others are passed on, and waited for or ignored. */
export const knownValues: readonly {
  readonly method: "get" | "post";
  readonly path: string;
  readonly field: string;
  readonly isRequest: boolean;
  readonly values: readonly string[];
}[] = [
  {
    method: "get",
    path: "/deployments/{}",
    field: "data.status",
    isRequest: false,
    values: ["provisioning", "ready", "failed", "destroying", "destroyed"],
  },
  {
    method: "get",
    path: "/operations/{}",
    field: "data.status",
    isRequest: false,
    values: ["queued", "running", "succeeded", "failed", "canceled"],
  },
  { method: "post", path: "/deployments", field: "app_type", isRequest: true, values: appTypes },
];

/** The header that carries the API key. */
export const keyHeader = "X-API-Key";
