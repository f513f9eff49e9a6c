import * as pulumi from "@pulumi/pulumi";

/**
 * An error that ends the program with its message only. It has no stack, because Node.js 20 takes more than a minute to print an
 * error with a stack in the engine's host (nodejs/node#64011; remove this when no supported Node.js version has the bug).
 */
export function runError(message: string, options?: { cause?: unknown }): pulumi.RunError {
  const error = new pulumi.RunError(message, options);
  error.stack = "";
  return error;
}
