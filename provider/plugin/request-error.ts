import { PlatformError } from "../api/errors";

/** The engine asked for something that this provider does not have, or in a way that it does not take. */
export class RequestError extends PlatformError {
  override readonly name = "RequestError";
  constructor(
    message: string,
    readonly code: "invalid" | "unimplemented" = "invalid",
  ) {
    super(message);
  }
}
