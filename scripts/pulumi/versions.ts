/** Every version that getting a Pulumi CLI depends on; the only place where they are written. */
export const versions = {
  /** The oldest CLI that is used when it is already on PATH. */
  oldestOnPath: "3.150.0",
  /** The CLI that is installed or built when PATH has none. */
  pulumi: "3.259.0",
  /** The Go module of the YAML language host. */
  pulumiYaml: "1.38.0",
  /** The last SDK module that carries the language hosts; later ones moved them to modules that Go cannot fetch. */
  languageHosts: "3.68.0",
  /** The same for the Go language host, which left the SDK module earlier. */
  goLanguageHost: "3.60.0",
  /** The oldest Go that compiles the above. */
  go: "1.26.0",
} as const;

/** Languages whose host a caller may ask for. The official CLI brings all of them. */
export type Language = "nodejs" | "yaml" | "python" | "go";

/** What must lie beside the CLI, or on PATH, for programs of a language to run. */
export const companions: Record<Language, readonly string[]> = {
  // The second one is a script of the npm package: it starts dynamic providers.
  nodejs: ["pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"],
  yaml: ["pulumi-language-yaml"],
  python: ["pulumi-language-python", "pulumi-language-python-exec"],
  go: ["pulumi-language-go"],
};
