import { throughDynamic, throughNothing, throughPlugin } from "../programs";
import { inSeconds, type Row, short } from "../row";
import { timeInTurns } from "../sampling";
import { instant, type Stack, withStack } from "../stack";

/** A stack of existing deployments: the cost of reading them, and the size of the state. */
export async function measureMany({ count, rounds }: { count: number; rounds: number }): Promise<Row[]> {
  const quick = { ...instant(50), withoutCheckpoints: true };
  const flags = ["--parallel", String(count)];
  return withStack({ ...quick, program: throughNothing(count) }, (nothing) =>
    withStack({ ...quick, program: throughDynamic(count) }, (dynamic) =>
      withStack({ ...quick, program: throughPlugin(count) }, async (plugin) => {
        for (const stack of [nothing, dynamic, plugin]) await stack.up({ flags });
        const looks = { preview: 0, refresh: 0 };
        for (const command of ["preview", "refresh"] as const) {
          dynamic.clearRequests();
          await dynamic.run(command);
          looks[command] = dynamic.emulator.control.requests.list().total;
        }
        plugin.clearRequests();
        await plugin.run("refresh");
        const pluginRefresh = plugin.emulator.control.requests.list().total;
        const times = await timeInTurns(
          { dynamic: async () => (await dynamic.up()).ms, nothing: async () => (await nothing.up()).ms },
          { rounds, hasTrial: false },
        );
        const [ours = Number.NaN, theirs = Number.NaN] = [times.get("dynamic"), times.get("nothing")];
        const mostLooks = Math.max(looks.preview, looks.refresh, pluginRefresh);
        const pages = Math.ceil(count / 100);
        return [
          {
            id: "looks",
            what: `requests of a preview and a refresh of ${count} (dynamic), and a refresh (plugin)`,
            peer: `naive: ${count} reads`,
            goal: `about ${pages} pages`,
            measured: `${looks.preview}, ${looks.refresh}, ${pluginRefresh}`,
            ratio: mostLooks / pages,
            goalRatio: 1.5,
            figures: { ...looks, pluginRefresh },
          },
          {
            id: "no-change",
            what: `up of ${count} without a change`,
            peer: `dynamic resources that do nothing: ${inSeconds(theirs)}`,
            goal: "≤ 1.1 × those",
            measured: `${inSeconds(ours)}, ${short(ours / theirs)} ×`,
            ratio: ours / theirs,
            goalRatio: 1.1,
            figures: { ours, theirs },
          },
          ...stateRows({ nothing, dynamic, plugin }),
        ];
      }),
    ),
  );
}

function stateRows({ nothing, dynamic, plugin }: Record<"nothing" | "dynamic" | "plugin", Stack>): Row[] {
  const peer = stateOf(nothing);
  const rowOf = (id: string, what: string, stack: Stack, goalBytes: number): Row => {
    const { bytes, traces } = stateOf(stack);
    return {
      id,
      what: `state of a deployment, ${what}, stack traces aside`,
      peer: `trivial dynamic provider: ${Math.round(peer.bytes)} B`,
      goal: `≤ ${goalBytes} B`,
      measured: `${Math.round(bytes)} B (and ${Math.round(traces)} B of stack traces)`,
      ratio: bytes / goalBytes,
      goalRatio: 1,
      figures: { bytes, traces, trivial: peer.bytes },
    };
  };
  return [
    rowOf("state-dynamic", "dynamic provider", dynamic, 2_000),
    rowOf("state-plugin", "plugin", plugin, 1_000),
    {
      id: "state-provider",
      what: "the serialized provider in the state",
      peer: "",
      goal: "≤ 300 B",
      measured: `${providerTextOf(dynamic).length} B`,
      ratio: providerTextOf(dynamic).length / 300,
      goalRatio: 1,
      figures: { bytes: providerTextOf(dynamic).length },
    },
  ];
}

interface Resource {
  readonly id?: string;
  readonly inputs?: { readonly __provider?: string };
  readonly stackTrace?: unknown;
}

function resourcesOf(stack: Stack): Resource[] {
  const { checkpoint } = JSON.parse(stack.project.stateText()) as { checkpoint: { latest: { resources: Resource[] } } };
  return checkpoint.latest.resources.filter(({ id = "" }) => id.startsWith("dep_"));
}

/** The average size of a deployment in the state, in bytes. */
function stateOf(stack: Stack): { bytes: number; traces: number } {
  const resources = resourcesOf(stack);
  const sizeOf = (value: unknown) => JSON.stringify(value).length;
  const total = resources.reduce((sum, resource) => sum + sizeOf(resource), 0);
  const traces = resources.reduce((sum, { stackTrace }) => sum + sizeOf({ stackTrace }), 0);
  return { bytes: (total - traces) / resources.length, traces: traces / resources.length };
}

function providerTextOf(stack: Stack): string {
  return resourcesOf(stack)[0]?.inputs?.__provider ?? "";
}
