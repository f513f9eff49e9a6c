import { join } from "node:path";
import { type ProjectOptions, repositoryRoot } from "./engine";

/** A way into the provider: what a Node.js program needs so that `new Deployment(name, args, opts)` goes through it. */
export interface Door {
  readonly name: string;
  /** The type in the state. */
  readonly type: string;
  /** Source that makes `Deployment` available to the program below it. */
  readonly prelude: string;
  readonly project?: Partial<ProjectOptions>;
}

export const dynamicDoor: Door = {
  name: "the dynamic resource",
  type: "pulumi-nodejs:dynamic/onvera:Deployment",
  prelude: 'const { Deployment } = require("pulumi-onvera");',
};

/** What Pulumi.yaml says for the engine to find the plugin of this repository. */
export const pluginProject = pluginProjectOf(repositoryRoot);

/** The same for the plugin of a package that lies elsewhere. */
export function pluginProjectOf(packageFolder: string) {
  return { plugins: { providers: [{ name: "onvera", path: join(packageFolder, "bin") }] } };
}

/** As a generated SDK has it. */
export const pluginDoor: Door = {
  name: "the provider plugin",
  type: "onvera:index:Deployment",
  prelude: `
    const outputs = ["deploymentId", "appType", "name", "status", "url", "environmentId", "createdAt", "operationId"];
    const { CustomResource, mergeOptions } = require("@pulumi/pulumi");
    const aliases = [{ type: "pulumi-nodejs:dynamic/onvera:Deployment" }];
    class Deployment extends CustomResource {
      constructor(name, args, opts) {
        const unset = Object.fromEntries(outputs.map((key) => [key, undefined]));
        super("onvera:index:Deployment", name, { ...unset, ...args }, mergeOptions({ aliases }, opts));
      }
    }
  `,
  project: { pulumiYaml: pluginProject },
};

/** Every door; the contract's tests run through each of them. */
export const doors: readonly Door[] = [dynamicDoor, pluginDoor];
