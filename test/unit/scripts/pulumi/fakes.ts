import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { findExecutables, pathFolders } from "../../../../scripts/pulumi/executables";
import { versions } from "../../../../scripts/pulumi/versions";

/** A temporary machine: folders of shell scripts on PATH, and a cache folder. */
export class FakeMachine {
  readonly root = mkdtempSync(join(tmpdir(), "find-pulumi-"));
  readonly cacheDir = join(this.root, "cache");
  private readonly folders: string[] = [];

  /** Of the real PATH, which can contain a CLI or Go, only the tools that the fake scripts use. */
  get env(): NodeJS.ProcessEnv {
    const tools = join(this.root, "tools");
    if (!existsSync(tools)) {
      mkdirSync(tools);
      for (const name of ["chmod", "sleep"]) {
        symlinkSync(findExecutables(name, pathFolders(process.env))[0] ?? name, join(tools, name));
      }
    }
    return { PATH: [...this.folders, tools].join(delimiter), HOME: join(this.root, "home") };
  }

  /** Adds a folder to the end of PATH. */
  onPath(scripts: Record<string, string>): string {
    const folder = join(this.root, `path-${this.folders.length}`);
    for (const [name, body] of Object.entries(scripts)) {
      script(join(folder, name), body);
    }
    this.folders.push(folder);
    return folder;
  }

  /** A Go that "compiles" shell scripts, and writes a line into a log for each build. */
  withGo({ version = "1.26.8", beforeBuild = "" } = {}): void {
    this.onPath({
      go: `
case "$1" in
  version) echo "go version go${version} linux/amd64"; exit 0 ;;
  list) echo "${this.root}/module"; exit 0 ;;
esac
while [ "$1" != "-o" ]; do shift; done
bin="$2"; shift 2
echo "$@" >> "${this.root}/builds"
${beforeBuild}
for package in "$@"; do
  name="\${package##*/}"
  printf '#!/bin/sh\\necho v${versions.pulumi}\\n' > "$bin/$name"
  chmod +x "$bin/$name"
  echo "$package" >&2
done`,
    });
    script(join(this.root, "module", "python", "cmd", "pulumi-language-python-exec"), "echo exec");
  }

  /** The packages of each Go build so far, by the last part of their paths. */
  get builds(): string[] {
    const file = join(this.root, "builds");
    const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
    return lines.map((line) => line.replaceAll(/\S*\//g, ""));
  }

  dispose(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** The scripts of an installed CLI. */
export function pulumiScripts(version: string): Record<string, string> {
  return {
    pulumi: `echo v${version}`,
    "pulumi-language-nodejs": "exit 0",
    "pulumi-resource-pulumi-nodejs": "exit 0",
  };
}

export function script(file: string, body: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}

/** An installer on a machine without internet access. */
export const unreachable = async (): Promise<void> => {
  throw new Error("fetch failed");
};

/** Collects the messages. */
export function recorder() {
  const lines: string[] = [];
  return {
    lines,
    say: (line: string) => {
      lines.push(line);
    },
    begin: (what: string) => {
      lines.push(what);
      return { detail: () => {}, done: () => {} };
    },
  };
}
