import * as pulumi from "@pulumi/pulumi";

/**
 * An error that ends the program with its message alone. Without its stack: with one, the Node.js 20 of the engine's host
 * takes more than a minute to print it (nodejs/node#64011; drop this when no supported Node.js has that).
 */
export function runError(message: string, options?: { cause?: unknown }): pulumi.RunError {
  const error = new pulumi.RunError(message, options);
  error.stack = "";
  return error;
}
