import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { RunningCommand } from "./command";

export interface NewStackOptions {
  readonly binary: string;
  readonly env: NodeJS.ProcessEnv;
  readonly projectName: string;
  readonly stackName: string;
}

export type Config = Readonly<Record<string, string | { readonly secret: string }>>;

/**
 * An empty stack in the file backend. The CLI creates it once per process, and every project gets a copy: this saves each test two
 * calls of the CLI.
 */
export class NewStack {
  readonly #ciphertexts = new Map<string, string>();
  #lastEncryption: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly root: string,
    private readonly options: NewStackOptions,
  ) {}

  static async create(options: NewStackOptions): Promise<NewStack> {
    const root = mkdtempSync(join(tmpdir(), "engine-stack-"));
    process.on("exit", () => rmSync(root, { recursive: true, force: true }));
    for (const folder of ["home", "state"]) mkdirSync(join(root, folder));
    writeFileSync(join(root, "Pulumi.yaml"), stringify({ name: options.projectName, runtime: "yaml" }));
    const stack = new NewStack(root, options);
    await stack.#run(["stack", "init", options.stackName]);
    return stack;
  }

  /** Copies the state, and writes the stack's configuration into the folder of a project. */
  async copy({ state, project, config }: { state: string; project: string; config: Config }): Promise<void> {
    cpSync(join(this.root, "state"), state, { recursive: true });
    const values: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(config)) {
      const name = key.includes(":") ? key : `${this.options.projectName}:${key}`;
      values[name] = typeof value === "string" ? value : { secure: await this.#encrypt(value.secret) };
    }
    const { encryptionsalt } = this.#configuration();
    writeFileSync(join(project, this.#configurationFile), stringify({ encryptionsalt, config: values }));
  }

  /** One at a time: all write the same file. */
  #encrypt(secret: string): Promise<string> {
    const ciphertext = this.#lastEncryption.then(() => this.#encryptNext(secret));
    this.#lastEncryption = ciphertext.catch(() => undefined);
    return ciphertext;
  }

  async #encryptNext(secret: string): Promise<string> {
    const known = this.#ciphertexts.get(secret);
    if (known !== undefined) return known;
    await this.#run(["config", "set", "--secret", "value", "--stack", this.options.stackName], secret);
    const { secure = "" } = this.#configuration().config?.[`${this.options.projectName}:value`] ?? {};
    this.#ciphertexts.set(secret, secure);
    return secure;
  }

  get #configurationFile(): string {
    return `Pulumi.${this.options.stackName}.yaml`;
  }

  #configuration(): { encryptionsalt: string; config?: Record<string, { secure: string }> } {
    return parse(readFileSync(join(this.root, this.#configurationFile), "utf8"));
  }

  async #run(args: readonly string[], stdin?: string): Promise<void> {
    const { binary, env } = this.options;
    const { code, stdout, stderr } = await new RunningCommand(binary, [...args, "--non-interactive"], {
      cwd: this.root,
      env: { ...env, PULUMI_HOME: join(this.root, "home"), PULUMI_BACKEND_URL: `file://${join(this.root, "state")}` },
      timeoutMs: 120_000,
      ...(stdin === undefined ? {} : { stdin }),
    }).ended;
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with code ${code}\n${stdout}${stderr}`);
  }
}
