/** What a history is made of, and how one is generated from a seed. Plain data, so that fast-check can shrink it. */

import fc from "fast-check";
import { type Dialect, usualDialect } from "./dialect";
import { type Fault, faultKinds, type RequestClass, requestClasses, requestOf } from "./faults";

export const hostNames = ["dynamic", "plugin"] as const;
export type HostName = (typeof hostNames)[number];

export interface Resource {
  readonly appType: "airflow" | "superset";
  /** An automatic name, one of a few chosen names (which resources can share), or an output that is undefined. */
  readonly name: "automatic" | "web" | "etl" | "undefinedOutput";
  /** How many of the resources before it it depends on. */
  readonly dependencies: number;
  readonly ignoresName: boolean;
  readonly deletesBeforeReplace: boolean;
  readonly createTimeout?: number | undefined;
  readonly deleteTimeout?: number | undefined;
  /** How often an error hook repeats what fails in one run. */
  readonly repeats?: number;
}

/** What the user changes in the program or the configuration before a run. */
export type Edit =
  | { readonly kind: "appType" | "rename" | "alias" | "remove" | "restore" | "taint"; readonly resource: number }
  | { readonly kind: "swapNames"; readonly resource: number; readonly other: number }
  /** A new resource gets the name that another one had until it was renamed with an alias. */
  | { readonly kind: "reuseName"; readonly resource: number }
  | { readonly kind: "adoptLeftover"; readonly resource: number; readonly value: "gone" | "other" | "not" }
  /** The option `import`, for the plugin: someone else's deployment, one that does not exist, or one that the stack has already. */
  | { readonly kind: "import"; readonly resource: number; readonly value: "foreign" | "gone" | "held" }
  /** The API key of another organization, by mistake, for this run. */
  | { readonly kind: "organization" }
  /** The stack's organization gets another API key, and the old one is revoked. */
  | { readonly kind: "rotateKey" };

/** What others do on the platform. */
export interface Interference {
  readonly kind: "destroy" | "rename" | "fail" | "foreign";
  readonly resource: number;
}

/** What becomes of an operation that is not a plain success. */
export interface OperationEnd {
  readonly operation: "create" | "destroy";
  readonly nth: number;
  readonly result: "succeed" | "fail" | "cancel" | "hang" | "vanish";
  /** What becomes of the deployment, if that contradicts the result. */
  readonly deployment?: "ready" | "failed" | "gone";
}

/** Before the platform has received a request, which is lost then, or after it has acted, but before its response arrives. */
export interface RequestPoint {
  readonly on: RequestClass;
  /** Which request of its class in the run, counted from 0. */
  readonly nth: number;
  readonly when: "before" | "after";
}

export interface Run {
  readonly command: "up" | "upWithPreview" | "preview" | "refresh" | "destroy";
  readonly stack: "main" | "second";
  /** Whether a plain `pulumi up` of the other stack goes on at the same time. */
  readonly isBesideOther?: boolean;
  readonly edits: readonly Edit[];
  /** Before the run. */
  readonly interference: readonly Interference[];
  readonly meanwhile?: readonly (Interference & { readonly afterMs: number })[];
  /** The clock of the machine on which the run is, set to another time in the middle of it. */
  readonly clockJump?: { readonly afterMs: number; readonly byMs: number } | undefined;
  readonly operationEnds: readonly OperationEnd[];
  readonly replaces: readonly number[];
  readonly targets?: readonly number[] | undefined;
  readonly refreshes: boolean;
  readonly faults: readonly Fault[];
  readonly end:
    | { readonly kind: "finish" }
    | { readonly kind: "kill"; readonly event: number }
    | ({ readonly kind: "killAtRequest" } & RequestPoint)
    | { readonly kind: "cancel"; readonly afterMs: number };
}

/** A `pulumi up` in which nothing special happens. */
export const plainRun: Run = {
  command: "up",
  stack: "main",
  edits: [],
  interference: [],
  operationEnds: [],
  replaces: [],
  targets: undefined,
  refreshes: false,
  faults: [],
  end: { kind: "finish" },
};

export interface History {
  /** Seeds everything that is not decided by the rest: ids, delays, jitter. */
  readonly entropy: number;
  readonly host: HostName;
  readonly refreshBeforeUpdate: boolean;
  readonly slots: number;
  /** How long a create or a destroy takes on the platform. */
  readonly operationMs: number;
  readonly clockSkewMs: number;
  readonly dialect?: Dialect;
  /** The program registers a resource only after the engine has the one before it. */
  readonly registersInOrder?: boolean;
  readonly resources: readonly Resource[];
  readonly runs: readonly Run[];
}

const index = fc.nat({ max: 7 });
/** Rare things are left out more often than not, so that most histories stay understandable. */
const rarely = <T>(value: fc.Arbitrary<T>, other: T, weight = 4): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: fc.constant(other), weight }, { arbitrary: value, weight: 1 });

const resource: fc.Arbitrary<Resource> = fc.record({
  appType: fc.constantFrom("airflow", "superset"),
  name: fc.oneof(
    { arbitrary: fc.constant("automatic" as const), weight: 3 },
    { arbitrary: fc.constantFrom("web", "etl", "undefinedOutput"), weight: 2 },
  ),
  dependencies: fc.constantFrom(0, 0, 1, 2),
  ignoresName: rarely(fc.constant(true), false),
  deletesBeforeReplace: rarely(fc.constant(true), false),
  createTimeout: rarely<number | undefined>(fc.constantFrom(8, 60, 300), undefined),
  deleteTimeout: rarely<number | undefined>(fc.constantFrom(8, 60), undefined, 8),
  repeats: rarely(fc.constantFrom(1, 2), 0, 6),
});

const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    arbitrary: fc.record({
      kind: fc.constantFrom("appType", "rename", "alias", "reuseName", "remove", "restore", "taint"),
      resource: index,
    }),
    weight: 7,
  },
  { arbitrary: fc.record({ kind: fc.constant("swapNames"), resource: index, other: index }), weight: 1 },
  {
    arbitrary: fc.record({
      kind: fc.constant("adoptLeftover"),
      resource: index,
      value: fc.constantFrom("gone", "other", "not"),
    }),
    weight: 1,
  },
  {
    arbitrary: fc.record({
      kind: fc.constant("import"),
      resource: index,
      value: fc.constantFrom("foreign", "foreign", "gone", "held"),
    }),
    weight: 1,
  },
  { arbitrary: fc.constantFrom({ kind: "organization" } as const, { kind: "rotateKey" } as const), weight: 2 },
);

const interference: fc.Arbitrary<Interference> = fc.record({
  kind: fc.constantFrom("destroy", "rename", "fail", "foreign"),
  resource: index,
});

/** A destroy that succeeds without its deployment being gone is left out: see docs/reliability.md. */
const contradictions = [
  { operation: "create", result: "fail", deployment: "ready" },
  { operation: "create", result: "cancel", deployment: "ready" },
  { operation: "create", result: "succeed", deployment: "failed" },
  { operation: "create", result: "succeed", deployment: "gone" },
  { operation: "destroy", result: "fail", deployment: "gone" },
] as const;

const operationEnd: fc.Arbitrary<OperationEnd> = fc
  .record({
    nth: fc.integer({ min: 1, max: 3 }),
    end: fc.oneof(
      {
        arbitrary: fc.record({
          operation: fc.constantFrom("create", "destroy"),
          result: fc.constantFrom("fail", "cancel", "hang", "vanish"),
        }),
        weight: 3,
      },
      { arbitrary: fc.constantFrom(...contradictions), weight: 1 },
    ),
  })
  .map(({ nth, end }) => ({ ...end, nth }));

const fault: fc.Arbitrary<Fault> = fc
  .record({
    on: fc.constantFrom("create", "create", ...requestClasses),
    nth: fc.nat({ max: 4 }),
    times: fc.constantFrom(1, 1, 1, 2, 4, 12),
    kind: fc.constantFrom(...faultKinds),
    variant: fc.nat({ max: 40 }),
  })
  .map((each) => ({ ...each, on: requestOf[each.kind] ?? each.on }));

const few = <T>(value: fc.Arbitrary<T>, maxLength: number): fc.Arbitrary<T[]> =>
  rarely(fc.array(value, { minLength: 1, maxLength }), [], 2);

/** At any time of a short run, or of a longer one. */
const afterMs = fc.oneof(fc.nat({ max: 3_000 }), fc.nat({ max: 30_000 }));

const run: fc.Arbitrary<Run> = fc.record({
  command: fc.constantFrom("up", "up", "up", "up", "upWithPreview", "preview", "refresh", "destroy", "destroy"),
  stack: rarely(fc.constant("second"), "main", 8),
  isBesideOther: rarely(fc.constant(true), false, 6),
  edits: few(edit, 2),
  interference: few(interference, 2),
  meanwhile: rarely(
    fc.array(
      fc.tuple(interference, afterMs).map(([each, at]) => ({ ...each, afterMs: at })),
      { minLength: 1, maxLength: 2 },
    ),
    [],
  ),
  clockJump: rarely<Run["clockJump"]>(
    fc.record({ afterMs, byMs: fc.constantFrom(-3, 3).map((days) => days * 86_400_000) }),
    undefined,
    8,
  ),
  operationEnds: few(operationEnd, 2),
  replaces: few(index, 2),
  targets: rarely<number[] | undefined>(fc.array(index, { minLength: 1, maxLength: 2 }), undefined, 8),
  refreshes: rarely(fc.constant(true), false, 6),
  faults: fc.oneof(
    { arbitrary: fc.constant([]), weight: 1 },
    { arbitrary: fc.array(fault, { minLength: 1, maxLength: 4 }), weight: 2 },
  ),
  end: fc.oneof(
    { arbitrary: fc.constant({ kind: "finish" } as const), weight: 3 },
    {
      arbitrary: fc.record({ kind: fc.constant("kill"), event: fc.oneof(fc.nat({ max: 60 }), fc.nat({ max: 400 })) }),
      weight: 2,
    },
    { arbitrary: fc.record({ kind: fc.constant("cancel"), afterMs }), weight: 2 },
  ),
});

const dialect: fc.Arbitrary<Dialect> = fc.record({
  ids: fc.constantFrom("dep_", ""),
  order: fc.constantFrom("newestFirst", "oldestFirst"),
  maxPerPage: fc.constantFrom(100, 2, 5),
  destroyed: fc.constantFrom("gone", "shown"),
  whileProvisioning: fc.constantFrom("conflict", "accept"),
  conflictHasOperation: fc.boolean(),
  deleteResponse: fc.constantFrom("ids", "links", "operation"),
  operation: fc.constantFrom("nested", "flat"),
  absent: fc.constantFrom("null", "omitted"),
});

/** Histories; one seed of fast-check's is one of them. */
export function histories(hosts: readonly HostName[] = hostNames): fc.Arbitrary<History> {
  return fc.record({
    entropy: fc.nat(),
    host: fc.constantFrom(...hosts),
    refreshBeforeUpdate: rarely(fc.constant(false), true, 6),
    slots: fc.constantFrom(1, 2, 8),
    operationMs: fc.constantFrom(4_000, 4_000, 15_000, 40_000),
    clockSkewMs: rarely(fc.constantFrom(-259_200_000, -240_000, 240_000, 259_200_000), 0, 5),
    dialect: rarely(dialect, usualDialect, 1),
    // Most mistakes need few resources, and a history of one takes a fifth of the time of one with eight.
    resources: fc.oneof(
      { arbitrary: fc.array(resource, { minLength: 1, maxLength: 3, size: "max" }), weight: 3 },
      { arbitrary: fc.array(resource, { minLength: 1, maxLength: 8, size: "max" }), weight: 1 },
    ),
    runs: fc.array(run, { minLength: 1, maxLength: 4, size: "max" }),
  });
}
