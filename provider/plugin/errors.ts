import type { sendUnaryData } from "@grpc/grpc-js";
import { ErrorResourceInitFailed, CheckFailure as ProtoFailure } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { validUnicode } from "../api/display-text";
import { CreateOutcomeUnknownError, PlatformError } from "../api/errors";
import { type CheckFailure, RequestError, ResourceInitError } from "../resource-handler";
import { Any, grpc } from "../runtime/sdk-packages";
import { toEngine } from "./values";

type ServiceError = NonNullable<Parameters<sendUnaryData<unknown>>[0]>;

export interface ErrorContext {
  /** Removes the API key: an additional protection, because messages never contain it. */
  readonly redact: (text: string) => string;
  readonly refreshBeforeUpdate: boolean;
  /** The names of the secret inputs. */
  readonly secrets?: ReadonlySet<string> | undefined;
}

/**
 * Converts an error to a gRPC error. The error for a resource that exists contains its id and outputs, so that the engine records
 * it. `UNKNOWN` and `INTERNAL` make the engine treat the outcome as unknown, so other errors have other codes.
 */
export function toServiceError(error: unknown, context: ErrorContext): Partial<ServiceError> {
  const { status } = grpc;
  const text = validUnicode(context.redact(error instanceof Error ? error.message : String(error)));
  if (error instanceof ResourceInitError) {
    return { code: status.UNKNOWN, details: text, metadata: initFailed(error, text, context) };
  }
  if (error instanceof RequestError) {
    return { code: error.code === "invalid" ? status.INVALID_ARGUMENT : status.UNIMPLEMENTED, details: text };
  }
  if (error instanceof CreateOutcomeUnknownError) return { code: status.UNKNOWN, details: text };
  if (error instanceof PlatformError) return { code: status.FAILED_PRECONDITION, details: text };
  const stack = validUnicode(context.redact(error instanceof Error ? (error.stack ?? text) : text));
  return { code: status.INTERNAL, details: `unexpected error in the onvera provider, please report it: ${stack}` };
}

/** Converts what a check found to the message of the protocol. */
export function toFailure({ property, reason }: CheckFailure): ProtoFailure {
  return new ProtoFailure().setProperty(property).setReason(reason);
}

/** The details of the error, as a trailer with a `google.rpc.Status`, as the SDK's dynamic provider sends them. */
function initFailed({ id, outs }: ResourceInitError, text: string, context: ErrorContext) {
  const detail = new ErrorResourceInitFailed();
  detail.setId(id);
  detail.setProperties(toEngine(outs, context.secrets));
  detail.setReasonsList([text]);
  detail.setRefreshBeforeUpdate(context.refreshBeforeUpdate);
  const any = new Any();
  any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const details = new Status();
  details.setCode(grpc.status.UNKNOWN);
  details.setMessage(text);
  details.addDetails(any);
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(details.serializeBinary()));
  return metadata;
}
