import type { ProjectOptions } from "./engine";

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

/** Every door; the contract's tests run through each of them. */
export const doors: readonly Door[] = [dynamicDoor];
