/**
 * Histories for the comparison with the real engine. They contain only what has the same result in real and in virtual time:
 * kills at a request instead of an event, no Ctrl-C, and faults only where one resource is handled after the other.
 */

import fc from "fast-check";
import type { Fault, FaultKind, RequestClass } from "../faults";
import {
  type Edit,
  type History,
  type HostName,
  type Interference,
  type OperationEnd,
  plainRun,
  type RequestPoint,
  type Resource,
  type Run,
} from "../history";

/** What one history of the sample is about, besides what is random in it. */
interface Focus {
  /** It happens in the first run, which creates everything, or in the second one. */
  readonly in: "first" | "second";
  readonly run?: Partial<Run>;
  /** What follows it, before what is random. */
  readonly next?: readonly Partial<Run>[];
  readonly history?: Partial<History>;
  /** By position; the last one is for all others of the first two. */
  readonly resources?: readonly Partial<Resource>[];
}

const first = (run: Partial<Run>, rest: Partial<Focus> = {}): Focus => ({ in: "first", run, ...rest });
const second = (run: Partial<Run>, rest: Partial<Focus> = {}): Focus => ({ in: "second", run, ...rest });
const edit = (
  kind: Exclude<Edit["kind"], "swapNames" | "adoptLeftover" | "import" | "organization" | "rotateKey">,
): Edit => ({
  kind,
  resource: 0,
});
const killed = (on: RequestClass, when: RequestPoint["when"], nth = 0): Pick<Run, "end"> => ({
  end: { kind: "killAtRequest", on, nth, when },
});
const fault = (on: RequestClass, kind: FaultKind, rest: Partial<Fault> = {}): Pick<Run, "faults"> => ({
  faults: [{ on, kind, nth: 0, times: 1, variant: 0, ...rest }],
});
const ends = (
  operation: OperationEnd["operation"],
  result: OperationEnd["result"],
  rest: Pick<OperationEnd, "deployment"> = {},
): Pick<Run, "operationEnds"> => ({
  operationEnds: [{ operation, nth: 1, result, ...rest }],
});
const interferes = (kind: Interference["kind"], resource = 0): Pick<Run, "interference"> => ({
  interference: [{ kind, resource }],
});
const removes = { edits: [edit("remove")] };
const replaces = { edits: [edit("appType")] };
/** Without an effect on what the program declares. */
const otherConfig = { edits: [{ kind: "adoptLeftover", resource: 1, value: "gone" }] } as const;
const automatic = { resources: [{ name: "automatic" }] } as const;
const chosen = { resources: [{ name: "web" }, { name: "etl" }] } as const;

/** Each kind of action and fault at least once. What a single process cannot do the same way is not here: see docs/reliability.md. */
export const foci = {
  "kill before a create": first(killed("create", "before")),
  "kill after a create": first(killed("create", "after"), automatic),
  "kill after a create with a chosen name": first(killed("create", "after"), chosen),
  "kill at the first poll": first(killed("listOperations", "before"), automatic),
  "kill at the second poll": first(killed("getOperation", "after"), automatic),
  "kill before the second create": first(killed("create", "before", 1)),
  "kill after a replacement's create": second({ ...replaces, ...killed("create", "after") }, automatic),
  "kill after the delete of delete-before-replace": second(
    { ...replaces, ...killed("delete", "after") },
    { resources: [{ deletesBeforeReplace: true }] },
  ),
  "kill after the create of delete-before-replace": second(
    { ...replaces, ...killed("create", "after") },
    { resources: [{ name: "automatic", deletesBeforeReplace: true }], next: [{}] },
  ),
  "kill before a delete": second({ ...removes, ...killed("delete", "before") }),
  "kill after a replacement's delete": second({ ...replaces, ...killed("delete", "after") }),
  "kill in a destroy": second({ command: "destroy", ...killed("delete", "after") }),
  "kill at the list": first(killed("listDeployments", "before")),
  "kill in a refresh": second({ command: "refresh", ...interferes("destroy"), ...killed("getDeployment", "after") }),
  "kill in up --replace, repeated": second(
    { replaces: [0], ...killed("create", "after") },
    { ...automatic, next: [{ replaces: [0] }] },
  ),
  "kill in up --replace, repeated, while an older deployment is to be deleted": second(
    { replaces: [0], ...ends("destroy", "fail") },
    { ...automatic, next: [{ replaces: [0], ...killed("create", "after") }, { replaces: [0] }] },
  ),
  "kill in up --refresh --replace, repeated, after a rename by others": second(
    { replaces: [0], refreshes: true, ...interferes("rename"), ...killed("create", "after") },
    { ...automatic, next: [{ replaces: [0], refreshes: true }] },
  ),
  "kill in up --replace with another configuration, repeated": second(
    { replaces: [0] },
    {
      ...automatic,
      next: [{ replaces: [0], ...otherConfig, ...killed("create", "after") }, { replaces: [0] }],
      history: { refreshBeforeUpdate: true },
    },
  ),
  "kill in up --refresh --replace with another configuration, repeated, after a rename by others": second(
    { replaces: [0], refreshes: true, ...otherConfig, ...interferes("rename"), ...killed("create", "after") },
    { ...automatic, next: [{ replaces: [0], refreshes: true }] },
  ),
  "kill in up --refresh with another configuration, repeated, after a destroy by others": second(
    { refreshes: true, ...otherConfig, ...interferes("destroy"), ...killed("create", "after") },
    { ...automatic, next: [{}] },
  ),
  "kill in up --refresh": second({ refreshes: true, ...interferes("destroy"), ...killed("create", "before") }),
  "connection reset before a create": first(fault("create", "resetBefore")),
  "connection reset after a create": first(fault("create", "resetAfter"), automatic),
  "connection reset after a create with a chosen name": first(fault("create", "resetAfter"), chosen),
  "no response, create not done": first(fault("create", "silentBefore")),
  "no response, create done": first(fault("create", "silentAfter")),
  "late response": first(fault("create", "late")),
  "truncated response to a create": first(fault("create", "truncated")),
  "truncated list": first(fault("listDeployments", "truncated")),
  "text instead of JSON": first(fault("create", "notJson")),
  "text instead of JSON, always": second({ ...replaces, ...fault("listDeployments", "notJson", { times: 12 }) }),
  "empty response": first(fault("getOperation", "empty")),
  "response of another shape": first(fault("listDeployments", "wrongShape")),
  "server error before a create": first(fault("create", "errorBefore")),
  "server error after a create": first(fault("create", "errorAfter", { variant: 1 })),
  "server error at a delete": second({ ...removes, ...fault("delete", "errorBefore", { times: 2, variant: 2 }) }),
  "server errors at every delete": second({ ...removes, ...fault("delete", "errorBefore", { times: 12 }) }),
  "server error after a delete": second({ ...removes, ...fault("delete", "errorAfter") }),
  "rate limit at a create": first(fault("create", "rateLimited", { variant: 1 })),
  "rate limit at a list": first(fault("listDeployments", "rateLimited", { variant: 3 })),
  "create is unauthorized": first(fault("create", "unauthorized")),
  "poll is unauthorized": first(fault("getOperation", "unauthorized", { times: 12 })),
  "create is forbidden": first(fault("create", "forbidden")),
  "delete is forbidden": second({ ...removes, ...fault("delete", "forbidden") }),
  "create is rejected": first(fault("create", "rejected")),
  "create conflicts": first(fault("create", "conflict")),
  "delete conflicts with nothing": second({ ...removes, ...fault("delete", "conflict") }),
  "operation not found yet": first(fault("getOperation", "notFoundYet")),
  "unknown status": first(fault("getOperation", "unknownStatus")),
  "stale list": second({ ...replaces, ...fault("listDeployments", "staleList") }),
  "page that is empty once": second({ ...replaces, ...fault("listDeployments", "emptyPage") }),
  "API key in an error": first(fault("create", "echoedKey")),
  "destroyed by others, up": second(interferes("destroy")),
  "destroyed by others, refresh": second({ command: "refresh", ...interferes("destroy") }),
  "renamed by others": second({ refreshes: true, ...interferes("rename") }),
  "failed by itself": second(interferes("fail")),
  "foreign deployment of the name": first(interferes("foreign", 0), chosen),
  "foreign deployment of another application": first(interferes("foreign", 2), chosen),
  "change the application": second(replaces),
  "change the application, delete before replace": second(replaces, { resources: [{ deletesBeforeReplace: true }] }),
  "rename a resource": second({ edits: [edit("rename")] }),
  "rename a resource with an alias": second({ edits: [edit("alias")] }, { resources: [{}, { dependencies: 1 }] }),
  "rename a resource with an alias, and replace it": second({ edits: [edit("alias"), edit("appType")] }, automatic),
  "rename a resource with an alias, killed after its replacement's create": second(
    { edits: [edit("alias"), edit("appType")], ...killed("create", "after") },
    automatic,
  ),
  "resume a create after a rename with an alias": first(ends("create", "hang"), {
    resources: [{ createTimeout: 9 }],
    next: [{ edits: [edit("alias")] }],
  }),
  "give a new resource the earlier name of one that was renamed with an alias": second(
    { edits: [edit("alias")] },
    { ...automatic, next: [{ edits: [edit("reuseName")] }, { ...replaces }] },
  ),
  "give a new resource the earlier name of one that was renamed with an alias, killed after its create": second(
    { edits: [edit("alias")] },
    { ...automatic, next: [{ edits: [edit("reuseName")], ...killed("create", "after") }, {}] },
  ),
  "remove a resource": second(removes),
  "remove and restore": second({ edits: [edit("remove"), edit("restore")] }),
  taint: second({ edits: [edit("taint")] }),
  "swap names": second({ edits: [{ kind: "swapNames", resource: 0, other: 1 }] }, chosen),
  "leftover adopt setting of another resource": second({
    edits: [{ kind: "adoptLeftover", resource: 1, value: "other" }, edit("appType")],
  }),
  "leftover adopt setting of nothing": first({ edits: [{ kind: "adoptLeftover", resource: 0, value: "gone" }] }),
  "import of someone else's deployment": first(
    { ...interferes("foreign"), edits: [{ kind: "import", resource: 0, value: "foreign" }] },
    automatic,
  ),
  "import of someone else's deployment instead of the own one": second(
    { ...interferes("foreign"), edits: [{ kind: "import", resource: 0, value: "foreign" }] },
    automatic,
  ),
  "import of another application": second(
    { ...interferes("foreign"), edits: [{ kind: "import", resource: 1, value: "foreign" }] },
    { resources: [{ appType: "superset", name: "automatic" }] },
  ),
  "import of what does not exist": first({ edits: [{ kind: "import", resource: 0, value: "gone" }] }),
  "import of what another resource has": second({ edits: [{ kind: "import", resource: 0, value: "held" }] }),
  "leftover exclusion": second({ edits: [{ kind: "adoptLeftover", resource: 0, value: "not" }, edit("appType")] }),
  "create fails": first(ends("create", "fail")),
  "create is canceled": first(ends("create", "cancel")),
  "create hangs": first(ends("create", "hang"), { resources: [{ createTimeout: 9 }] }),
  "operation of a create vanishes": first(ends("create", "vanish")),
  "create fails, but the deployment is ready": first(ends("create", "fail", { deployment: "ready" })),
  "create succeeds, but the deployment failed": first(ends("create", "succeed", { deployment: "failed" })),
  "destroy fails, but the deployment is gone": second({
    ...removes,
    ...ends("destroy", "fail", { deployment: "gone" }),
  }),
  "destroy hangs": second({ ...removes, ...ends("destroy", "hang") }, { resources: [{ deleteTimeout: 9 }] }),
  "destroy fails": second({ ...removes, ...ends("destroy", "fail") }),
  "destroy is canceled": second({ command: "destroy", ...ends("destroy", "cancel") }),
  preview: second({ command: "preview", ...replaces }),
  "preview of an unreachable platform": second({
    command: "preview",
    ...fault("listDeployments", "unauthorized", { times: 12 }),
  }),
  "up with a preview": second({ command: "upWithPreview", ...replaces }),
  refresh: second({ command: "refresh", ...interferes("rename") }),
  "one of two reads of a refresh fails": second(
    {
      command: "refresh",
      interference: [...interferes("destroy").interference, ...interferes("rename", 1).interference],
      ...fault("getDeployment", "errorBefore", { times: 12 }),
    },
    automatic,
  ),
  "up --refresh": second({ refreshes: true, ...interferes("destroy") }),
  "up --replace": second({ replaces: [0] }),
  "up --target": second({ targets: [0], edits: [edit("appType")] }),
  "up --target of a new resource": second({ targets: [0], edits: [edit("rename")] }),
  "up --target without a new resource on which the target depends": second(
    { targets: [1], edits: [edit("rename")] },
    { resources: [{}, { dependencies: 1 }] },
  ),
  "up --refresh --target after a killed first run": first(killed("create", "before"), {
    next: [{ refreshes: true, targets: [0] }],
  }),
  "remove everything with another configuration": second(
    { edits: [...[0, 1, 2, 3].map((resource) => ({ ...edit("remove"), resource }) as Edit), ...otherConfig.edits] },
    { next: [{ edits: [{ kind: "restore", resource: 0 }] }] },
  ),
  "up --replace with another configuration": second({ replaces: [0], ...otherConfig }, automatic),
  "state taint and another configuration": second(
    { edits: [edit("taint"), ...otherConfig.edits], ...interferes("rename") },
    automatic,
  ),
  destroy: second({ command: "destroy" }),
  "destroy --target": second({ command: "destroy", targets: [1] }, { resources: [{}, { dependencies: 1 }] }),
  "destroy --target of what others depend on": second(
    { command: "destroy", targets: [0] },
    { resources: [{}, { dependencies: 1 }] },
  ),
  "refresh --target": second({ command: "refresh", targets: [1], ...interferes("destroy") }),
  "second stack": second({ stack: "second" }),
  "no refresh before up": second(interferes("destroy"), { history: { refreshBeforeUpdate: false } }),
  "ignored name": second({ ...replaces }, { resources: [{ ignoresName: true, name: "web" }] }),
  "repeated delete": second({ ...replaces, ...ends("destroy", "fail") }, { resources: [{ repeats: 1 }] }),
  "repeated create": first(ends("create", "fail"), { resources: [{ repeats: 1 }] }),
  "name that is an output": first({}, { resources: [{ name: "undefinedOutput" }] }),
  parallel: second(replaces, { history: { slots: 8 }, ...automatic }),
  "kill after a replacement's create, up --refresh after others have destroyed what it was replacing": second(
    { ...replaces, ...killed("create", "after") },
    { ...automatic, next: [{ refreshes: true, ...interferes("destroy") }] },
  ),
  "404 of a proxy at a refresh": second({
    command: "refresh",
    ...fault("listDeployments", "foreign404", { times: 12 }),
  }),
  "404 of a proxy at a delete": second({ ...removes, ...fault("delete", "foreign404") }),
  "404 of a proxy at a poll": first(fault("getOperation", "foreign404", { times: 4, variant: 5 })),
} satisfies Readonly<Record<string, Focus>>;

const rarely = <T>(value: fc.Arbitrary<T>, other: T, weight = 5): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: fc.constant(other), weight }, { arbitrary: value, weight: 1 });

const resource: fc.Arbitrary<Resource> = fc.record({
  appType: fc.constantFrom("airflow", "superset"),
  name: fc.constantFrom("automatic", "automatic", "automatic", "web", "etl", "undefinedOutput"),
  dependencies: fc.constantFrom(0, 0, 0, 1, 2),
  ignoresName: rarely(fc.constant(true), false),
  deletesBeforeReplace: rarely(fc.constant(true), false, 3),
  repeats: rarely(fc.constant(1), 0, 8),
});

const index = fc.nat({ max: 3 });
const edits: fc.Arbitrary<Edit[]> = fc.array(
  fc.record({
    kind: fc.constantFrom("appType", "appType", "rename", "alias", "remove", "restore", "taint"),
    resource: index,
  }),
  { maxLength: 2 },
);
const interference: fc.Arbitrary<Interference[]> = rarely(
  fc.array(fc.record({ kind: fc.constantFrom("destroy", "rename", "fail", "foreign"), resource: index }), {
    minLength: 1,
    maxLength: 2,
  }),
  [],
  2,
);

const randomRun: fc.Arbitrary<Run> = fc.record({
  command: fc.constantFrom("up", "up", "up", "up", "upWithPreview", "preview", "refresh", "destroy"),
  stack: rarely(fc.constant("second"), "main", 8),
  edits,
  interference,
  operationEnds: rarely<OperationEnd[]>(
    fc.tuple(
      fc.record({
        operation: fc.constantFrom("create", "destroy"),
        nth: fc.integer({ min: 1, max: 2 }),
        result: fc.constantFrom("fail", "cancel"),
      }),
    ),
    [],
  ),
  replaces: rarely<number[]>(fc.tuple(index), []),
  targets: rarely<number[] | undefined>(fc.tuple(index), undefined, 8),
  refreshes: rarely(fc.constant(true), false),
  faults: fc.constant([]),
  end: fc.oneof(
    { arbitrary: fc.constant({ kind: "finish" } as const), weight: 2 },
    {
      arbitrary: fc.record({
        kind: fc.constant("killAtRequest"),
        on: fc.constantFrom("create", "delete", "listOperations"),
        nth: fc.nat({ max: 1 }),
        when: fc.constantFrom("before", "after"),
      }),
      weight: 1,
    },
  ),
});

const base = (host: HostName): fc.Arbitrary<History> =>
  fc.record({
    entropy: fc.nat(),
    host: fc.constant(host),
    refreshBeforeUpdate: rarely(fc.constant(false), true, 4),
    slots: fc.constant(1),
    operationMs: fc.constant(3_000),
    clockSkewMs: fc.constant(0),
    registersInOrder: fc.constant(true),
    resources: fc.array(resource, { minLength: 2, maxLength: 4, size: "max" }),
    runs: fc.tuple(randomRun),
  });

/** The history of a number: it has the focus of that number, and the rest is random. */
export function sampleHistory(number: number, host: HostName): History {
  const [drawn] = fc.sample(base(host), { seed: number, numRuns: 1 });
  if (drawn === undefined) throw new Error(`no history for ${number}`);
  const focus: Focus = foci[focusOf(number)];
  const given = { ...plainRun, ...focus.run };
  const next = (focus.next ?? []).map((run) => ({ ...plainRun, ...run }));
  const starts = [...(focus.in === "first" ? [] : [plainRun]), given, ...next];
  const isDisturbed = [...starts, ...drawn.runs].some(
    ({ end, faults, operationEnds }) => end.kind !== "finish" || faults.length > 0 || operationEnds.length > 0,
  );
  const history: History = {
    ...drawn,
    ...focus.history,
    resources: drawn.resources.map((each, position) => {
      const own = position < 2 ? (focus.resources?.[position] ?? focus.resources?.at(-1)) : undefined;
      return {
        ...each,
        // The engine deletes in a random order what does not depend on each other.
        ...(isDisturbed ? { dependencies: position } : {}),
        // Of two creates with one chosen name, it must be certain which comes first.
        ...(focus.history?.slots === undefined ? {} : { name: "automatic" as const }),
        ...own,
      };
    }),
  };
  const stacks = [...new Set([...starts, ...history.runs].map(({ stack }) => stack))];
  const runs = [
    ...starts,
    ...history.runs,
    ...stacks.flatMap((stack): Run[] => [
      { ...plainRun, stack },
      { ...plainRun, stack, command: "destroy" },
    ]),
  ];
  return { ...history, runs: runs.map((run) => deterministic(run, history)) };
}

export function focusOf(number: number): keyof typeof foci {
  const names = Object.keys(foci) as (keyof typeof foci)[];
  return names[number % names.length] as keyof typeof foci;
}

/** The run without what depends on which request or operation comes first. */
function deterministic(run: Run, { slots }: History): Run {
  if (slots > 1) return { ...run, faults: [], operationEnds: [], end: { kind: "finish" } };
  const { command } = run;
  if (command === "refresh") return { ...run, replaces: [], refreshes: false };
  if (command === "destroy") return { ...run, replaces: [] };
  // The real engine's preview is part of the same command, so its requests would count as well.
  if (run.command === "upWithPreview") return { ...run, faults: [], end: { kind: "finish" } };
  return run;
}
