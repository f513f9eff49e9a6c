/**
 * gRPC and protobuf as the SDK's generated stubs use them. It has to be the same copies (credentials and messages of
 * another copy are refused), and they are the SDK's dependencies, not ours: so they are looked up from its folder.
 */

import { createRequire } from "node:module";

const fromSdk = createRequire(require.resolve("@pulumi/pulumi/package.json"));

export const grpc = fromSdk("@grpc/grpc-js") as typeof import("@grpc/grpc-js");
export const { Struct } = fromSdk(
  "google-protobuf/google/protobuf/struct_pb",
) as typeof import("google-protobuf/google/protobuf/struct_pb");
export const { Empty } = fromSdk(
  "google-protobuf/google/protobuf/empty_pb",
) as typeof import("google-protobuf/google/protobuf/empty_pb");
export const { Any } = fromSdk(
  "google-protobuf/google/protobuf/any_pb",
) as typeof import("google-protobuf/google/protobuf/any_pb");
