/** What keeps the promises of the matrix, and what it comes to without each of them. */
export interface Safeguard {
  readonly id: string;
  /** For people. */
  readonly what: string;
  /** Below the repository's root. */
  readonly file: string;
  /** Texts of the file, each to be found there once, and what stands in their place where the safeguard is turned off. */
  readonly turnedOff: readonly (readonly [from: string, to: string])[];
  /** The scenes that show what it is for; a regular expression over their ids. */
  readonly scenes: RegExp;
}

export const safeguards: readonly Safeguard[] = [
  {
    id: "look-after-lost-answer",
    what: "a create whose answer was lost is looked for before it is sent again",
    file: "provider/deployment/create.ts",
    turnedOff: [
      [
        "const found = await this.#findOfLostRequest(create, lost, context);",
        "const found = undefined as Deployment | undefined;",
      ],
    ],
    scenes: /^create-(answers|bodies)$/,
  },
  {
    id: "look-for-killed-run",
    what: "what a killed run has made is looked for before anything is created",
    file: "provider/deployment/create.ts",
    turnedOff: [['if (nameOwner !== "run") {', 'if (nameOwner === ("never" as string)) {']],
    scenes: /^kill-create-sigkill-of-everything$/,
  },
  {
    id: "same-name-again",
    what: "a repeated create comes to the same automatic name, by the stack's seed",
    file: "provider/deployment/auto-names.ts",
    turnedOff: [
      [
        'return this.#remember(urn, stackName({ seed: seed.value, urn, logicalName, previousName }), "stack");',
        'return this.#remember(urn, randomName(logicalName), "stack");',
      ],
    ],
    scenes: /^kill-create-sigkill-of-everything$/,
  },
  {
    id: "chosen-names-prove-nothing",
    what: "nothing is taken over by a name that the user has chosen",
    file: "provider/deployment/create.ts",
    turnedOff: [
      ['if (nameOwner !== "user" && others.length === 0) return only;', "if (others.length === 0) return only;"],
    ],
    scenes: /^chosen-foreign$/,
  },
  {
    id: "fresh-namesake-stops",
    what: "a fresh deployment of a chosen name, which the state does not hold, stops the create",
    file: "provider/deployment/create.ts",
    turnedOff: [
      [
        '(nameOwner === "stack" || (deployment.appType === inputs.appType && isFresh(deployment))),',
        'nameOwner === "stack",',
      ],
    ],
    scenes: /^chosen-killed$/,
  },
  {
    id: "create-sent-once",
    what: "a create that may have been processed is not sent again by the HTTP client",
    file: "provider/api/retry.ts",
    turnedOff: [
      ['return method !== "POST" && (error.status >= 500 || error.status === 408);', "return error.status >= 500;"],
    ],
    scenes: /^create-answers$/,
  },
  {
    id: "one-create-per-run",
    what: "a create that is called again in the same run goes on with what the first call made",
    file: "provider/deployment/lifecycle.ts",
    turnedOff: [
      [
        "const earlier = key === undefined ? undefined : this.#earlierCreates.get(key);",
        "const earlier = undefined as EarlierCreate | undefined;",
      ],
    ],
    scenes: /^repeated-create$/,
  },
  {
    id: "lost-create-remembered",
    what: "a create whose answer was lost, and whose result could not be seen, is looked for when it is called again",
    file: "provider/deployment/create.ts",
    turnedOff: [["let lost = this.#ambiguous.get(resource);", "let lost: AmbiguousCreate | undefined;"]],
    scenes: /^repeated-unseen$/,
  },
  {
    id: "id-in-init-error",
    what: "from the moment the platform has accepted a create, each failure carries the id into the state",
    file: "provider/deployment/lifecycle.ts",
    turnedOff: [["throw new ResourceInitError(id, result.outs, result.error);", "throw result.error;"]],
    scenes: /^create-operations$/,
  },
  {
    id: "code-in-init-error",
    what: "the init error of the dynamic resource carries the code that a later delete needs",
    file: "provider/dynamic/dynamic-provider.ts",
    turnedOff: [['{ ...error.outs, __provider: props["__provider"] }', "{ ...error.outs }"]],
    scenes: /^create-operations$/,
  },
  {
    id: "resume",
    what: "an unfinished create is waited for by the next up",
    file: "provider/deployment/diff.ts",
    turnedOff: [
      [
        'else if (isUnfinished(outs.status) || (current !== undefined && current.status !== outs.status))\n    updates.push("status");',
        "",
      ],
    ],
    scenes: /^resume-create$/,
  },
  {
    id: "failed-is-replaced",
    what: "a deployment that failed, or is being destroyed, is replaced",
    file: "provider/deployment/diff.ts",
    turnedOff: [
      [
        'return status === "failed" || status === "destroying" || status === "destroyed";',
        'return status === ("never" as string);',
      ],
    ],
    scenes: /^create-operations$/,
  },
  {
    id: "trouble-is-no-failure",
    what: "an answer that cannot be had while polling does not end the wait",
    file: "provider/lro/wait.ts",
    turnedOff: [
      [
        'else if (kind !== "notFound") onError?.(error);',
        'else if (kind !== "notFound") end({ kind: "notFound" }), onError?.(error);',
      ],
    ],
    scenes: /^create-reads$/,
  },
  {
    id: "not-found-is-checked",
    what: "what cannot be found is taken for gone only when the platform says so several times",
    file: "provider/lro/wait.ts",
    turnedOff: [["const confirmAfter = 3;", "const confirmAfter = 1;"]],
    scenes: /^create-reads$/,
  },
  {
    id: "unknown-status-is-waited-out",
    what: "a status that is not known is no end",
    file: "provider/deployment/wait-for-operation.ts",
    turnedOff: [
      ["return terminalStatuses.has(operation.status);", 'return !["queued", "running"].includes(operation.status);'],
    ],
    scenes: /^create-polls$/,
  },
  {
    id: "deployment-has-the-last-word",
    what: "a create has succeeded only when the deployment itself is ready",
    file: "provider/deployment/wait-until-ready.ts",
    turnedOff: [
      [
        'if (end.response.status === "succeeded") return waitForDeployment(outs, context);',
        'if (end.response.status === "succeeded") return { kind: "ready", outs: { ...outs, status: "ready" } };',
      ],
    ],
    scenes: /^create-operations$/,
  },
  {
    id: "gone-is-destroyed",
    what: "a destroy of what is gone is a success",
    file: "provider/deployment/delete.ts",
    turnedOff: [
      [
        "if (isNotFound(error)) return organization.assertGone(outs, context);\n      if (!(error instanceof ApiError)",
        "if (isNotFound(error)) throw error;\n      if (!(error instanceof ApiError)",
      ],
    ],
    scenes: /^destroy-answers$/,
  },
  {
    id: "running-destroy-is-joined",
    what: "a destroy that is running already is joined",
    file: "provider/deployment/delete.ts",
    turnedOff: [["if (!(error instanceof ApiError) || error.status !== 409) throw error;", "throw error;"]],
    scenes: /^destroy-meanwhile$/,
  },
  {
    id: "create-is-waited-out",
    what: "a create that is going on is waited out before a destroy, and what conflicts as well",
    file: "provider/deployment/delete.ts",
    turnedOff: [
      [
        'if (current.status !== "destroying") {',
        'if (current.status !== "destroying") {\n        if (isUnfinished(current.status)) throw error;',
      ],
      ["if (isUnfinished(outs.status)) await waitForCreate(outs, context);", ""],
    ],
    scenes: /^abandoned-create$/,
  },
  {
    id: "stale-list-is-checked",
    what: "what a list does not show is asked for by itself before it counts as gone",
    file: "provider/deployment/deployment-reader.ts",
    turnedOff: [
      [
        "if (listed !== undefined) return existing(listed);",
        "return listed === undefined ? undefined : existing(listed);",
      ],
    ],
    scenes: /^stale-list-/,
  },
  {
    id: "no-redirects",
    what: "a redirect is not followed, so that the key goes to no other host",
    file: "provider/api/http.ts",
    turnedOff: [
      ["maxRedirects: 0,", "maxRedirects: 5,"],
      ["transport: watch.transport,", ""],
    ],
    scenes: /^create-answers$/,
  },
  {
    id: "key-is-redacted",
    what: "the API key is taken out of every text that the platform sends",
    file: "provider/api/redaction.ts",
    turnedOff: [
      [
        'return (text) => distinct.reduce((left, spelling) => left.replaceAll(spelling, "[API key]"), text);',
        "return (text) => text;",
      ],
    ],
    scenes: /^create-(answers|polls|reads)$/,
  },
];
