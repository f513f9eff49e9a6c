import type { Emulator } from "../../emulator/src/index";
import type { Cli } from "./cli";
import { DemoError } from "./errors";
import type { Page } from "./page";
import { manifestFile, type StateSize, type Workspace } from "./workspace";

export interface Demo {
  readonly page: Page;
  readonly cli: Cli;
  readonly workspace: Workspace;
  readonly emulator: Emulator;
  /** More flags for each command that shows its progress. */
  readonly displayFlags: readonly string[];
}

interface Step {
  readonly title: string;
  readonly text: string;
  readonly play: (demo: Demo) => Promise<void>;
}

const firstManifest = ["deployments:", "  etl:", "    appType: airflow", "  dashboards:", "    appType: superset"];
const addedLine = "    name: reports";

const steps: readonly Step[] = [
  {
    title: "Preview",
    text: "A preview shows what an up will do, and changes nothing. (onvera-seed exists only in the state; names are derived from it.)",
    play: async (demo) => {
      demo.page.file(manifestFile, firstManifest);
      demo.workspace.writeManifest(firstManifest);
      await run(demo, ["preview"]);
      expectDeployments(demo.emulator, []);
    },
  },
  {
    title: "Create both",
    text: "Pulumi creates Airflow and Superset at the same time. While it waits, it shows the phase of each operation.",
    play: async (demo) => {
      await run(demo, ["up", "--yes", "--skip-preview"]);
      expectDeployments(demo.emulator, ["airflow", "superset"]);
    },
  },
  {
    title: "Run up again",
    text: "Nothing has changed, so nothing is done.",
    play: async (demo) => {
      await run(demo, ["up", "--yes", "--skip-preview", "--expect-no-changes"]);
      expectDeployments(demo.emulator, ["airflow", "superset"]);
    },
  },
  {
    title: "Delete a deployment outside Pulumi",
    text: "The emulator deletes the dashboards. A refresh compares the state with Onvera and removes them from the state.",
    play: async (demo) => {
      await demo.emulator.control.deployments.destroyNow("dashboards-*");
      await run(demo, ["refresh", "--yes", "--skip-preview"]);
      expectDeployments(demo.emulator, ["airflow"]);
      if (demo.workspace.stateSize().deployments !== 1) {
        throw new DemoError("the refresh did not remove the deleted deployment from the state");
      }
    },
  },
  {
    title: "Repair it",
    text: "The next up creates the missing deployment and leaves the other unchanged.",
    play: async (demo) => {
      await run(demo, ["up", "--yes", "--skip-preview"]);
      expectDeployments(demo.emulator, ["airflow", "superset"]);
    },
  },
  {
    title: "Change something",
    text: "Onvera cannot change a deployment, so Pulumi replaces it: it creates the new one before it deletes the old one.",
    play: async (demo) => {
      const changed = [...firstManifest, addedLine];
      demo.page.file(manifestFile, changed, new Set([firstManifest.length]));
      demo.workspace.writeManifest(changed);
      await run(demo, ["up", "--yes", "--skip-preview"]);
      expectDeployments(demo.emulator, ["airflow", "superset"]);
    },
  },
  {
    title: "Destroy everything",
    text: "Whatever the state holds is destroyed, and the platform is then asked whether anything is left.",
    play: async (demo) => {
      await run(demo, ["destroy", "--yes", "--skip-preview"]);
      const left = await countDeployments(demo.emulator);
      demo.page.text(`\nGET ${demo.emulator.baseUrl}/deployments answers: ${left} deployments`);
      const inState = demo.workspace.stateSize().deployments;
      if (left + inState > 0) {
        throw new DemoError(`after the destroy the platform has ${left} deployments, and the state ${inState}`);
      }
    },
  },
];

/** The figures of the summary. */
export interface Outcome {
  readonly requests: Readonly<Record<"creates" | "deletes" | "polls" | "total", number>>;
  /** With two deployments. */
  readonly state: StateSize;
}

/** Runs every step, in order. Throws `DemoError` if one fails, and `StoppedError` if the user stops it. */
export async function play(demo: Demo): Promise<Outcome> {
  let state: StateSize | undefined;
  for (const [index, { title, text, play: playStep }] of steps.entries()) {
    demo.page.heading(`${index + 1}/${steps.length} ${title}`);
    demo.page.text(text);
    try {
      await playStep(demo);
    } catch (error) {
      if (!(error instanceof DemoError)) throw error;
      throw new DemoError(`step ${index + 1}, "${title}", failed: ${error.message}`);
    }
    const size = demo.workspace.stateSize();
    if (size.deployments === 2) state ??= size;
  }
  if (state === undefined) throw new DemoError("the state never held two deployments");
  return { requests: countRequests(demo.emulator), state };
}

async function run({ page, cli, displayFlags }: Demo, args: readonly string[]): Promise<void> {
  page.command(`pulumi ${args.join(" ")}`);
  await cli.show([...args, ...displayFlags]);
}

function expectDeployments({ control }: Emulator, expected: readonly string[]): void {
  const found = control.state().deployments.map(({ app_type: appType, status }) => `${appType} (${status})`);
  const declared = expected.map((appType) => `${appType} (ready)`);
  if (found.sort().join(", ") !== declared.join(", ")) {
    throw new DemoError(
      `Onvera should have ${declared.join(", ") || "nothing"}, but has ${found.join(", ") || "nothing"}`,
    );
  }
}

/** Sends the request like any other client. */
async function countDeployments({ baseUrl, apiKey }: Emulator): Promise<number> {
  const response = await fetch(`${baseUrl}/deployments`, { headers: { "X-API-Key": apiKey } });
  const { data } = (await response.json()) as { data: { pagination: { total: number } } };
  return data.pagination.total;
}

function countRequests({ control }: Emulator): Outcome["requests"] {
  const { requests, total } = control.requests.list();
  const count = (method: string, path: RegExp) =>
    requests.filter((request) => request.method === method && path.test(request.path)).length;
  return {
    creates: count("POST", /\/deployments$/),
    deletes: count("DELETE", /\/dep_/),
    polls: count("GET", /\/operations(\/|$)/),
    // Without the demo's own request at its end.
    total: total - 1,
  };
}
