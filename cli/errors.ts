/** A command cannot produce its result. The message is complete: no stack trace is shown. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}
