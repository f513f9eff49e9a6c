/**
 * The provider of `Deployment` that Pulumi's host of dynamic providers loads, by what the state says (sdk/serialized-provider.ts).
 * The host calls the functions of this module.
 */

import type * as pulumi from "@pulumi/pulumi";
import { resources } from "../resources";
import { createDynamicProvider } from "./dynamic-provider";
import { DynamicRuntime } from "./dynamic-runtime";

const handler = resources["onvera:index:Deployment"];
const runtime = new DynamicRuntime(process.argv[2] ?? "");
const provider = createDynamicProvider(handler, runtime) satisfies pulumi.dynamic.ResourceProvider;

export = provider;
