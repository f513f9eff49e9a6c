/*
 * The fields that our Kubernetes resources use, with their types. They find typing errors without a cluster, which would silently
 * drop unknown fields. Sources: the definitions of the Pulumi Kubernetes Operator v2.9.0
 * (https://github.com/pulumi/pulumi-kubernetes-operator/tree/v2.9.0/deploy/crds) and of KEDA v2.20
 * (https://github.com/kedacore/keda/tree/v2.20.2/config/crd/bases), and the API of Kubernetes 1.37. test/engine/gitops-formats.test.ts
 * compares with the definitions themselves.
 */

const text = { type: "string", minLength: 1 } as const;
const flag = { type: "boolean" } as const;

const whole = { type: "integer", minimum: 0 } as const;

const metadata = closed({ name: text, namespace: text }, ["name"]);

const reference = {
  oneOf: [
    closed({ type: { const: "Secret" }, secret: closed({ name: text, key: text, namespace: text }, ["name", "key"]) }, [
      "type",
      "secret",
    ]),
    closed({ type: { const: "Literal" }, literal: closed({ value: { type: "string" } }, ["value"]) }, [
      "type",
      "literal",
    ]),
  ],
};

const stack = closed(
  {
    apiVersion: { const: "pulumi.com/v1" },
    kind: { const: "Stack" },
    metadata,
    spec: {
      ...closed(
        {
          stack: text,
          serviceAccountName: text,
          projectRepo: { type: "string", format: "uri" },
          branch: text,
          commit: { type: "string", pattern: "^[0-9a-f]{40}$" },
          repoDir: text,
          shallow: flag,
          programRef: closed({ name: text }, ["name"]),
          useLocalStackOnly: flag,
          refresh: flag,
          destroyOnFinalize: flag,
          continueResyncOnCommitMatch: flag,
          resyncFrequencySeconds: { type: "integer", minimum: 60 },
          retryMaxBackoffDurationSeconds: { type: "integer", minimum: 1 },
          retryOnUpdateConflict: flag,
          envRefs: { type: "object", additionalProperties: reference },
          prerequisites: {
            type: "array",
            items: closed({ name: text, requirement: closed({ succeededWithinDuration: text }, []) }, ["name"]),
          },
          workspaceTemplate: closed({ spec: closed({ image: text }, []) }, []),
        },
        ["stack"],
      ),
      // A program comes from one source; in a repository, from a branch or a commit.
      oneOf: [
        { required: ["programRef"] },
        { required: ["projectRepo", "branch"] },
        { required: ["projectRepo", "commit"] },
      ],
    },
  },
  ["apiVersion", "kind", "metadata", "spec"],
);

const program = closed(
  {
    apiVersion: { const: "pulumi.com/v1" },
    kind: { const: "Program" },
    metadata,
    program: closed(
      {
        resources: {
          type: "object",
          additionalProperties: closed(
            {
              type: text,
              properties: { type: "object" },
              options: closed(
                {
                  customTimeouts: closed({ create: text, update: text, delete: text }, []),
                  dependsOn: { type: "array" },
                  deleteBeforeReplace: flag,
                  protect: flag,
                },
                [],
              ),
            },
            ["type"],
          ),
        },
        outputs: { type: "object" },
        variables: { type: "object" },
      },
      [],
    ),
  },
  ["apiVersion", "kind", "metadata", "program"],
);

const labels = { type: "object", additionalProperties: text };
const quantity = { type: "string", pattern: "^\\d+(m|Mi|Gi)?$" };
const quantities = closed({ cpu: quantity, memory: quantity }, []);

const container = closed(
  {
    name: text,
    image: text,
    command: { type: "array", items: text },
    envFrom: { type: "array", items: closed({ secretRef: closed({ name: text }, ["name"]) }, ["secretRef"]) },
    volumeMounts: {
      type: "array",
      items: closed({ name: text, mountPath: text, subPath: text }, ["name", "mountPath"]),
    },
    resources: closed({ requests: quantities, limits: quantities }, []),
    securityContext: closed({ runAsNonRoot: flag, allowPrivilegeEscalation: flag }, []),
  },
  ["name", "image"],
);

const pod = closed(
  {
    terminationGracePeriodSeconds: whole,
    automountServiceAccountToken: flag,
    containers: { type: "array", items: container, minItems: 1 },
    volumes: { type: "array", items: closed({ name: text, configMap: closed({ name: text }, ["name"]) }, ["name"]) },
  },
  ["containers"],
);

const deployment = closed(
  {
    apiVersion: { const: "apps/v1" },
    kind: { const: "Deployment" },
    metadata,
    spec: closed(
      {
        selector: closed({ matchLabels: labels }, ["matchLabels"]),
        template: closed({ metadata: closed({ labels }, ["labels"]), spec: pod }, ["metadata", "spec"]),
      },
      ["selector", "template"],
    ),
  },
  ["apiVersion", "kind", "metadata", "spec"],
);

const scaledObject = closed(
  {
    apiVersion: { const: "keda.sh/v1alpha1" },
    kind: { const: "ScaledObject" },
    metadata,
    spec: closed(
      {
        scaleTargetRef: closed({ name: text }, ["name"]),
        minReplicaCount: whole,
        maxReplicaCount: whole,
        // All values of a trigger's metadata are strings. Source: pkg/scalers/postgresql_scaler.go
        triggers: {
          type: "array",
          items: closed(
            {
              type: { const: "postgresql" },
              metadata: closed({ connectionFromEnv: text, query: text, targetQueryValue: text }, [
                "query",
                "targetQueryValue",
              ]),
            },
            ["type", "metadata"],
          ),
        },
      },
      ["scaleTargetRef", "triggers"],
    ),
  },
  ["apiVersion", "kind", "metadata", "spec"],
);

/** By kind. */
export const kubernetesSchemas: Readonly<Record<string, object>> = {
  Stack: stack,
  Program: program,
  Deployment: deployment,
  ScaledObject: scaledObject,
};

function closed(properties: Record<string, object>, required: readonly string[]) {
  return { type: "object", properties, required, additionalProperties: false } as const;
}
