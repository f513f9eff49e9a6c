/** The mark for an unknown value in a preview. Source: `unknownValue` in the Node.js SDK's runtime/rpc. */
export const engineUnknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The resource's name in the program: the last part of its URN. */
export function nameInUrn(urn: string): string {
  return urn.split("::").at(-1) ?? "";
}

/** The name of the provider resource if the program declares it; undefined for the engine's default provider. */
export function explicitProviderOf(urn: string): string | undefined {
  const name = nameInUrn(urn);
  // The default provider is named "default", with a version and the address of its plugin, if it has them.
  return name === "" || /^default(_\d+_\d+_\d+.*|_.*[./].*)?$/.test(name) ? undefined : name;
}

/** The resource's type without the types of its parents; empty if the text is not a URN. */
export function typeInUrn(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

/** Whether a text has the form of an engine's address, HOST:PORT. */
export function isEngineAddress(address: string): boolean {
  return /^[\w.[\]:-]+:\d+$/.test(address);
}
