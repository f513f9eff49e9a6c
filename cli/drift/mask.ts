import { createRedact, type Redact } from "../../provider/api/redaction";
import { resolveSettings } from "../../provider/runtime/settings";

/**
 * Takes the API key, and passwords in addresses, out of what is printed. The provider never tells the key, and the engine masks what is marked as secret;
 * this is for a program that prints it, or a stack whose configuration holds it in plain text (`configured`).
 */
export function createMask(env: NodeJS.ProcessEnv, configured: string | undefined): Redact {
  const keys = [configured === "[secret]" ? undefined : configured, env["ONVERA_API_KEY"], keyOfFile(env)];
  const redacts = keys.flatMap((key) => (key === undefined || key === "" ? [] : [createRedact(key)]));
  return (text) => redacts.reduce((left, redact) => redact(left), withoutPasswords(text));
}

/** Pulumi shows the backend's URL, with the password in it, where it cannot be reached. */
function withoutPasswords(text: string): string {
  return text.replaceAll(/(\b[\w+.-]+:\/\/[^\s/:@]*):[^\s/]*@/g, "$1:***@");
}

/** The one in the Onvera CLI's file; undefined where there is none, or it cannot be read: whoever needs it says so. */
function keyOfFile(env: NodeJS.ProcessEnv): string | undefined {
  try {
    return resolveSettings({ env: { ...env, ONVERA_API_KEY: "", ONVERA_BASE_URL: "" } }).apiKey;
  } catch {
    return undefined;
  }
}
