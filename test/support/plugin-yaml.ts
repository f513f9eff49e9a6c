import { stringify } from "yaml";
import { pluginHost, pluginProject } from "../../scripts/engine/hosts";
import { projectName } from "./engine";
import { type Harness, type HarnessOptions, useHarness } from "./harness";

export { deployment, reference } from "../../scripts/engine/yaml-program";

type Yaml = Record<string, unknown>;

/** A harness with a YAML program, which uses the provider plugin. */
export interface YamlHarness {
  readonly harness: Harness;
  /** Replaces what the next command runs. */
  setYaml(yaml: Yaml): void;
}

/** For a `describe` block: starts harnesses with YAML programs, and stops them after each test. */
export function useYamlHarness(): (yaml: Yaml, options?: HarnessOptions) => Promise<YamlHarness> {
  const start = useHarness();
  return async (yaml, options = {}) => {
    const harness = await start({ ...options, host: pluginHost, yaml });
    const setYaml = (next: Yaml) =>
      harness.project.write(
        "Pulumi.yaml",
        stringify({ name: projectName, runtime: "yaml", ...next, ...pluginProject }),
      );
    return { harness, setYaml };
  };
}
