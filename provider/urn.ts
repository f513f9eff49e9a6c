/** What the resource is called in the program: the last part of its URN. */
export function nameInUrn(urn: string): string {
  return urn.split("::").at(-1) ?? "";
}

/** The resource's own type, without those of its parents; empty where the text is no URN. */
export function typeInUrn(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}
