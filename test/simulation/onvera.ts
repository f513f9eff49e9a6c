/** The emulator's platform without its server: one organization of Onvera, called with requests and responses as text. */

import {
  ApiError,
  deploymentNotFound,
  invalidApiKey,
  operationNotFound,
  validationError,
} from "../../emulator/src/api/errors";
import {
  acceptedToWire,
  apiPrefix,
  defaultEnvironment,
  deploymentToWire,
  operationToWire,
  pageToWire,
} from "../../emulator/src/api/wire";
import { Clock } from "../../emulator/src/platform/clock";
import { Outcomes } from "../../emulator/src/platform/outcomes";
import { Platform } from "../../emulator/src/platform/platform";
import type { AppType, DeploymentRecord, OperationRecord } from "../../emulator/src/platform/records";
import { noJournal } from "../../emulator/src/store/journal";
import { type Dialect, deleteResponseIn, deploymentIn, inOrder, operationIn } from "./dialect";
import type { Random } from "./random";
import type { VirtualTime } from "./virtual-time";

export interface OnveraRequest {
  readonly method: string;
  /** With the query, below the host. */
  readonly path: string;
  readonly apiKey: string | undefined;
  readonly body: string | undefined;
}

export interface OnveraResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The deployment that a create has created. */
  readonly createdId?: string;
  /** The deployment that a delete has begun to destroy. */
  readonly destroyedId?: string;
}

export class Onvera {
  readonly host: string;
  /** The key that is valid now. */
  apiKey: string;
  readonly platform: Platform;
  readonly outcomes = new Outcomes();
  readonly #clock: Clock;
  readonly #random: Random;
  /** All keys that the organization has ever had. */
  readonly #keys = new Set<string>();

  readonly #dialect: Dialect;

  constructor({
    index,
    time,
    random,
    skewMs,
    dialect,
  }: { index: number; time: VirtualTime; random: Random; skewMs: number; dialect: Dialect }) {
    this.#dialect = dialect;
    this.host = `org${index}.onvera.test`;
    this.#random = random;
    this.apiKey = this.rotateKey();
    this.#clock = new Clock({ now: () => time.now });
    if (skewMs !== 0) this.#clock.setSkew(skewMs);
    const ids = {
      deployment: () => `${dialect.ids}${random.uuid()}`,
      operation: () => `op_${random.uuid()}`,
      token: () => random.uuid().slice(0, 6),
    };
    this.platform = new Platform({ clock: this.#clock, journal: noJournal, ids, outcomes: this.outcomes });
  }

  /** Replaces the API key by another one, and revokes it. */
  rotateKey(): string {
    this.apiKey = `onv_sk_live_${this.#random.uuid()}`;
    this.#keys.add(this.apiKey);
    return this.apiKey;
  }

  get keys(): ReadonlySet<string> {
    return this.#keys;
  }

  get baseUrl(): string {
    return `https://${this.host}${apiPrefix}`;
  }

  deployment(id: string): DeploymentRecord | undefined {
    return this.platform.deployment(id);
  }

  /** Whether an operation of the deployment has ended in the last few seconds: the deployment can have been read before that. */
  hasJustChanged({ id }: DeploymentRecord, withinMs = 5_000): boolean {
    return this.platform.operations({ resourceId: id }).some(({ final }) => {
      const endedAt = final?.endedAt;
      return typeof endedAt === "number" && this.#clock.wallMs() - endedAt < withinMs;
    });
  }

  handle(request: OnveraRequest): OnveraResponse {
    const given = this.#respond(request);
    return { ...given, headers: { ...given.headers, date: new Date(this.#clock.wallMs()).toUTCString() } };
  }

  #respond(request: OnveraRequest): OnveraResponse {
    try {
      return this.#handle(request);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { status, code, message, operationId } = error;
      const known = this.#dialect.conflictHasOperation ? operationId : undefined;
      return response(status, new ApiError(status, code, message, known).toBody());
    }
  }

  #handle({ method, path, apiKey, body }: OnveraRequest): OnveraResponse {
    const { platform } = this;
    const dialect = this.#dialect;
    if (apiKey !== this.apiKey) throw invalidApiKey();
    const { pathname, searchParams } = new URL(path, `https://${this.host}`);
    const [collection, id] = pathname
      .slice(apiPrefix.length + 1)
      .split("/")
      .map(decodeURIComponent);
    const page = {
      page: Number(searchParams.get("page") ?? 1),
      per_page: Math.min(dialect.maxPerPage, Number(searchParams.get("per_page") ?? 50)),
    };
    const isShown = ({ goneAt }: DeploymentRecord) => goneAt === null || dialect.destroyed === "shown";
    const toOperation = (each: OperationRecord) => operationIn(dialect, operationToWire(each, platform.view(each)));
    if (collection === "deployments" && method === "POST" && id === undefined) {
      const { app_type: appType, name } = JSON.parse(body ?? "{}") as { app_type: AppType; name?: string };
      if (appType !== "airflow" && appType !== "superset") throw validationError("Invalid app_type");
      const created = platform.create({ appType, name, origin: { by: "api", key: null } });
      const data = acceptedToWire(created.deployment.id, created.operation.id);
      return { ...response(202, { data }), createdId: created.deployment.id };
    }
    if (collection === "deployments" && id === undefined) {
      const all = [...platform.deployments(), ...platform.goneDeployments()].filter(isShown);
      all.sort((a, b) => b.createdAt - a.createdAt);
      const toWire = (each: DeploymentRecord) => deploymentIn(dialect, deploymentToWire(each));
      return response(200, { data: pageToWire(inOrder(dialect, all), page, toWire) });
    }
    if (collection === "deployments" && id !== undefined) {
      const deployment = platform.anyDeployment(id);
      if (deployment === undefined || !isShown(deployment)) throw deploymentNotFound();
      if (method !== "DELETE") return response(200, { data: deploymentIn(dialect, deploymentToWire(deployment)) });
      if (deployment.goneAt !== null) throw deploymentNotFound();
      const operation = platform.destroy(deployment, dialect);
      const data = deleteResponseIn(dialect, acceptedToWire(id, operation.id), toOperation(operation));
      return { ...response(202, { data }), destroyedId: id };
    }
    if (collection === "operations" && id === undefined) {
      return response(200, { data: pageToWire(inOrder(dialect, platform.operations()), page, toOperation) });
    }
    if (collection === "operations" && id !== undefined) {
      const operation = platform.operation(id);
      if (operation === undefined) throw operationNotFound();
      return response(200, { data: toOperation(operation) });
    }
    if (collection === "environments") return response(200, { data: { items: [defaultEnvironment] } });
    throw deploymentNotFound();
  }
}

export function response(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): OnveraResponse {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}
