import type { sendUnaryData } from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { CreateOutcomeUnknownError, PlatformError } from "../api/errors";
import { RequestError, ResourceInitError } from "../resource-handler";
import { Any, grpc } from "./sdk-packages";
import { toEngine } from "./values";

type ServiceError = NonNullable<Parameters<sendUnaryData<unknown>>[0]>;

export interface ErrorContext {
  /** Takes the API key out of what is shown: a last guard, the core's own messages never hold it. */
  readonly redact: (text: string) => string;
  readonly refreshBeforeUpdate: boolean;
  /** Of the resource's inputs that are secret. */
  readonly secrets?: ReadonlySet<string> | undefined;
}

/**
 * An error as the engine understands it. One that carries a deployment which exists tells its id and outputs, so that the
 * engine records it. `UNKNOWN` and `INTERNAL` mean to the engine that it cannot know what became of the resource: only
 * where that is so.
 */
export function toServiceError(error: unknown, context: ErrorContext): Partial<ServiceError> {
  const { status } = grpc;
  const text = context.redact(error instanceof Error ? error.message : String(error));
  if (error instanceof ResourceInitError) {
    return { code: status.UNKNOWN, details: text, metadata: initFailed(error, text, context) };
  }
  if (error instanceof RequestError) {
    return { code: error.code === "invalid" ? status.INVALID_ARGUMENT : status.UNIMPLEMENTED, details: text };
  }
  if (error instanceof CreateOutcomeUnknownError) return { code: status.UNKNOWN, details: text };
  if (error instanceof PlatformError) return { code: status.FAILED_PRECONDITION, details: text };
  const stack = context.redact(error instanceof Error ? (error.stack ?? text) : text);
  return { code: status.INTERNAL, details: `unexpected error in the onvera provider, please report it: ${stack}` };
}

/** gRPC's way to send more than a text: a trailer with a `google.rpc.Status`, as the SDK's dynamic provider does. */
function initFailed({ id, outs }: ResourceInitError, text: string, context: ErrorContext) {
  const detail = new ErrorResourceInitFailed();
  detail.setId(id);
  detail.setProperties(toEngine(outs, context.secrets));
  detail.setReasonsList([text]);
  detail.setRefreshBeforeUpdate(context.refreshBeforeUpdate);
  const any = new Any();
  any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const answer = new Status();
  answer.setCode(grpc.status.UNKNOWN);
  answer.setMessage(text);
  answer.addDetails(any);
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(answer.serializeBinary()));
  return metadata;
}
