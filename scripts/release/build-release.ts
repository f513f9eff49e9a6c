import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix, resolve, sep } from "node:path";
import { type ArchiveFile, writeArchive } from "../plugin/archive";
import { buildArchives } from "../plugin/build-archives";
import type { Reporter } from "../pulumi/progress";
import { generateSdk, type SdkLanguage, sdkLanguages } from "../sdk-gen/generate";
import { changelogSection } from "./changelog";
import { git } from "./commands";
import { packNpmPackages } from "./npm-package";
import { writeBom } from "./sbom";

const root = resolve(__dirname, "..", "..");

/** Where a release goes unless told; the build clears it. */
export const releaseFolder = join(root, "dist", "release");

export interface ReleaseOptions {
  /** Empty, or not there yet. */
  readonly folder: string;
  /** Builds what is not committed, too. */
  readonly allowDirty?: boolean;
  /** Leaves Node.js out of every plugin archive. */
  readonly scriptsOnly?: boolean;
  readonly tell?: (line: string) => void;
  readonly reporter: Reporter;
}

/**
 * Writes all files of a release into a folder: the npm packages, the plugin's archives, the generated SDKs, a CycloneDX document
 * of the dependencies, and the SHA-256 sums of them all. The same commit, packages and Node.js release give the same bytes.
 */
export async function buildRelease(options: ReleaseOptions): Promise<void> {
  const { folder, allowDirty = false, scriptsOnly = false, tell = () => undefined, reporter } = options;
  const { name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  changelogSection(readFileSync(join(root, "CHANGELOG.md"), "utf8"), version);
  if (!allowDirty) await expectCommitted();
  if (folder !== releaseFolder) expectEmpty(folder);

  // First, because it builds `dist` from nothing.
  const npmPackages = await packNpmPackages(root);
  expectEmpty(folder);
  mkdirSync(folder, { recursive: true });
  await buildArchives({ folder, scriptsOnly, tell });
  const write = (file: string, content: string | Buffer) => {
    writeFileSync(join(folder, file), content);
    tell(file);
  };
  for (const { name: file, content } of npmPackages) write(file, content);
  for (const language of sdkLanguages) {
    const base = `${name}-sdk-${language}-${version}`;
    write(`${base}.tar.gz`, await writeArchive(await sdkFiles(language, base, reporter)));
  }
  write(`${name}-${version}.cdx.json`, await writeBom(root));
  // Instead of the one that the archives have come with.
  rmSync(join(folder, "SHA256SUMS"));
  write("SHA256SUMS", sums(folder));
}

async function expectCommitted(): Promise<void> {
  const changed = await git(["status", "--porcelain"], root);
  if (changed !== "") {
    throw new Error(`a release is built from a commit, but these files differ (--allow-dirty takes them):\n${changed}`);
  }
}

function expectEmpty(folder: string): void {
  const isThere = statSync(folder, { throwIfNoEntry: false }) !== undefined;
  if (isThere && readdirSync(folder).length > 0) throw new Error(`${folder} is not empty`);
}

async function sdkFiles(language: SdkLanguage, base: string, reporter: Reporter): Promise<ArchiveFile[]> {
  const folder = mkdtempSync(join(tmpdir(), `sdk-${language}-`));
  try {
    await generateSdk(language, folder, { reporter });
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => ({ name: posix.join(base, ...name.split(sep)), content: readFileSync(join(folder, name)) }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As `sha256sum` writes and reads them. */
function sums(folder: string): string {
  return readdirSync(folder)
    .sort()
    .map((name) => {
      const sum = createHash("sha256").update(readFileSync(join(folder, name)));
      return `${sum.digest("hex")}  ${name}\n`;
    })
    .join("");
}
