/** What the resource is called in the program: the last part of its URN. */
export function nameInUrn(urn: string): string {
  return urn.split("::").at(-1) ?? "";
}

/** The name of the provider resource if the program declares it; undefined for the engine's default provider. */
export function explicitProviderOf(urn: string): string | undefined {
  const name = nameInUrn(urn);
  // The default one is called "default", or "default_" and a version.
  return name === "" || /^default(_|$)/.test(name) ? undefined : name;
}

/** The resource's own type, without those of its parents; empty where the text is no URN. */
export function typeInUrn(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}
