/** The provider's protections, and how the simulation turns each one off: a module of the product, wrapped, without it. */

import type { Patch, Patches } from "./product";

type Load = <T>(name: string) => T;
type Method = (...args: never[]) => unknown;
interface Client {
  readonly allDeployments: Method;
  readonly createDeployment: Method;
  readonly getDeployment: Method;
  readonly deleteDeployment: Method;
}
type AnyClass = new (options: Readonly<Record<string, unknown>>) => object;
interface Errors {
  readonly isNotFound: (error: unknown) => boolean;
  readonly ApiError: new (details: object) => Error;
}
interface WaitOptions {
  readonly deadline: number;
  readonly isDone: (response: { status: string }) => boolean;
  readonly onError?: (error: Error) => void;
}
interface Context {
  readonly client: Client;
}
interface Outs {
  readonly deploymentId: string;
  readonly status: string;
}
// biome-ignore lint/suspicious/noExplicitAny: the methods of different classes
type OwnMethod = (this: object, ...args: any[]) => unknown;
interface Page {
  readonly items: readonly object[];
  readonly pages: number;
}
type FetchPage = (request: { readonly page: number; readonly perPage: number }) => Promise<Page>;
type CreateOptions = { readonly nameOwner: string; readonly state?: object };

export interface Mutation {
  /** What the provider does, in one sentence. */
  readonly what: string;
  readonly patches: Patches;
}

const create = "provider/deployment/create";
const wait = "provider/lro/wait";

/** Clients have private fields: their methods keep their own `this`. */
function withMethods<T extends object>(client: T, own: Readonly<Record<string, (...args: never[]) => unknown>>): T {
  return new Proxy(client, {
    get: (target, key) => {
      if (typeof key === "string" && Object.hasOwn(own, key)) return own[key];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Changes the client that the class gets. */
function classWithClient(
  className: string,
  change: (client: Client, load: Load) => Readonly<Record<string, (...args: never[]) => unknown>>,
): Patch {
  return (exports: Record<string, AnyClass>, load) => {
    const Original = exports[className] as AnyClass;
    return {
      ...exports,
      [className]: class extends Original {
        constructor(options: Readonly<Record<string, unknown>>) {
          const client = options["client"] as Client;
          super({ ...options, client: withMethods(client, change(client, load)) });
        }
      },
    };
  };
}

/** Replaces methods of the class. */
function classWithMethods(
  className: string,
  change: (original: Readonly<Record<string, OwnMethod>>) => Readonly<Record<string, OwnMethod>>,
): Patch {
  return (exports: Record<string, AnyClass>) => {
    const Original = exports[className] as AnyClass;
    class Changed extends Original {}
    Object.assign(Changed.prototype, change(Original.prototype));
    return { ...exports, [className]: Changed };
  };
}

const createWith = (change: (options: CreateOptions) => CreateOptions): Patch =>
  classWithMethods("DeploymentCreator", ({ create: original }) => ({
    create(inputs, options, context) {
      return original?.call(this, inputs, change(options), context);
    },
  }));

function functionWith<F extends Method>(name: string, wrap: (original: F, load: Load) => F): Patch {
  return (exports: Record<string, F>, load) => ({ ...exports, [name]: wrap(exports[name] as F, load) });
}

const destroyWith = (
  change: (client: Client, load: Load) => Readonly<Record<string, (...args: never[]) => unknown>>,
  outsWith: (outs: Outs) => Outs = (outs) => outs,
): Patches => ({
  "provider/deployment/delete": functionWith<(outs: Outs, context: Context) => unknown>(
    "destroyDeployment",
    (original, load) => (outs, context) =>
      original(outsWith(outs), {
        ...context,
        client: withMethods(context.client, change(context.client, load)),
      }),
  ),
});

const plainError = (error: unknown): Error => new Error((error as Error).message);
const statusOf = (error: unknown): number | undefined => (error as { status?: number }).status;

export const mutations: Readonly<Record<string, Mutation>> = {
  "look-after-lost-response": {
    what: "after a create request without a response, searches for the deployment before it sends another one",
    patches: {
      [create]: classWithClient("DeploymentCreator", (client, load) => ({
        createDeployment: async (...args: never[]) => {
          const { isOutcomeUnknown } = load<{ isOutcomeUnknown: (error: unknown) => boolean }>("provider/api/retry");
          try {
            return await client.createDeployment(...args);
          } catch (error) {
            if (!isOutcomeUnknown(error)) throw error;
            return client.createDeployment(...args);
          }
        },
      })),
    },
  },
  "search-is-repeated": {
    what: "repeats that search, because a list can lag",
    patches: {
      [create]: classWithClient("DeploymentCreator", (client) => {
        let found: unknown;
        return {
          createDeployment: (...args: never[]) => {
            found = undefined;
            return client.createDeployment(...args);
          },
          allDeployments: (...args: never[]) => {
            found ??= client.allDeployments(...args);
            return found;
          },
        };
      }),
    },
  },
  "incomplete-list-is-read-again": {
    what: "reads a list again that has changed while it was read, or has fewer items than its total",
    patches: {
      "provider/api/pages": functionWith<(fetch: FetchPage) => Promise<object[]>>(
        "readAllPages",
        () => async (fetch) => {
          const items: object[] = [];
          for (let page = 1, pages = 1; page <= pages; page += 1) {
            const response = await fetch({ page, perPage: 100 });
            items.push(...response.items);
            pages = response.pages;
          }
          return items;
        },
      ),
    },
  },
  "look-for-killed-run": {
    what: "before a create, searches for what a killed run has created",
    patches: {
      [create]: createWith((options) => (options.nameOwner === "stack" ? { ...options, nameOwner: "run" } : options)),
    },
  },
  "same-name-again": {
    what: "derives the same automatic name in every run, from the stack's seed",
    patches: {
      "provider/deployment/naming": ({ randomName, ...rest }: { randomName: (name: string) => string }) => ({
        ...rest,
        randomName,
        stackName: ({ logicalName }: { logicalName: string }) => randomName(logicalName),
      }),
    },
  },
  "later-names-are-own": {
    what: "recognizes a deployment that has the name of a later replacement",
    patches: { [create]: createWith((options) => ({ ...options, isLaterName: () => false })) },
  },
  "automatic-names-prove": {
    what: "adopts what a killed run has created under an automatic name, without asking",
    patches: {
      "provider/deployment/auto-names": classWithMethods("AutoNames", () => ({ ownerOf: () => "user" })),
    },
  },
  "chosen-names-prove-nothing": {
    what: "adopts nothing because of a name that the user chose",
    patches: {
      [create]: createWith((options) => (options.nameOwner === "user" ? { ...options, nameOwner: "stack" } : options)),
    },
  },
  "recent-namesake-stops": {
    what: "stops a create if a recent deployment of the chosen name exists that the state does not hold",
    patches: {
      [create]: createWith((options) => (options.nameOwner === "user" ? { ...options, nameOwner: "run" } : options)),
    },
  },
  "create-sent-once": {
    what: "does not send a create again that may have been processed (HTTP client)",
    patches: {
      "provider/api/retry": functionWith<(attempt: { method: string; error: unknown }) => unknown>(
        "retryDelayMs",
        (original) => (attempt) =>
          original((statusOf(attempt.error) ?? 0) >= 500 ? { ...attempt, method: "GET" } : attempt),
      ),
    },
  },
  "one-create-per-run": {
    what: "continues with the deployment of the first call if the engine repeats a create in the same run",
    patches: {
      "provider/deployment/lifecycle": classWithMethods("DeploymentLifecycle", ({ create: original }) => {
        let calls = 0;
        return {
          create(inputs, options) {
            calls += 1;
            return original?.call(this, inputs, { ...options, resource: `${options.resource}#${calls}` });
          },
        };
      }),
    },
  },
  "id-in-init-error": {
    what: "carries the id into the state with every failure after the platform has accepted a create",
    patches: {
      "provider/deployment/lifecycle": classWithMethods("DeploymentLifecycle", ({ create: original }) => ({
        async create(...args) {
          try {
            return await original?.apply(this, args);
          } catch (error) {
            throw (error as Error).name === "ResourceInitError" ? plainError(error) : error;
          }
        },
      })),
    },
  },
  "code-in-init-error": {
    what: "keeps the code that a later delete needs in the init error (dynamic provider)",
    patches: {
      "provider/dynamic/dynamic-provider": functionWith<
        (...args: never[]) => { create: (props: unknown) => Promise<unknown> }
      >("createDynamicProvider", (original) => (...args) => {
        const provider = original(...args);
        return {
          ...provider,
          create: async (props) => {
            try {
              return await provider.create(props);
            } catch (error) {
              const { properties } = error as { properties?: Record<string, unknown> };
              if (properties !== undefined) delete properties["__provider"];
              throw error;
            }
          },
        };
      }),
    },
  },
  resume: {
    what: "waits for an unfinished create in the next run",
    patches: {
      "provider/deployment/lifecycle": classWithMethods("DeploymentLifecycle", () => ({
        async resume(_id, { __provider, ...outs }) {
          return outs;
        },
      })),
    },
  },
  "failed-is-replaced": {
    what: "replaces a deployment that failed or is being destroyed",
    patches: {
      "provider/deployment/diff": functionWith<(...args: never[]) => { replaces: string[] }>(
        "diffDeployment",
        (original) =>
          (...args) => {
            const { replaces, ...rest } = original(...args);
            return { ...rest, replaces: replaces.filter((name) => name !== "status") };
          },
      ),
    },
  },
  "error-is-no-failure": {
    what: "continues to wait if a poll fails",
    patches: {
      [wait]: functionWith<(options: WaitOptions) => Promise<unknown>>(
        "waitUntil",
        (original) => (options) =>
          new Promise((resolve) => {
            const onError = () => resolve({ kind: "notFound" });
            void original({ ...options, onError }).then(resolve);
          }),
      ),
    },
  },
  "deadline-ends-a-wait": {
    what: "ends a wait at the deadline of the call",
    patches: {
      [wait]: functionWith<(options: WaitOptions) => unknown>(
        "waitUntil",
        (original) => (options) => original({ ...options, deadline: options.deadline + 60_000 }),
      ),
    },
  },
  "preview-creates-nothing": {
    what: "creates nothing in a preview (plugin)",
    patches: {
      "provider/plugin/resource-calls": classWithMethods("ResourceCalls", ({ create: original }) => ({
        create(request) {
          request.setPreview(false);
          return original?.call(this, request);
        },
      })),
    },
  },
  "unknown-status-is-no-end": {
    what: "continues to wait if an operation has a status that is not published",
    patches: {
      [wait]: functionWith<(options: WaitOptions) => unknown>("waitUntil", (original) => (options) => {
        const known = ["queued", "running", "provisioning", "ready", "destroying"];
        return original({
          ...options,
          isDone: (response) => options.isDone(response) || !known.includes(response.status),
        });
      }),
    },
  },
  "deployment-decides": {
    what: "reports a create as successful only if the deployment itself is ready",
    patches: {
      "provider/deployment/wait-until-ready": functionWith<(outs: Outs, context: Context, options: unknown) => unknown>(
        "waitUntilReady",
        (original) => (outs, context, options) => {
          const getDeployment = async (...args: never[]) => {
            const found = (await context.client.getDeployment(...args)) as Outs;
            return found.status === "provisioning" ? { ...found, status: "ready" } : found;
          };
          return original(outs, { ...context, client: withMethods(context.client, { getDeployment }) }, options);
        },
      ),
    },
  },
  "ready-despite-failure": {
    what: "keeps a deployment that is ready although the operation of its create failed",
    patches: {
      "provider/deployment/wait-until-ready": functionWith<(...args: never[]) => Promise<{ kind: string; outs: Outs }>>(
        "waitUntilReady",
        (original) =>
          async (...args) => {
            const { kind, outs, ...rest } = await original(...args);
            if (kind !== "unfinished" || outs.status !== "ready") return { kind, outs, ...rest };
            return { ...rest, kind: "failed", outs: { ...outs, status: "failed" } };
          },
      ),
    },
  },
  "gone-is-destroyed": {
    what: "treats the destroy of a deployment that is already gone as a success",
    patches: destroyWith((client) => ({
      deleteDeployment: async (...args: never[]) => {
        try {
          return await client.deleteDeployment(...args);
        } catch (error) {
          throw statusOf(error) === 404 ? plainError(error) : error;
        }
      },
    })),
  },
  "running-destroy-is-joined": {
    what: "joins a destroy that is already running",
    patches: destroyWith((client) => ({
      deleteDeployment: async (id: never, ...args: never[]) => {
        try {
          return await client.deleteDeployment(id, ...args);
        } catch (error) {
          if (statusOf(error) !== 409) throw error;
          const { status } = (await client.getDeployment(id)) as Outs;
          throw status === "destroying" ? plainError(error) : error;
        }
      },
    })),
  },
  "create-is-waited-out": {
    what: "waits for a running create before it destroys the deployment",
    patches: destroyWith(
      (client) => ({
        deleteDeployment: async (...args: never[]) => {
          try {
            return await client.deleteDeployment(...args);
          } catch (error) {
            throw statusOf(error) === 409 ? plainError(error) : error;
          }
        },
      }),
      (outs) => ({ ...outs, status: "ready" }),
    ),
  },
  "stale-list-is-checked": {
    what: "if a list omits a deployment, reads it by its id before it treats it as gone",
    patches: {
      "provider/deployment/deployment-reader": classWithClient("DeploymentReader", (_, load) => ({
        getDeployment: async () => {
          const { ApiError } = load<Errors>("provider/api/errors");
          throw new ApiError({
            method: "GET",
            path: "/deployments",
            status: 404,
            code: "DEPLOYMENT_NOT_FOUND",
            reason: "unread",
          });
        },
      })),
    },
  },
  "held-is-not-adopted": {
    what: "adopts nothing that the state holds",
    patches: {
      [create]: ({ DeploymentCreator: Original, ...rest }: { DeploymentCreator: AnyClass }) => ({
        ...rest,
        DeploymentCreator: class extends Original {
          constructor(options: Readonly<Record<string, unknown>>) {
            super({ ...options, knownIds: new Set() });
          }
        },
      }),
    },
  },
  "organization-is-checked": {
    what: 'treats a 404 as "gone" only if the key can read the organization of the deployment',
    patches: {
      "provider/deployment/organization": classWithMethods("Organization", () => ({
        assertGone: async () => undefined,
      })),
    },
  },
  "foreign-404-is-not-gone": {
    what: 'treats a 404 as "gone" only if it has a code of the platform',
    patches: {
      "provider/api/errors": ({ ApiError: Original, ...rest }: { ApiError: AnyClass }) => ({
        ...rest,
        ApiError: class extends Original {
          readonly isNotFound = statusOf(this) === 404;
        },
      }),
    },
  },
  "key-is-redacted": {
    what: "removes the API key from every text that the platform sends",
    patches: { "provider/api/redaction": functionWith<Method>("createRedact", () => () => (text: string) => text) },
  },
};

/** Protections that the simulation cannot turn off, and where they are tested. */
export const elsewhere: readonly (readonly [what: string, why: string])[] = [
  [
    "destroys nothing for one entry of the state that another entry keeps",
    "too rare in random histories; a history of test/simulation/regressions.ts and test/engine/contract/state.test.ts need it",
  ],
  [
    "manages no deployment that the response to a create names but that existed before",
    "the simulated platform sends no such response: test/unit/provider/deployment/lifecycle.test.ts",
  ],
  [
    "recognizes the name of a deployment if the platform changes its case or spaces",
    "the simulated platform keeps names as they are: test/unit/provider/deployment",
  ],
  [
    "follows no redirect, so that the key goes to no other host",
    "axios and Node.js follow redirects; the simulation has neither: test/unit/provider/api",
  ],
  [
    "treats an operation as gone only after several 404 responses in a row",
    "after a 404 the provider reads the deployment itself, which the simulated platform never hides: test/unit/provider/lro",
  ],
  [
    "searches again if the engine repeats a create whose outcome is unknown",
    "the memory is private to one class: test/unit/provider/deployment/lifecycle.test.ts",
  ],
];
