import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { home, pluginDownloadUrl, repositoryUrl } from "../provider/plugin/home";
import { buildArchives } from "./plugin/build-archives";
import { hostPlatform } from "./plugin/platforms";
import { createReporter } from "./pulumi/progress";
import { npm } from "./release/commands";
import { generateSdk } from "./sdk-gen/generate";

const repositoryRoot = resolve(__dirname, "..");
const templatesUrl = `${repositoryUrl}/templates`;

/** The files of a release, as a stranger gets them: npm packages, an archive of the plugin on a server, templates. */
export class Distribution {
  #server: Server | undefined;

  private constructor(
    private readonly folder: string,
    private readonly tarballs: Readonly<Record<string, string>>,
  ) {}

  static async build(): Promise<Distribution> {
    const folder = mkdtempSync(join(tmpdir(), "distribution-"));
    // Building `dist` is the caller's, because it takes long.
    const pack = ["pack", "--ignore-scripts", "--json", "--workspaces", "--include-workspace-root"];
    const packed = JSON.parse(await npm([...pack, "--pack-destination", folder], repositoryRoot)) as {
      name: string;
      filename: string;
    }[];
    const tarballs = Object.fromEntries(packed.map(({ name, filename }) => [name, join(folder, filename)]));
    const distribution = new Distribution(folder, tarballs);
    for (const name of templateNames()) distribution.#copyTemplate(name);
    return distribution;
  }

  /** A copy of a template that names the packed packages, which no registry has yet. */
  templateFolder(name: string): string {
    return join(this.folder, "templates", name);
  }

  /** The same commands, with the packed packages, the local templates and the local server instead of the published ones. */
  localize(shell: string): string {
    const installed = /\bnpm install .*/g;
    const byTarball = (command: string) =>
      Object.entries(this.tarballs).reduce(
        (text, [name, file]) => text.replaceAll(new RegExp(`(?<= )${name}(?= |$)`, "g"), file),
        command,
      );
    return shell
      .replaceAll(installed, byTarball)
      .replaceAll(/\bnpx onvera-emulator\b/g, `npx --yes --package ${this.tarball("onvera-emulator")} onvera-emulator`)
      .replaceAll(templatesUrl, join(this.folder, "templates"))
      .replaceAll(pluginDownloadUrl, this.pluginServer);
  }

  /** Offers the plugin archive for this machine where `localize` says. */
  async servePlugin(): Promise<void> {
    const archives = join(this.folder, "archives");
    const platform = hostPlatform();
    const only = platform === undefined ? {} : { only: [platform] };
    await buildArchives({ folder: archives, scriptsOnly: true, ...only });
    const server = createServer(({ url = "" }, response) => {
      response.end(readFileSync(join(archives, basename(url))));
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  }

  /** Lets the Python template install the SDK that is generated from the schema as it is now. */
  async addPythonSdk(): Promise<void> {
    const sdk = join(this.folder, "python-sdk");
    await generateSdk("python", sdk, { reporter: createReporter({ stream: process.stderr }) });
    const file = join(this.templateFolder("onvera-python"), "requirements.txt");
    const requirements = readFileSync(file, "utf8");
    const local = requirements.replace(new RegExp(`${repositoryUrl}/releases/download/\\S+`), `file://${sdk}`);
    if (local === requirements) throw new Error(`${file} does not name a file of a release`);
    writeFileSync(file, local);
  }

  dispose(): void {
    this.#server?.close();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  #copyTemplate(name: string): void {
    const folder = this.templateFolder(name);
    mkdirSync(join(this.folder, "templates"), { recursive: true });
    cpSync(join(repositoryRoot, "templates", name), folder, { recursive: true });
    const file = join(folder, "package.json");
    if (!readdirSync(folder).includes("package.json")) return;
    const manifest = JSON.parse(readFileSync(file, "utf8"));
    manifest.dependencies[home.npmPackage] = `file:${this.tarball(home.npmPackage)}`;
    writeFileSync(file, JSON.stringify(manifest));
  }

  /** What `npm pack` made of a package. */
  tarball(name: string): string {
    const file = this.tarballs[name];
    if (file === undefined) throw new Error(`${name} was not packed`);
    return file;
  }

  get pluginServer(): string {
    return this.#server === undefined
      ? pluginDownloadUrl
      : `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
}

/** The folders of templates/. */
export function templateNames(): string[] {
  return readdirSync(join(repositoryRoot, "templates"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}
