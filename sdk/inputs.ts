import type * as pulumi from "@pulumi/pulumi";

/** Arguments that may be outputs. Outputs of a resource can be absent by their type: a required argument that turns out absent is an error. */
export type Inputs<T> = { [K in keyof T]: pulumi.Input<T[K] | undefined> };
