import { createRedact, type Redact } from "../provider/api/redaction";
import { resolveSettings } from "../provider/runtime/settings";

/**
 * Removes the API key, and passwords in URLs, from output. The provider never prints the key, and the engine masks secrets. This
 * is for a program that prints the key, and for a stack whose configuration has it in plain text (`configured`).
 */
export function createMask(env: NodeJS.ProcessEnv, configured: string | undefined): Redact {
  const keys = [configured === "[secret]" ? undefined : configured, env["ONVERA_API_KEY"], keyOfFile(env)];
  const redacts = keys.flatMap((key) => (key === undefined || key === "" ? [] : [createRedact(key)]));
  return (text) => redacts.reduce((left, redact) => redact(left), withoutPasswords(text));
}

/** Pulumi prints the backend's URL, with its password, if the backend cannot be reached. Takes linear time. */
function withoutPasswords(text: string): string {
  return text.replaceAll(/\S+/g, (word) =>
    withoutUserPassword(word).replaceAll(
      /([?&](?:password|passwd|pwd|token|sas_token|sig|secret)=)[^&#"'`]+/gi,
      (_, name: string) => `${name}***`,
    ),
  );
}

/** The password of `scheme://user:password@host`, which can contain any of `:`, `/` and `@`. */
function withoutUserPassword(word: string): string {
  const start = word.indexOf("://") + 3;
  const end = word.lastIndexOf("@");
  if (start < 3 || end < start) return word;
  const colon = word.indexOf(":", start);
  const isAfterUser = colon !== -1 && colon < end && !word.slice(start, colon).includes("/");
  // `https://host:443/a@b` has a port, not a password.
  if (!isAfterUser || /^\d{1,5}[/?#]/.test(word.slice(colon + 1, colon + 7))) return word;
  return `${word.slice(0, colon)}:***${word.slice(end)}`;
}

/** The key in the Onvera CLI's file. Undefined if there is none or the file cannot be read: a call that needs it reports that. */
function keyOfFile(env: NodeJS.ProcessEnv): string | undefined {
  try {
    return resolveSettings({ env: { ...env, ONVERA_API_KEY: "", ONVERA_BASE_URL: "" } }).apiKey;
  } catch {
    return undefined;
  }
}
