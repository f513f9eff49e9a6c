import { ApiError } from "../../provider/api/errors";

/** The form of an `ApiError`'s message. */
const message = /(?<method>[A-Z]+) (?<path>\S+) failed with (?<status>\d{3}) (?<code>\S+): (?<reason>.*)$/s;
const trace = / \(request (?<requestId>\S+)\)$/;

/** The `ApiError` that the plugin threw: the engine passes on only its message. Any other error stays as it is. */
export function toApiError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { method, path, status, code, reason } = message.exec(error.message)?.groups ?? {};
  if (!method || !path || !status || !code || reason === undefined) return error;
  const { requestId } = trace.exec(reason)?.groups ?? {};
  return new ApiError({
    method,
    path,
    status: Number(status),
    code,
    reason: reason.replace(trace, ""),
    requestId,
    cause: error,
  });
}
