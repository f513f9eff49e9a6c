import type { NewDeployment } from "../../provider/api/client";
import { ApiError, ConnectionError } from "../../provider/api/errors";
import type { Deployment, Operation } from "../../provider/api/schemas";
import type { CallContext } from "../../provider/call-context";
import type { LifecycleClient } from "../../provider/deployment/wait-context";

type Answers<T> = readonly (T | Error | (() => T | Error | Promise<T>))[];

export interface Script {
  createDeployment?: Answers<{ deploymentId: string; operationId?: string }>;
  getDeployment?: Answers<Deployment>;
  allDeployments?: Answers<Deployment[]>;
  /** The items of each page, in the order of the requests. */
  listDeployments?: Answers<Deployment[]>;
  deleteDeployment?: Answers<{ operationId?: string }>;
  getOperation?: Answers<Operation>;
}

/** A client that returns scripted responses in order, repeats the last one, and logs the calls. */
export class ScriptedClient implements LifecycleClient {
  readonly calls: string[] = [];
  /** As the wall clock of `FakeClock`. */
  platformTime = (at: number) => Date.parse("2026-01-01T00:00:00Z") + at;
  readonly #left = new Map<string, number>();

  constructor(private readonly script: Script) {}

  createDeployment = async (properties: NewDeployment) =>
    this.#answer("createDeployment", Object.values(properties).join(" "));
  getDeployment = async (id: string) => this.#answer("getDeployment", id);
  allDeployments = async (_context: CallContext = {}) => this.#answer("allDeployments");
  listDeployments = async ({ page = 1, perPage = 100 }: { page?: number; perPage?: number }) => {
    const items = this.#answer("listDeployments", String(page));
    const pages = this.script.listDeployments?.length ?? 1;
    return { items, page, perPage, total: pages * perPage, pages };
  };
  deleteDeployment = async (id: string) => this.#answer("deleteDeployment", id);
  getOperation = async (id: string) => this.#answer("getOperation", id);

  count(method: keyof Script): number {
    return this.calls.filter((call) => call.split(" ")[0] === method).length;
  }

  #answer<M extends keyof Script>(
    method: M,
    ...args: string[]
  ): NonNullable<Script[M]> extends Answers<infer T> ? T : never {
    this.calls.push([method, ...args].join(" "));
    const answers = this.script[method] ?? [];
    const index = this.#left.get(method) ?? 0;
    this.#left.set(method, Math.min(index + 1, answers.length - 1));
    const scripted = answers[index];
    if (scripted === undefined) throw new Error(`the test has no response for ${this.calls.at(-1)}`);
    const answer = typeof scripted === "function" ? scripted() : scripted;
    if (answer instanceof Error) throw answer;
    return answer as never;
  }
}

export const apiError = (
  status: number,
  code = status === 404 ? "DEPLOYMENT_NOT_FOUND" : "CODE",
  details: { operationId?: string; reason?: string } = {},
) =>
  new ApiError({
    method: "GET",
    path: "/x",
    status,
    code,
    reason: details.reason ?? "reason",
    operationId: details.operationId,
  });

export const lostAnswer = () =>
  new ConnectionError({
    method: "POST",
    path: "/deployments",
    host: "api.onvera.io",
    code: "ECONNRESET",
    reason: "connection reset",
    mayHaveActed: true,
  });

export const refusedConnection = () =>
  new ConnectionError({
    method: "GET",
    path: "/x",
    host: "api.onvera.io",
    code: "ECONNREFUSED",
    reason: "connection refused",
    mayHaveActed: false,
  });
