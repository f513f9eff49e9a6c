/** All versions that finding, installing or building a Pulumi CLI depends on. */
export const versions = {
  /** The oldest CLI on PATH that is used. */
  oldestOnPath: "3.150.0",
  /** The CLI that is installed or built if PATH has none. */
  pulumi: "3.259.0",
  /** The Go module of the YAML language host. */
  pulumiYaml: "1.38.0",
  /** The last SDK module with the language hosts; later ones moved them to modules that Go cannot download. */
  languageHosts: "3.68.0",
  /** The last SDK module with the Go language host. */
  goLanguageHost: "3.60.0",
  /** The last CLI module with the generator of .NET SDKs that Go can download, and the SDK module that belongs to it. */
  dotnetGenerator: "3.106.0",
  /** The oldest Go that compiles these modules. */
  go: "1.26.0",
} as const;

/** Languages whose host a caller can require. The official CLI contains all of them. */
export type Language = "nodejs" | "yaml" | "python" | "go";

/** The files beside the CLI, or on PATH, that programs in a language need. */
export const companions: Record<Language, readonly string[]> = {
  // The second one is a script of the npm package, which starts dynamic providers.
  nodejs: ["pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"],
  yaml: ["pulumi-language-yaml"],
  python: ["pulumi-language-python", "pulumi-language-python-exec"],
  go: ["pulumi-language-go"],
};
