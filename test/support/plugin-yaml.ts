import { stringify } from "yaml";
import { pluginDoor, pluginProject } from "./doors";
import { projectName } from "./engine";
import { useWorlds, type World, type WorldOptions } from "./world";

type Yaml = Record<string, unknown>;

/** A world whose program is YAML, on the provider plugin. */
export interface YamlWorld {
  readonly world: World;
  /** Replaces what the next command runs. */
  setYaml(yaml: Yaml): void;
}

/** For a `describe` block: starts worlds with a YAML program, and stops them after each test. */
export function useYamlWorlds(): (yaml: Yaml, options?: WorldOptions) => Promise<YamlWorld> {
  const start = useWorlds();
  return async (yaml, options = {}) => {
    const world = await start({ ...options, door: pluginDoor, yaml });
    const setYaml = (next: Yaml) =>
      world.project.write("Pulumi.yaml", stringify({ name: projectName, runtime: "yaml", ...next, ...pluginProject }));
    return { world, setYaml };
  };
}

/** A resource of a YAML program. */
export function deployment(appType: string, properties: Yaml = {}, options?: Yaml): Yaml {
  return {
    type: "onvera:Deployment",
    properties: { appType, ...properties },
    ...(options === undefined ? {} : { options }),
  };
}

/** `${path}`, as a YAML program refers to a resource, its properties or a variable. */
export function reference(path: string): string {
  return `\${${path}}`;
}
