/**
 * The provider of `Deployment`. Pulumi's host of dynamic providers loads it with the code in the state
 * (sdk/serialized-provider.ts), and calls the functions of this module.
 */

import type * as pulumi from "@pulumi/pulumi";
import { resources } from "../resources";
import { createDynamicProvider } from "./dynamic-provider";
import { DynamicRuntime } from "./dynamic-runtime";

const handler = resources["onvera:index:Deployment"];
const runtime = new DynamicRuntime(process.argv[2] ?? "");
const provider = createDynamicProvider(handler, runtime) satisfies pulumi.dynamic.ResourceProvider;

export = provider;
