import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { type Emulator, startEmulator } from "../../emulator/src/index";
import { dynamicHost, type Host, pluginHost, pluginProjectOf } from "./hosts";
import { EngineProject, repositoryRoot } from "./project";
import { deployment, reference } from "./yaml-program";

/** The folders of the releases, each with the folders of its stacks. `npm run release:fixtures` writes them. */
export const statesFolder = join(repositoryRoot, "test", "fixtures", "states");

/** The files of a stack: the output of `pulumi stack export`, and the emulator's data file without its keys. */
export const stateFile = "state.json";
export const platformFile = "platform.jsonl";

/** The emulators of all these stacks accept it. The state holds it encrypted with the passphrase of `EngineProject`. */
export const apiKey = "key-of-the-release-stacks";

/** A stack's program in JavaScript or YAML. */
export type ReleaseProgram = { readonly file: "index.js" | "program.yaml"; readonly text: string };

/**
 * The programs of a release for each host: both application types, automatic and chosen names, each option that the state
 * keeps, and a create ("late") that times out, for a later run to resume.
 */
export const releasePrograms: Readonly<Record<string, ReleaseProgram>> = {
  dynamic: javaScript(dynamicHost),
  plugin: javaScript(pluginHost),
  "plugin-yaml": yamlProgram(),
};

/** A pattern for the name of "late" in Onvera. */
export const lateName = "late-*";

function javaScript({ prelude }: Host): ReleaseProgram {
  const text = `${prelude.trim()}

const etl = new Deployment("etl", { appType: "airflow" }, { customTimeouts: { create: "45m", delete: "20m" } });
const bi = new Deployment("bi", { appType: "superset", name: "dashboards" }, { dependsOn: etl, protect: true });
new Deployment("late", { appType: "airflow" }, { customTimeouts: { create: "1s", update: "5m" } });

exports.etlUrl = etl.url;
exports.biStatus = bi.status;
`;
  return { file: "index.js", text };
}

function yamlProgram(): ReleaseProgram {
  const resources = {
    etl: deployment("airflow", {}, { customTimeouts: { create: "45m", delete: "20m" } }),
    bi: deployment("superset", { name: "dashboards" }, { dependsOn: [reference("etl")], protect: true }),
    late: deployment("airflow", {}, { customTimeouts: { create: "1s", update: "5m" } }),
  };
  const outputs = { etlUrl: reference("etl.url"), biStatus: reference("bi.status") };
  return { file: "program.yaml", text: stringify({ resources, outputs }) };
}

/** The files that were kept of a stack. */
export interface KeptStack {
  /** Its folder, relative to `statesFolder`. */
  readonly name: string;
  readonly program: ReleaseProgram;
  readonly state: string;
  readonly platform: string;
}

/** Every stack of every release. */
export function keptStacks(): KeptStack[] {
  return readdirSync(statesFolder).flatMap((release) =>
    readdirSync(join(statesFolder, release)).map((stack) => {
      const read = (file: string) => readFileSync(join(statesFolder, release, stack, file), "utf8");
      const file = existsSync(join(statesFolder, release, stack, "index.js")) ? "index.js" : "program.yaml";
      return {
        name: `${release}/${stack}`,
        program: { file, text: read(file) },
        state: read(stateFile),
        platform: read(platformFile),
      };
    }),
  );
}

export interface ReleaseStackOptions {
  /** The folder of the built package. Default: this repository. */
  readonly packageFolder?: string;
  /** The content of the emulator's data file at the start. */
  readonly platform?: string;
}

/** A program of a release with an empty stack, and an emulator with a data file. */
export class ReleaseStack {
  private constructor(
    readonly emulator: Emulator,
    readonly project: EngineProject,
    private readonly dataFolder: string,
  ) {}

  static async start({ file, text }: ReleaseProgram, options: ReleaseStackOptions = {}): Promise<ReleaseStack> {
    const { packageFolder = repositoryRoot, platform } = options;
    const dataFolder = mkdtempSync(join(tmpdir(), "release-"));
    const data = join(dataFolder, platformFile);
    let emulator: Emulator | undefined;
    try {
      if (platform !== undefined) writeFileSync(data, platform);
      emulator = await startEmulator({ speed: 1_000, data, apiKeys: [{ key: apiKey }] });
      const project = await EngineProject.create({
        ...(file === "index.js" ? { program: text } : { yaml: parse(text) as Record<string, unknown> }),
        pulumiYaml: pluginProjectOf(packageFolder),
        packageFolder,
        config: { "onvera:apiKey": { secret: apiKey } },
        // In the configuration it would be part of the plugin's state, but the emulator's port differs each time.
        env: { ONVERA_BASE_URL: emulator.baseUrl, ONVERA_POLL_INTERVAL_MS: "50" },
      });
      return new ReleaseStack(emulator, project, dataFolder);
    } catch (error) {
      await emulator?.close();
      rmSync(dataFolder, { recursive: true });
      throw error;
    }
  }

  /** The content of the emulator's data file. */
  platformText(): string {
    return readFileSync(join(this.dataFolder, platformFile), "utf8");
  }

  async stop(): Promise<void> {
    await this.project.dispose();
    await this.emulator.close();
    rmSync(this.dataFolder, { recursive: true });
  }
}
