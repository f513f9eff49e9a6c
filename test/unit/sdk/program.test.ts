import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import {
  Deployment,
  getDeployment,
  getDeployments,
  getOperation,
  getOperationOutput,
  getOperations,
  SettingsError,
} from "../../../sdk";

// The SDK exports no types for them.
const { withLocalStorage, getStore } = require("@pulumi/pulumi/runtime/state") as {
  withLocalStorage<T>(call: () => T): T;
  getStore(): { stackResource?: object };
};

/** Runs a program with its own configuration and stack, as the Automation API runs inline programs. */
function inStack<T>(config: Record<string, string>, program: () => T, secretKeys = ["onvera:apiKey"]): T {
  return withLocalStorage(() => {
    pulumi.runtime.setAllConfig(config, secretKeys);
    getStore().stackResource = {};
    return program();
  });
}

describe("the functions in several stacks of one process", () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  /** An empty platform that records the key of each request. */
  async function start(): Promise<{ baseUrl: string; keys: unknown[] }> {
    const keys: unknown[] = [];
    const server = createServer(({ headers }, response) => {
      keys.push(headers["x-api-key"]);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ data: { items: [], pagination: { page: 1, per_page: 100, total: 0, pages: 1 } } }));
    });
    return { baseUrl: await listen(server), keys };
  }

  async function listen(server: Server): Promise<string> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it("send each stack's requests to its own host, with its own key", async () => {
    const first = await start();
    const second = await start();
    const run = ({ baseUrl }: { baseUrl: string }, apiKey: string) =>
      inStack({ "onvera:apiKey": apiKey, "onvera:baseUrl": baseUrl }, async () => {
        await getDeployments();
        await getOperations();
      });
    await Promise.all([run(first, "key-1"), run(second, "key-2")]);
    expect(first.keys).to.deep.equal(["key-1", "key-1"]);
    expect(second.keys).to.deep.equal(["key-2", "key-2"]);
  });

  it("report retries and deprecations to the program's log", async () => {
    let requests = 0;
    const server = createServer((_, response) => {
      requests += 1;
      response.setHeader("content-type", "application/json").setHeader("deprecation", "@1767225600");
      if (requests === 1) response.writeHead(503, { "retry-after": "0" });
      response.end(JSON.stringify({ data: { items: [], pagination: { page: 1, per_page: 100, total: 0, pages: 1 } } }));
    });
    const log = pulumi.log as { warn: (text: string) => Promise<void> };
    const { warn } = log;
    const warnings: string[] = [];
    log.warn = async (text) => void warnings.push(text);
    try {
      const config = { "onvera:apiKey": "key", "onvera:baseUrl": await listen(server) };
      await inStack(config, () => getDeployments());
    } finally {
      log.warn = warn;
    }
    const text = warnings.join("\n");
    expect(text).to.contain("503").and.to.contain("retrying");
    expect(text).to.contain("is deprecated since 2026-01-01");
  });

  it("throw errors whose classes the package exports", () => {
    const config = { "onvera:apiKey": "key", "onvera:baseUrl": "ftp://onvera.example" };
    expect(() => inStack(config, getDeployments)).to.throw(SettingsError);
  });
});

describe("the configuration that a program of the dynamic provider checks", () => {
  const deploymentIn = (config: Record<string, string>, secretKeys?: string[]) => () =>
    inStack(config, () => new Deployment("etl", { appType: "airflow" }), secretKeys);

  it("rejects an API key in plain text, and names the command that makes it secret", () => {
    expect(deploymentIn({ "onvera:apiKey": "key-in-plain-text" }, []))
      .to.throw(pulumi.RunError, "pulumi config set --secret onvera:apiKey <key>")
      .and.to.have.property("message")
      .that.does.not.include("key-in-plain-text");
  });

  it("reports every unknown key and bad value at once", () => {
    expect(
      deploymentIn({
        "onvera:apikey": "x",
        "onvera:refreshBeforeUpdate": "maybe",
        "onvera:adopt": "etl",
        "other:key": "x",
      }),
    )
      .to.throw(pulumi.RunError, 'onvera:apikey: is not a setting of this provider; did you mean "apiKey"?')
      .and.to.have.property("message")
      .that.matches(/onvera:refreshBeforeUpdate: expected true or false.*onvera:adopt: expected deployment ids/)
      .and.does.not.include("other:key");
  });
});

describe("the SDK under mocks", () => {
  let resources: string[] = [];
  let calls: pulumi.runtime.MockCallArgs[] = [];
  beforeEach(async () => {
    resources = [];
    calls = [];
    await pulumi.runtime.setMocks({
      newResource: ({ name, inputs }) => {
        resources.push(name);
        return { id: `${name}-id`, state: { ...inputs, operationId: "op_1" } };
      },
      call: (args) => {
        calls.push(args);
        if (args.token.endsWith(":getDeployments")) return { deployments: [{ id: "dep_1", status: "ready" }] };
        return { id: args.inputs["id"], status: "succeeded" };
      },
    });
  });

  for (const order of ["first", "second"]) {
    it(`creates no other resource in the ${order} test`, async () => {
      await resolved(new Deployment("etl", { appType: "airflow" }).urn);
      expect(resources).to.deep.equal(["etl"]);
    });
  }

  it("calls the mocks from the functions, also with outputs that can be absent by their type", async () => {
    const config = new pulumi.Config("test");
    const etl = new Deployment("etl", { appType: "airflow", name: config.get("name") });
    const operation = await resolved(getOperationOutput({ id: etl.operationId }));
    expect(operation).to.deep.equal({ id: "op_1", status: "succeeded" });
    expect(await getDeployments()).to.deep.equal([{ id: "dep_1", status: "ready" }]);
    expect(calls.map(({ token }) => token)).to.deep.equal(["onvera:index:getOperation", "onvera:index:getDeployments"]);
  });

  it("rejects arguments of functions that the provider plugin rejects", () => {
    const operations = (args: object) => () => getOperations(args);
    const deployment = (args: unknown) => () => getDeployment(args as { id: string });
    expect(deployment({ id: "dep_1", name: "etl" })).to.throw(
      TypeError,
      "getDeployment: name: is not an argument; expected id",
    );
    expect(deployment({ id: "" })).to.throw(TypeError, "getDeployment: id: expected a non-empty string, got ");
    expect(deployment(undefined)).to.throw(TypeError, "getDeployment: id: is required");
    const operation = getOperation as (args: object) => unknown;
    expect(() => operation({ deploymentId: "dep_1" })).to.throw(
      TypeError,
      "getOperation: deploymentId: is not an argument; expected id; id: is required",
    );
    expect(operations({ typo: "x" })).to.throw(
      TypeError,
      "getOperations: typo: is not an argument; expected status, type, resourceId",
    );
    expect(operations({ status: ["failed"], type: "" })).to.throw(
      TypeError,
      /^getOperations: status: expected a non-empty string, got .*; type: expected a non-empty string, got /,
    );
  });

  it("rejects an import and an empty id, and reports what to do instead", () => {
    expect(() => new Deployment("it's", { appType: "airflow" }, { import: "dep_1" })).to.throw(
      pulumi.RunError,
      `pulumi config set --path 'onvera:adopt["it'\\''s"]' dep_1`,
    );
    expect(() => Deployment.get("etl", "")).to.throw(pulumi.RunError, 'Deployment.get("etl"): id is empty');
  });
});

function resolved<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}
