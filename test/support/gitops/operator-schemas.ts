/*
 * The fields of the Pulumi Kubernetes Operator's resources that the example uses, with their types. They find typing errors
 * without a cluster, which would silently drop unknown fields.
 * Source: the custom resource definitions of v2.9.0, https://github.com/pulumi/pulumi-kubernetes-operator/tree/v2.9.0/deploy/crds
 */

const text = { type: "string", minLength: 1 } as const;
const flag = { type: "boolean" } as const;

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

/** By kind. */
export const operatorSchemas: Readonly<Record<string, object>> = { Stack: stack, Program: program };

function closed(properties: Record<string, object>, required: readonly string[]) {
  return { type: "object", properties, required, additionalProperties: false } as const;
}
