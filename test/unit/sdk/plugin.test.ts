import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import schema from "../../../provider/plugin/schema.json";
import * as dynamic from "../../../sdk";
import * as plugin from "../../../sdk/plugin";
import { toApiError } from "../../../sdk/plugin/api-error";

/** The compiler (`npm run check`) evaluates this part of the test: the types of the two modules, against each other and the schema. */
type Same<A, B> = [A, B] extends [B, A] ? true : false;
type Resource = (typeof schema.resources)["onvera:index:Deployment"];
type Functions = typeof schema.functions;
type ResultOf<Name extends keyof Functions> = keyof Functions[Name]["outputs"]["properties"];
type ArgsOf<Name extends keyof Functions> = keyof Functions[Name]["inputs"]["properties"];
type Outputs<T> = Omit<T, keyof pulumi.CustomResource>;

plugin satisfies Omit<typeof dynamic, "Deployment">;
plugin.Deployment satisfies new (
  ...args: ConstructorParameters<typeof dynamic.Deployment>
) => plugin.Deployment;
true satisfies Same<Outputs<plugin.Deployment>, Outputs<dynamic.Deployment>>;
true satisfies Same<keyof Outputs<plugin.Deployment>, keyof Resource["properties"]>;
true satisfies Same<keyof plugin.DeploymentArgs, keyof Resource["inputProperties"]>;
true satisfies Same<keyof plugin.ProviderArgs, keyof typeof schema.provider.inputProperties>;
true satisfies Same<
  keyof Omit<plugin.Provider, keyof pulumi.ProviderResource>,
  keyof typeof schema.provider.properties
>;
true satisfies Same<keyof plugin.DeploymentInfo, ResultOf<"onvera:index:getDeployment">>;
true satisfies Same<keyof plugin.Operation, ResultOf<"onvera:index:getOperation">>;
true satisfies Same<keyof plugin.Environment, keyof (typeof schema.types)["onvera:index:Environment"]["properties"]>;
true satisfies Same<keyof plugin.GetDeploymentArgs, ArgsOf<"onvera:index:getDeployment">>;
true satisfies Same<keyof plugin.GetOperationArgs, ArgsOf<"onvera:index:getOperation">>;
true satisfies Same<keyof plugin.GetOperationsArgs, ArgsOf<"onvera:index:getOperations">>;

describe("pulumi-onvera/plugin", () => {
  let resources: pulumi.runtime.MockResourceArgs[] = [];
  let calls: pulumi.runtime.MockCallArgs[] = [];
  beforeEach(async () => {
    resources = [];
    calls = [];
    await pulumi.runtime.setMocks({
      newResource: (resource) => {
        resources.push(resource);
        return { id: `${resource.name}-id`, state: { ...resource.inputs, operationId: "op_1" } };
      },
      call: (call) => {
        calls.push(call);
        const [, list] = /:get(Deployments|Operations|Environments)$/.exec(call.token) ?? [];
        return list === undefined
          ? { id: call.inputs["id"], status: "ready" }
          : { [list.toLowerCase()]: [{ id: "1" }] };
      },
    });
  });

  it("exports what pulumi-onvera exports, and Provider", () => {
    expect(Object.keys(plugin)).to.have.members([...Object.keys(dynamic), "Provider"]);
  });

  it("has each resource and function of the schema", () => {
    const tokens = [...Object.keys(schema.resources), ...Object.keys(schema.functions)];
    const names = tokens.map((token) => token.slice(token.lastIndexOf(":") + 1));
    const outputForms = names.filter((name) => name.startsWith("get")).map((name) => `${name}Output`);
    expect(plugin).to.include.all.keys([...names, ...outputForms]);
  });

  for (const [name, onvera] of Object.entries({ "pulumi-onvera": dynamic, "pulumi-onvera/plugin": plugin })) {
    it(`has functions with results of one shape: ${name}`, async () => {
      const one = { id: "dep_1", status: "ready" };
      const list = [{ id: "1" }];
      const { operationId } = new onvera.Deployment("etl", { appType: "airflow" });
      expect(await onvera.getDeployment({ id: "dep_1" })).to.deep.equal(one);
      expect(await onvera.getOperation({ id: "dep_1" })).to.deep.equal(one);
      expect(await onvera.getDeployments()).to.deep.equal(list);
      expect(await onvera.getOperations({ status: "failed" })).to.deep.equal(list);
      expect(await onvera.getEnvironments()).to.deep.equal(list);
      expect(await resolved(onvera.getDeploymentOutput({ id: "dep_1" }))).to.deep.equal(one);
      expect(await resolved(onvera.getOperationOutput({ id: operationId }))).to.deep.equal({ ...one, id: "op_1" });
      expect(await resolved(onvera.getDeploymentsOutput())).to.deep.equal(list);
      expect(await resolved(onvera.getOperationsOutput({ resourceId: "dep_1" }))).to.deep.equal(list);
      expect(await resolved(onvera.getEnvironmentsOutput())).to.deep.equal(list);
      const inputs = calls.filter(({ token }) => token.endsWith(":getOperations")).map((call) => call.inputs);
      expect(inputs).to.deep.equal([{ status: "failed" }, { resourceId: "dep_1" }]);
    });
  }

  it("registers deployments by the schema's token, with the program's inputs only", async () => {
    const etl = new plugin.Deployment("etl", { appType: "airflow", name: "warehouse" });
    await resolved(etl.urn);
    expect(resources).to.have.length(1);
    expect(resources[0]).to.deep.include({
      type: "onvera:index:Deployment",
      inputs: { appType: "airflow", name: "warehouse" },
    });
    expect(plugin.Deployment.isInstance(etl)).to.equal(true);
    expect(dynamic.Deployment.isInstance(etl)).to.equal(false);
    expect(() => plugin.Deployment.get("etl", " ")).to.throw(pulumi.RunError, 'Deployment.get("etl"): id is empty');
  });

  it("has explicit providers, whose key is a secret and whose other values are text", async () => {
    const other = new plugin.Provider("other", { apiKey: "k", refreshBeforeUpdate: false, adopt: { etl: "dep_1" } });
    const { id } = new plugin.Deployment("etl", { appType: "airflow" }, { provider: other });
    await plugin.getDeployments({ provider: other });
    await resolved(id);
    expect(await pulumi.isSecret(other.apiKey)).to.equal(true);
    const [provider, etl] = resources;
    expect(provider).to.deep.include({ type: "pulumi:providers:onvera", name: "other" });
    expect(provider?.inputs).to.deep.include({ refreshBeforeUpdate: "false", adopt: '{"etl":"dep_1"}' });
    for (const given of [etl?.provider, calls[0]?.provider]) expect(given).to.match(/::other::other-id$/);
  });
});

describe("an error of the plugin in the program", () => {
  it("is an ApiError again if the platform returned an error status", () => {
    for (const requestId of ["req_9", undefined]) {
      const details = {
        method: "GET",
        path: "/deployments/dep_1",
        status: 404,
        code: "NOT_FOUND",
        reason: "no (such) one",
      };
      const thrown = new dynamic.ApiError({ ...details, requestId });
      const error = toApiError(new Error(thrown.message)) as dynamic.ApiError;
      expect(error).to.be.instanceOf(plugin.ApiError);
      expect(error).to.deep.include({ status: 404, code: "NOT_FOUND", reason: "no (such) one", requestId });
      expect(error.message).to.equal(thrown.message);
    }
  });

  it("stays what it is otherwise", () => {
    const error = new Error("GET /deployments got no response from api.onvera.io: refused");
    expect(toApiError(error)).to.equal(error);
  });
});

function resolved<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}
