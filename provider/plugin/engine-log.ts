import { displayText } from "../api/display-text";

export interface LogEntry {
  readonly severity: "debug" | "info" | "warning";
  readonly message: string;
  /** The resource that it is shown with; the stack where it is left out. */
  readonly urn?: string | undefined;
  /** Shown while it is the newest, and not kept in the summary. */
  readonly isEphemeral: boolean;
}

/** Writes to the running engine's log, which its providers get no other access to. Never throws. */
export class EngineLog {
  #write: ((entry: LogEntry) => void) | undefined;

  /** `address` is that of the engine's gRPC server, as its providers get it; without one nothing is written. */
  constructor(private readonly address: string | undefined) {}

  write(entry: LogEntry): void {
    try {
      this.#write ??= connect(this.address);
      this.#write(entry);
    } catch {
      // Progress is a service to the reader; no deployment fails for it.
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
