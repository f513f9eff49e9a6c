import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { RequestError } from "../resource-handler";
import { pluginVersion } from "./plugin-version";
import { packageSchema } from "./schema";

/** Asks for no key: the engine wants the schema long before anything is configured. Throws `RequestError`. */
export function getSchema(request: proto.GetSchemaRequest): proto.GetSchemaResponse {
  const version = request.getVersion();
  if (version !== 0) {
    throw new RequestError(`schema version ${version} is not served, only version 0; update the provider`);
  }
  if (request.getSubpackageName() !== "") {
    throw new RequestError(`the onvera package has no subpackage "${request.getSubpackageName()}"`);
  }
  const schema = { ...packageSchema(), version: pluginVersion() };
  return new proto.GetSchemaResponse().setSchema(JSON.stringify(schema));
}
