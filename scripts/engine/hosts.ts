import { join } from "node:path";
import { type ProjectOptions, repositoryRoot } from "./project";

/** A host of the provider: what a Node.js program needs for `new Deployment(name, args, opts)` to use it. */
export interface Host {
  readonly name: string;
  /** The type in the state. */
  readonly type: string;
  /** Source that defines `Deployment` for the program that follows. */
  readonly prelude: string;
  readonly project?: Partial<ProjectOptions>;
}

export const dynamicHost: Host = {
  name: "the dynamic provider",
  type: "pulumi-nodejs:dynamic/onvera:Deployment",
  prelude: 'const { Deployment } = require("pulumi-onvera");',
};

/** The part of Pulumi.yaml that names the plugin of this repository. */
export const pluginProject = pluginProjectOf(repositoryRoot);

/** The same for the plugin of a package in another folder. */
export function pluginProjectOf(packageFolder: string) {
  return { plugins: { providers: [{ name: "onvera", path: join(packageFolder, "bin") }] } };
}

/** With a class like that of a generated SDK. */
export const pluginHost: Host = {
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

/** Both hosts; the lifecycle contract is tested with each. */
export const hosts: readonly Host[] = [dynamicHost, pluginHost];
