// Starts the process of dynamic providers, configures it and calls check for one resource of a provider, like the engine.
const { spawn } = require("node:child_process");
const { createServer } = require("node:http2");
const { createInterface } = require("node:readline");
const grpc = require("@grpc/grpc-js");
const { ResourceProviderClient } = require("@pulumi/pulumi/proto/provider_grpc_pb");
const proto = require("@pulumi/pulumi/proto/provider_pb");
const { Struct } = require("google-protobuf/google/protobuf/struct_pb");

// The provider ends if nothing listens at the engine's address.
const engine = createServer().listen(0, "127.0.0.1", () => checkOne(`127.0.0.1:${engine.address().port}`));

function checkOne(engineAddress) {
  const host = spawn(process.execPath, [require.resolve("@pulumi/pulumi/cmd/dynamic-provider"), engineAddress], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  host.once("exit", () => process.exit());
  createInterface(host.stdout).once("line", (port) => check(host, port));
}

function check(host, port) {
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
}
