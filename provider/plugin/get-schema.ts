import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { RequestError } from "../resource-handler";
import { readPackageVersion } from "../version";
import { packageSchema } from "./schema";

/**
 * The package's schema. Needs no configuration, because the engine requests the schema first. Throws `RequestError` for another
 * version of the schema format, and for a subpackage.
 */
export function getSchema(request: proto.GetSchemaRequest): proto.GetSchemaResponse {
  const version = request.getVersion();
  if (version !== 0) {
    throw new RequestError(`schema version ${version} is not supported, only version 0; update the provider`);
  }
  if (request.getSubpackageName() !== "") {
    throw new RequestError(`the onvera package has no subpackage "${request.getSubpackageName()}"`);
  }
  const schema = { ...packageSchema(), version: readPackageVersion() };
  return new proto.GetSchemaResponse().setSchema(JSON.stringify(schema));
}
