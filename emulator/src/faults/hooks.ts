import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ApiError } from "../api/errors";
import type { LoggedRequest } from "../api/request-log";
import { alterJson } from "./alter";
import { faultResponse, type RawResponse } from "./responses";
import type { AddedFault, Change, FaultAction, Faults, RequestAttributes } from "./rules";

/** What faults need of the emulator. */
export interface FaultHookOptions {
  faults: Faults;
  /** Applies a change. `deploymentId` is the deployment that the request concerns. */
  apply(change: Change, context: { deploymentId: string | undefined; key: string | undefined }): Promise<void>;
  /** Stops listening for `forMs`. */
  outage(forMs: number): Promise<void>;
  /** The deployment that the request concerns, as far as it is known yet. */
  deploymentOf(request: FastifyRequest): { id?: string | undefined; name?: string | undefined };
}

declare module "fastify" {
  interface FastifyRequest {
    logEntry: LoggedRequest | null;
    /** The deployment that the request created. */
    createdDeploymentId: string | null;
    /** A fault has determined the response, so no other fault may change it. */
    isFaulted: boolean;
  }
}

/** Applies faults to the routes of this scope, before any other check, as a network or a proxy would. */
export function addFaultHooks(scope: FastifyInstance, options: FaultHookOptions): void {
  const { faults } = options;

  scope.addHook("onRequest", async (request, reply) => {
    if (!faults.isEmpty) await applyBefore(request, reply, { isNameKnown: false });
  });
  scope.addHook("preValidation", async (request, reply) => {
    if (!faults.isEmpty) await applyBefore(request, reply, { isNameKnown: true });
  });
  scope.addHook("onSend", async (request, reply, payload) => {
    if (request.isFaulted) return payload;
    if (request.logEntry !== null) request.logEntry.platformStatus = reply.statusCode;
    if (faults.isEmpty) return payload;
    const fault = faults.takeFor(attributesOf(request), "after", { isNameKnown: true });
    if (fault === undefined) return payload;
    request.isFaulted = true;
    await beginFault(fault, request);
    if (fault.action === undefined) return payload;
    return applyToResponse(fault, fault.action, {
      request,
      reply,
      payload: typeof payload === "string" ? payload : "",
    });
  });

  async function applyBefore(request: FastifyRequest, reply: FastifyReply, { isNameKnown }: { isNameKnown: boolean }) {
    const fault = faults.takeFor(attributesOf(request), "before", { isNameKnown });
    if (fault === undefined) return;
    await beginFault(fault, request);
    const { action } = fault;
    switch (action?.type) {
      case undefined:
      case "truncate":
      case "alter":
        return;
      case "hang":
        // The client disconnected, so the request never reaches the platform.
        if ((await hang(fault, action.forMs, request)) === "abandoned") reply.hijack();
        return;
      case "answer":
      case "redirect": {
        request.isFaulted = true;
        const { status, headers, body } = responseFor(action);
        await reply.code(status).headers(headers).send(body);
        return;
      }
      case "reset":
      case "close":
      case "refuse":
        reply.hijack();
        await breakConnection(action, request);
        return;
      default:
        unreachable(action);
    }
  }

  async function applyToResponse(
    fault: AddedFault,
    action: FaultAction,
    { request, reply, payload }: { request: FastifyRequest; reply: FastifyReply; payload: string },
  ): Promise<string> {
    switch (action.type) {
      case "alter":
        return alterJson(payload, action);
      case "hang":
        await hang(fault, action.forMs, request);
        return payload;
      case "answer":
      case "redirect": {
        const { status, headers, body } = responseFor(action);
        reply.code(status).headers(headers);
        return body;
      }
      case "truncate": {
        const whole = Buffer.from(payload);
        const truncated = whole.subarray(0, action.bytes ?? Math.floor(whole.length / 2));
        if (action.framing !== "broken") return truncated.toString();
        for (const [name, value] of Object.entries(reply.getHeaders())) {
          if (value !== undefined) reply.raw.setHeader(name, value);
        }
        reply.raw.writeHead(reply.statusCode, { "content-length": whole.length });
        reply.raw.write(truncated, () => request.raw.socket.destroy());
        return neverResolves();
      }
      case "reset":
      case "close":
      case "refuse":
        await breakConnection(action, request);
        return neverResolves();
      default:
        return unreachable(action);
    }
  }

  function attributesOf(request: FastifyRequest): RequestAttributes {
    const { name } = options.deploymentOf(request);
    return { method: request.method, path: pathOf(request), key: request.logEntry?.key ?? null, name };
  }

  async function beginFault({ id, delayMs, changes = [] }: AddedFault, request: FastifyRequest): Promise<void> {
    if (request.logEntry !== null) request.logEntry.fault = id;
    if (delayMs !== undefined) await sleepUnlessClosed(delayMs, request);
    const header = request.headers["x-api-key"];
    const key = typeof header === "string" ? header : undefined;
    for (const change of changes) {
      try {
        await options.apply(change, { deploymentId: options.deploymentOf(request).id, key });
      } catch (error) {
        // Report why the change failed, for the author of the test.
        const reason = error instanceof Error ? error.message : String(error);
        throw new ApiError(500, "INTERNAL_ERROR", `The fault ${id} could not be applied: ${reason}`);
      }
    }
  }

  async function breakConnection({ type, ...action }: FaultAction, request: FastifyRequest): Promise<void> {
    if (type === "close") request.raw.socket.destroy();
    else request.raw.socket.resetAndDestroy();
    if (type === "refuse" && "forMs" in action) await options.outage(action.forMs ?? 0);
  }

  function hang(
    { id }: AddedFault,
    forMs: number | undefined,
    request: FastifyRequest,
  ): Promise<"resumed" | "abandoned"> {
    const { socket } = request.raw;
    return new Promise((resolve) => {
      const end = (how: "resumed" | "abandoned") => {
        clearTimeout(timer);
        unsubscribe();
        socket.off("close", abandoned);
        resolve(how);
      };
      const resumed = () => end("resumed");
      const abandoned = () => end("abandoned");
      const timer = forMs === undefined ? undefined : setTimeout(resumed, forMs);
      const unsubscribe = faults.onRelease(id, resumed);
      socket.once("close", abandoned);
    });
  }
}

/** The path without the query. */
export const pathOf = ({ url }: FastifyRequest): string => url.split("?", 1)[0] ?? url;

/** Waits for real milliseconds, or until the client disconnects. */
export function sleepUnlessClosed(ms: number, request: FastifyRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      request.raw.socket.off("close", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    request.raw.socket.once("close", done);
  });
}

function responseFor(action: Extract<FaultAction, { type: "answer" | "redirect" }>): RawResponse {
  if (action.type === "answer") return faultResponse(action, Date.now());
  return { status: action.status ?? 302, headers: { location: action.to }, body: "" };
}

/** Never resolves: the connection is closed, so no response can be sent. */
const neverResolves = (): Promise<never> => new Promise(() => {});

function unreachable(action: never): never {
  throw new Error(`unknown fault ${JSON.stringify(action)}`);
}
