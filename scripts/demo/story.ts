import type { Emulator } from "../../emulator/src/index";
import type { Cli } from "./cli";
import { DemoError } from "./errors";
import type { Page } from "./page";
import { manifestFile, type StateSize, type Workspace } from "./workspace";

export interface Scene {
  readonly page: Page;
  readonly cli: Cli;
  readonly workspace: Workspace;
  readonly platform: Emulator;
  /** Further flags of each command that shows its progress. */
  readonly displayFlags: readonly string[];
}

interface Step {
  readonly title: string;
  readonly text: string;
  readonly play: (scene: Scene) => Promise<void>;
}

const firstManifest = ["deployments:", "  etl:", "    appType: airflow", "  dashboards:", "    appType: superset"];
const addedLine = "    name: reports";

const steps: readonly Step[] = [
  {
    title: "Preview",
    text: "What would be done? Nothing is done yet. (onvera-seed is kept in the state only: names are derived from it.)",
    play: async (scene) => {
      scene.page.file(manifestFile, firstManifest);
      scene.workspace.writeManifest(firstManifest);
      await run(scene, ["preview"]);
      expectDeployments(scene.platform, []);
    },
  },
  {
    title: "Bring both up",
    text: "Airflow and Superset are created side by side. While the CLI waits, it shows the phase that the platform is in.",
    play: async (scene) => {
      await run(scene, ["up", "--yes", "--skip-preview"]);
      expectDeployments(scene.platform, ["airflow", "superset"]);
    },
  },
  {
    title: "Bring them up again",
    text: "Nothing has changed, so there is nothing to do.",
    play: async (scene) => {
      await run(scene, ["up", "--yes", "--skip-preview", "--expect-no-changes"]);
      expectDeployments(scene.platform, ["airflow", "superset"]);
    },
  },
  {
    title: "Somebody deletes the dashboards",
    text: "It was done at the platform, behind Pulumi's back. A refresh compares what Pulumi knows with what is there, and shows it.",
    play: async (scene) => {
      await scene.platform.control.deployments.destroyNow("dashboards-*");
      await run(scene, ["refresh", "--yes", "--skip-preview"]);
      expectDeployments(scene.platform, ["airflow"]);
      if (scene.workspace.stateSize().deployments !== 1) {
        throw new DemoError("the refresh did not notice that a deployment is gone");
      }
    },
  },
  {
    title: "Repair it",
    text: "The next up makes what is missing, and leaves alone what is there.",
    play: async (scene) => {
      await run(scene, ["up", "--yes", "--skip-preview"]);
      expectDeployments(scene.platform, ["airflow", "superset"]);
    },
  },
  {
    title: "Change something",
    text: "Onvera cannot change a deployment, so a change is a replacement: the new one is ready before the old one goes.",
    play: async (scene) => {
      const changed = [...firstManifest, addedLine];
      scene.page.file(manifestFile, changed, new Set([firstManifest.length]));
      scene.workspace.writeManifest(changed);
      await run(scene, ["up", "--yes", "--skip-preview"]);
      expectDeployments(scene.platform, ["airflow", "superset"]);
    },
  },
  {
    title: "Destroy everything",
    text: "Whatever the state holds is destroyed, and the platform is then asked whether anything is left.",
    play: async (scene) => {
      await run(scene, ["destroy", "--yes", "--skip-preview"]);
      const left = await countDeployments(scene.platform);
      scene.page.text(`\nGET ${scene.platform.baseUrl}/deployments answers: ${left} deployments`);
      const inState = scene.workspace.stateSize().deployments;
      if (left + inState > 0) {
        throw new DemoError(`after the destroy the platform has ${left} deployments, and the state ${inState}`);
      }
    },
  },
];

/** What the summary tells of a demo that has come to its end. */
export interface Outcome {
  readonly requests: Readonly<Record<"creates" | "deletes" | "polls" | "total", number>>;
  /** With two deployments. */
  readonly state: StateSize;
}

/** Plays every step, in order. Throws `DemoError` where one does not end as it tells, `StoppedError` when it was stopped. */
export async function play(scene: Scene): Promise<Outcome> {
  let state: StateSize | undefined;
  for (const [index, { title, text, play: playStep }] of steps.entries()) {
    scene.page.heading(`${index + 1}/${steps.length} ${title}`);
    scene.page.text(text);
    try {
      await playStep(scene);
    } catch (error) {
      if (!(error instanceof DemoError)) throw error;
      throw new DemoError(`step ${index + 1}, "${title}", did not succeed: ${error.message}`);
    }
    const size = scene.workspace.stateSize();
    if (size.deployments === 2) state ??= size;
  }
  if (state === undefined) throw new DemoError("the state never held two deployments");
  return { requests: countRequests(scene.platform), state };
}

async function run({ page, cli, displayFlags }: Scene, args: readonly string[]): Promise<void> {
  page.command(`pulumi ${args.join(" ")}`);
  await cli.show([...args, ...displayFlags]);
}

function expectDeployments({ control }: Emulator, expected: readonly string[]): void {
  const found = control.state().deployments.map(({ app_type: appType, status }) => `${appType} (${status})`);
  const told = expected.map((appType) => `${appType} (ready)`);
  if (found.sort().join(", ") !== told.join(", ")) {
    throw new DemoError(
      `the platform should have ${told.join(", ") || "nothing"}, but has ${found.join(", ") || "nothing"}`,
    );
  }
}

/** Asks as any client would. */
async function countDeployments({ baseUrl, apiKey }: Emulator): Promise<number> {
  const answer = await fetch(`${baseUrl}/deployments`, { headers: { "X-API-Key": apiKey } });
  const { data } = (await answer.json()) as { data: { pagination: { total: number } } };
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
    // Without the demo's own, at its end.
    total: total - 1,
  };
}
