import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ApiError } from "../api/errors";
import type { LoggedRequest } from "../api/request-log";
import { alterJson } from "./alter";
import { faultResponse, type RawResponse } from "./responses";
import type { AddedFault, Change, FaultAction, Faults, RequestAttributes } from "./rules";

/** What the platform can do to itself on a fault's behalf. */
export interface FaultHookOptions {
  faults: Faults;
  /** Carries out what somebody else does meanwhile; `deploymentId` is what the request is about. */
  apply(change: Change, context: { deploymentId: string | undefined; key: string | undefined }): Promise<void>;
  /** Stops listening for that long. */
  outage(forMs: number): Promise<void>;
  /** The deployment that the request is about, as far as it is known by now. */
  deploymentOf(request: FastifyRequest): { id?: string | undefined; name?: string | undefined };
}

declare module "fastify" {
  interface FastifyRequest {
    logEntry: LoggedRequest | null;
    /** The deployment that it made, once it has. */
    createdDeploymentId: string | null;
    /** The answer is a fault's own, so no other fault may touch it. */
    isFaulted: boolean;
  }
}

/** Makes the faults strike the routes of this scope. They come before everything else, as network and proxies do. */
export function addFaultHooks(scope: FastifyInstance, options: FaultHookOptions): void {
  const { faults } = options;

  scope.addHook("onRequest", async (request, reply) => {
    if (!faults.isEmpty) await applyBefore(request, reply, { named: false });
  });
  scope.addHook("preValidation", async (request, reply) => {
    if (!faults.isEmpty) await applyBefore(request, reply, { named: true });
  });
  scope.addHook("onSend", async (request, reply, payload) => {
    if (request.isFaulted) return payload;
    if (request.logEntry !== null) request.logEntry.platformStatus = reply.statusCode;
    if (faults.isEmpty) return payload;
    const fault = faults.take(attributesOf(request), "after", { named: true });
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

  async function applyBefore(request: FastifyRequest, reply: FastifyReply, { named }: { named: boolean }) {
    const fault = faults.take(attributesOf(request), "before", { named });
    if (fault === undefined) return;
    await beginFault(fault, request);
    const { action } = fault;
    switch (action?.type) {
      case undefined:
      case "truncate":
      case "alter":
        return;
      case "hang":
        // Whoever gave up meanwhile was never heard.
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
        const cut = whole.subarray(0, action.bytes ?? Math.floor(whole.length / 2));
        if (action.framing !== "broken") return cut.toString();
        for (const [name, value] of Object.entries(reply.getHeaders())) {
          if (value !== undefined) reply.raw.setHeader(name, value);
        }
        reply.raw.writeHead(reply.statusCode, { "content-length": whole.length });
        reply.raw.write(cut, () => request.raw.socket.destroy());
        return never();
      }
      case "reset":
      case "close":
      case "refuse":
        await breakConnection(action, request);
        return never();
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
        // The test that set the fault should not have to guess why nothing changed.
        const reason = error instanceof Error ? error.message : String(error);
        throw new ApiError(500, "INTERNAL_ERROR", `The fault ${id} could not be carried out: ${reason}`);
      }
    }
  }

  async function breakConnection({ type, ...action }: FaultAction, request: FastifyRequest): Promise<void> {
    if (type === "close") request.raw.socket.destroy();
    else request.raw.socket.resetAndDestroy();
    if (type === "refuse" && "forMs" in action) await options.outage(action.forMs ?? 0);
  }

  function hang({ id }: AddedFault, forMs: number | undefined, request: FastifyRequest): Promise<"over" | "abandoned"> {
    const { socket } = request.raw;
    return new Promise((resolve) => {
      const end = (how: "over" | "abandoned") => {
        clearTimeout(timer);
        unsubscribe();
        socket.off("close", abandoned);
        resolve(how);
      };
      const over = () => end("over");
      const abandoned = () => end("abandoned");
      const timer = forMs === undefined ? undefined : setTimeout(over, forMs);
      const unsubscribe = faults.onRelease(id, over);
      socket.once("close", abandoned);
    });
  }
}

/** The path without its query. */
export const pathOf = ({ url }: FastifyRequest): string => url.split("?", 1)[0] ?? url;

/** Waits real milliseconds, or until the other side has hung up. */
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

/** Whoever waits for an answer on a connection that is gone waits for ever; nothing holds on to it. */
const never = (): Promise<never> => new Promise(() => {});

function unreachable(action: never): never {
  throw new Error(`unknown fault ${JSON.stringify(action)}`);
}
