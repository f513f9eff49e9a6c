import { displayText } from "../api/display-text";
import { waitWithin } from "../call-context";
import { systemClock } from "../clock";
import { isEngineAddress } from "./engine-values";
import type { Log, LogEntry } from "./provider-runtime";

/** How long a flush waits for an engine that does not respond, in milliseconds. */
const maxFlushMs = 2_000;

/** Writes to the log of the running engine, over gRPC. */
export class EngineLog implements Log {
  #write: ((entry: LogEntry) => Promise<void>) | undefined;
  #written: Promise<void> | undefined;

  /** `address` is the address of the engine's gRPC server. Without one, nothing is written. */
  constructor(private readonly address: string | undefined) {}

  write(entry: LogEntry): void {
    try {
      this.#write ??= connect(this.address);
      this.#written = this.#write(entry);
    } catch {
      // A failed log entry must not fail a deployment.
    }
  }

  async flush(withinMs = maxFlushMs): Promise<void> {
    if (this.#written === undefined) return;
    const context = { deadline: systemClock.now() + withinMs };
    const toError = () => new Error("the engine does not respond");
    await waitWithin(this.#written, context, { clock: systemClock, toError }).catch(() => undefined);
  }
}

/** Returns a function that writes an entry, and resolves once the engine has it or cannot get it. */
function connect(address: string | undefined): (entry: LogEntry) => Promise<void> {
  if (address === undefined || !isEngineAddress(address)) return async () => undefined;
  const engineProto = require("@pulumi/pulumi/proto/engine_pb") as typeof import("@pulumi/pulumi/proto/engine_pb");
  const engineGrpc =
    require("@pulumi/pulumi/proto/engine_grpc_pb") as typeof import("@pulumi/pulumi/proto/engine_grpc_pb");
  const { grpc } = require("./sdk-packages") as typeof import("./sdk-packages");
  const client = new engineGrpc.EngineClient(address, grpc.credentials.createInsecure());
  const { DEBUG, INFO, WARNING } = engineProto.LogSeverity;
  const severities = { debug: DEBUG, info: INFO, warning: WARNING };
  const toRequest = ({ severity, message, urn, isEphemeral }: LogEntry) => {
    const request = new engineProto.LogRequest();
    request.setSeverity(severities[severity]);
    request.setMessage(displayText(message));
    request.setUrn(urn ?? "");
    request.setEphemeral(isEphemeral);
    return request;
  };
  // One after another, because the engine shows them in the order of arrival, and the last one stays visible.
  let written = Promise.resolve();
  return (entry) => {
    const request = toRequest(entry);
    written = written.then(() => new Promise((resolve) => client.log(request, () => resolve())));
    return written;
  };
}
