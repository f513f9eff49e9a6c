/** Why a command cannot say what it was asked for; its message is all that the person needs. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}
