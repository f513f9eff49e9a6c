// Starts the host of dynamic resources, configures it and has it check one resource of the given provider, as the engine does.
const { spawn } = require("node:child_process");
const { createInterface } = require("node:readline");
const grpc = require("@grpc/grpc-js");
const { ResourceProviderClient } = require("@pulumi/pulumi/proto/provider_grpc_pb");
const proto = require("@pulumi/pulumi/proto/provider_pb");
const { Struct } = require("google-protobuf/google/protobuf/struct_pb");

const host = spawn(process.execPath, [require.resolve("@pulumi/pulumi/cmd/dynamic-provider"), "127.0.0.1:9"], {
  stdio: ["ignore", "pipe", "inherit"],
});
createInterface(host.stdout).once("line", (port) => {
  const client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  const fail = (error) => {
    console.error(error);
    process.exitCode = 1;
  };
  client.configure(new proto.ConfigureRequest().setArgs(Struct.fromJavaScript({})), (configured) => {
    if (configured) fail(configured);
    const news = Struct.fromJavaScript({ __provider: process.argv[2], appType: "airflow", name: "etl" });
    const urn = "urn:pulumi:dev::bench::pulumi-nodejs:dynamic:Resource::etl";
    const request = new proto.CheckRequest().setUrn(urn).setOlds(Struct.fromJavaScript({})).setNews(news);
    client.check(request, (checked, response) => {
      if (checked) fail(checked);
      else if (response.getFailuresList().length > 0) fail(response.toString());
      client.close();
      host.kill("SIGTERM");
    });
  });
});
