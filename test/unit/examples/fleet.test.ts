import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Ajv } from "ajv";
import { expect } from "chai";
import { parse, parseAllDocuments } from "yaml";
import { kubernetesSchemas } from "../../support/gitops/kubernetes-schemas";

const folder = resolve(__dirname, "..", "..", "..", "examples", "fleet");

interface Resource {
  kind: string;
  metadata: { name: string };
  spec: Record<string, unknown>;
}

describe("the Kubernetes resources of examples/fleet", () => {
  const documents = (file: string) =>
    parseAllDocuments(readFileSync(join(folder, "kubernetes", file), "utf8")).map((each) => each.toJS() as Resource);
  const resources = [...documents("workers.yaml"), ...documents("stack.yaml")];
  const find = (kind: string) => resources.find((each) => each.kind === kind) as Resource;
  const ajv = new Ajv({ allErrors: true, validateFormats: false });
  const mistakesIn = (resource: Resource) => {
    const isValid = ajv.compile(kubernetesSchemas[resource.kind] ?? { not: {} });
    return isValid(resource) ? "" : ajv.errorsText(isValid.errors);
  };

  it("have the fields that Kubernetes, KEDA and the operator know, with their types", () => {
    expect(resources.map(({ kind }) => kind)).to.deep.equal(["Deployment", "ScaledObject", "Stack", "Program"]);
    for (const resource of resources) {
      expect(mistakesIn(resource), resource.kind).to.equal("");
      expect(mistakesIn({ ...resource, spec: { ...resource.spec, replicaCount: 1 } }), resource.kind).to.not.equal("");
    }
  });

  it("select their own pods, scale the Deployment, and give a worker the time that it takes to stop", () => {
    const { metadata, spec } = find("Deployment");
    const { selector, template } = spec as {
      selector: { matchLabels: object };
      template: { metadata: { labels: object }; spec: { terminationGracePeriodSeconds: number } };
    };
    expect(template.metadata.labels).to.deep.include(selector.matchLabels);
    expect(find("ScaledObject").spec["scaleTargetRef"]).to.deep.equal({ name: metadata.name });
    const { stopSeconds } = parse(readFileSync(join(folder, "fleet.yaml"), "utf8"));
    expect(template.spec.terminationGracePeriodSeconds).to.be.greaterThan(stopSeconds);
    const { name } = find("Program").metadata;
    // The operator names the project after the Program.
    expect(find("Stack").spec).to.deep.include({ programRef: { name }, stack: `organization/${name}/data-ingest` });
  });
});
