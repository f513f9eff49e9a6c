import { join } from "node:path";
import { stringify } from "yaml";
import { projectName, repositoryRoot } from "../scripts/engine/project";

/** A program for a number of deployments. */
export interface Program {
  readonly files: Readonly<Record<string, string>>;
}

const loop = (count: number, type: string) =>
  `for (let i = 0; i < ${count}; i += 1) new ${type}("d" + i, { appType: "superset" });`;

/** With the dynamic provider of this package. */
export const throughDynamic = (count: number): Program => ({
  files: {
    "Pulumi.yaml": stringify({ name: projectName, runtime: "nodejs" }),
    "index.js": `const { Deployment } = require("pulumi-onvera");\n${loop(count, "Deployment")}`,
  },
});

/** With the naive dynamic provider. */
export const throughNaive = (count: number): Program => ({
  files: {
    "Pulumi.yaml": stringify({ name: projectName, runtime: "nodejs" }),
    "index.js": `const { Deployment } = require(${JSON.stringify(join(__dirname, "peers", "naive"))});\n${loop(count, "Deployment")}`,
  },
});

/** Dynamic resources that do nothing, with as many values as a deployment. */
export const throughNothing = (count: number): Program => ({
  files: {
    "Pulumi.yaml": stringify({ name: projectName, runtime: "nodejs" }),
    "index.js": `
      const { dynamic } = require("@pulumi/pulumi");
      const provider = {
        check: async (olds, news) => ({ inputs: news }),
        diff: async () => ({ changes: false }),
        create: async ({ appType }) => ({
          id: "dep_00000000-0000-4000-8000-000000000000",
          outs: {
            deploymentId: "dep_00000000-0000-4000-8000-000000000000", name: "d0-abcdefg", appType, status: "ready",
            url: "https://d0-abcdef.onvera.io", environmentId: "env_default", createdAt: "2026-01-01T00:00:00.000Z",
            operationId: "op_00000000-0000-4000-8000-000000000000",
          },
        }),
      };
      const unset = Object.fromEntries(["deploymentId", "name", "status", "url", "environmentId", "createdAt", "operationId"].map((key) => [key, undefined]));
      class Nothing extends dynamic.Resource {
        constructor(name, args) { super(provider, name, { ...unset, ...args }); }
      }
      ${loop(count, "Nothing")}`,
  },
});

/** A Node.js program for a provider plugin, with a class like that of its SDK. */
const nodeProgram = (count: number, type: string) => `
  const { CustomResource } = require("@pulumi/pulumi");
  const unset = Object.fromEntries(["deploymentId", "name", "status", "url", "environmentId", "createdAt", "operationId"].map((key) => [key, undefined]));
  class Deployment extends CustomResource {
    constructor(name, args) { super(${JSON.stringify(type)}, name, { ...unset, ...args }); }
  }
  ${loop(count, "Deployment")}`;

const plugins = (name: string, path: string) => ({ plugins: { providers: [{ name, path }] } });

/** With the plugin of this package in `folder`. */
export const throughPlugin = (count: number, folder = join(repositoryRoot, "bin")): Program => ({
  files: {
    "Pulumi.yaml": stringify({ name: projectName, runtime: "nodejs", ...plugins("onvera", folder) }),
    "index.js": nodeProgram(count, "onvera:index:Deployment"),
  },
});

/** With the Go plugin in `folder`. */
export const throughGo = (count: number, folder: string): Program => ({
  files: {
    "Pulumi.yaml": stringify({ name: projectName, runtime: "nodejs", ...plugins("peer", folder) }),
    "index.js": nodeProgram(count, "peer:index:Deployment"),
  },
});

/** The same two as YAML programs. */
export const yamlThroughPlugin = (count: number, folder = join(repositoryRoot, "bin")): Program =>
  yamlProgram(count, "onvera:index:Deployment", plugins("onvera", folder));
export const yamlThroughGo = (count: number, folder: string): Program =>
  yamlProgram(count, "peer:index:Deployment", plugins("peer", folder));

function yamlProgram(count: number, type: string, more: object): Program {
  const resources = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`d${index}`, { type, properties: { appType: "superset" } }]),
  );
  return { files: { "Pulumi.yaml": stringify({ name: projectName, runtime: "yaml", ...more, resources }) } };
}
