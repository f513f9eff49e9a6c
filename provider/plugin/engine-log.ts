import { displayText } from "../api/display-text";
import type { Log, LogEntry } from "../runtime/provider-runtime";

/** Writes to the running engine's log, to which providers have no other access. Never throws. */
export class EngineLog implements Log {
  #write: ((entry: LogEntry) => void) | undefined;

  /** `address` is that of the engine's gRPC server, as its providers get it; without one nothing is written. */
  constructor(private readonly address: string | undefined) {}

  write(entry: LogEntry): void {
    try {
      this.#write ??= connect(this.address);
      this.#write(entry);
    } catch {
      // No deployment fails because a message cannot be shown.
    }
  }
}

export function isEngineAddress(address: string): boolean {
  return /^[\w.[\]:-]+:\d+$/.test(address);
}

function connect(address: string | undefined): (entry: LogEntry) => void {
  if (address === undefined || !isEngineAddress(address)) return () => undefined;
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
  // One after another: the engine shows them as they arrive, and the last one is to stay.
  let written = Promise.resolve();
  return (entry) => {
    const request = toRequest(entry);
    written = written.then(() => new Promise((resolve) => client.log(request, () => resolve())));
  };
}
