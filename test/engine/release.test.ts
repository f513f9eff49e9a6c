import { createHash } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect } from "chai";
import { parse } from "yaml";
import { repositoryRoot } from "../support/engine";
import { type Job, type JobResult, runJob, type Workflow } from "../support/gitops/github";
import { copyRepository, developersEnvironment, runTool } from "../support/packing";

const { version } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as { version: string };

describe("a release", function () {
  this.timeout(30 * 60_000);
  let scratch: string;
  before(() => {
    scratch = mkdtempSync(join(tmpdir(), "release-"));
  });
  after(() => rmSync(scratch, { recursive: true, force: true }));

  it("has the same bytes in every build, also in the workflow, and other bytes for another source", async () => {
    const one = await commit(join(scratch, "one"));
    const two = await commit(join(scratch, "further", "down", "two"));
    makePrivate(two);
    const [workflow] = await Promise.all([buildJob(one, `v${version}`), build(two, [])]);
    expect(workflow.status, workflow.output).to.equal("success");
    const sums = sumsIn(released(one));
    expect(sumsIn(released(two))).to.deep.equal(sums);
    const files = readdirSync(released(one)).filter((name) => name !== "SHA256SUMS");
    expect(files.sort()).to.deep.equal([
      `onvera-emulator-${version}.tgz`,
      `pulumi-onvera-${version}.cdx.json`,
      `pulumi-onvera-${version}.tgz`,
      ...["dotnet", "go", "python"].map((language) => `pulumi-onvera-sdk-${language}-${version}.tar.gz`),
      ...["darwin-amd64", "darwin-arm64", "linux-amd64", "linux-arm64", "windows-amd64", "windows-arm64"].map(
        (platform) => `pulumi-resource-onvera-v${version}-${platform}.tar.gz`,
      ),
    ]);
    expect(sums).to.deep.equal(Object.fromEntries(files.map((name) => [name, sha256(join(released(one), name))])));

    for (const name of ["README.md", "provider/plugin/main.ts"]) appendFileSync(join(two, name), "\nprocess.title;\n");
    const changed = join(scratch, "changed");
    // The package is still compiled.
    await build(two, ["--scripts-only", "--allow-dirty", "--out", changed], {
      npm_config_ignore_scripts: "true",
    });
    const others = sumsIn(changed);
    const same = files.filter((name) => others[name] === sums[name]);
    expect(same, "files that do not depend on the changed source").to.deep.equal(
      files.filter((name) => /cdx\.json$|-sdk-|^onvera-emulator/.test(name)),
    );

    expect(packedManifest(one)).to.deep.include({ version });
    expectBom(JSON.parse(readFileSync(join(released(one), `pulumi-onvera-${version}.cdx.json`), "utf8")));
    const changelog = readFileSync(join(repositoryRoot, "CHANGELOG.md"), "utf8");
    const notes = readFileSync(join(one, "dist", "notes.md"), "utf8");
    expect(changelog).to.include(`## ${version}\n\n${notes.trim()}\n`);

    await expectNextVersion(two, "98.7.6");
  });

  it("is rejected for the tag of another version, with uncommitted files, and without a section in the changelog", async () => {
    const copy = await commit(join(scratch, "refused"));
    const tagged = await buildJob(copy, "v98.7.6");
    expect(tagged.status).to.equal("failure");
    expect(tagged.output).to.include(`the tag is v98.7.6, but package.json's version makes it v${version}`);
    expect(tagged.steps).to.include({ "Compare the tag with the version": "failure", Build: "skipped" });

    writeFileSync(join(copy, "stray.txt"), "");
    expect(await refusal(copy)).to.match(/built from a commit.*\n\?\? stray\.txt/);
    rmSync(join(copy, "stray.txt"));

    const file = join(copy, "CHANGELOG.md");
    writeFileSync(file, readFileSync(file, "utf8").replace(`## ${version}\n`, "## Unreleased\n"));
    expect(await refusal(copy, "--allow-dirty")).to.include(`CHANGELOG.md says nothing of ${version}`);
    expect(statSync(join(copy, "dist"), { throwIfNoEntry: false }), "nothing was built").to.equal(undefined);
  });

  /** Runs the steps of the workflow's build job, except the installation, which the tests have done. */
  function buildJob(folder: string, tag: string): Promise<JobResult> {
    const workflow = parse(readFileSync(join(folder, ".github", "workflows", "release.yml"), "utf8")) as Workflow;
    const job = workflow.jobs["build"] as Job;
    const steps = job.steps.filter(({ run }) => run !== "npm ci --ignore-scripts");
    expect(steps).to.have.length(job.steps.length - 1);
    return runJob({
      folder,
      workflow,
      job: { ...job, steps },
      github: { ref: `refs/tags/${tag}` },
      secretsOf: () => ({}),
      machine: {
        ...(developersEnvironment() as Record<string, string>),
        GITHUB_REF_NAME: tag,
        GITHUB_SHA: "HEAD",
        GITHUB_SERVER_URL: "https://github.example",
        GITHUB_REPOSITORY: "acme/pulumi-onvera",
      },
    });
  }
});

/** A copy of the repository whose files are all committed. */
async function commit(folder: string): Promise<string> {
  copyRepository(folder);
  await runTool("git", ["init", "--quiet"], folder);
  // In copies, node_modules is a link, not the folder that .gitignore names.
  appendFileSync(join(folder, ".git", "info", "exclude"), "node_modules\n");
  await runTool("git", ["add", "."], folder);
  const identity = ["-c", "user.name=Tests", "-c", "user.email=tests@example.com", "-c", "commit.gpgsign=false"];
  await runTool("git", [...identity, "commit", "--quiet", "--message", "The release"], folder);
  await runTool("git", ["update-ref", "refs/remotes/origin/main", "HEAD"], folder);
  return folder;
}

/** Gives the files the permissions of a umask of 077, and another time. */
function makePrivate(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (/^(node_modules|\.git)(\/|$)/.test(name)) continue;
    const file = join(folder, name);
    chmodSync(file, statSync(file).mode & 0o700);
    utimesSync(file, 1_000_000_000, 1_000_000_000);
  }
}

function build(folder: string, flags: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return runTool("bash", ["-c", 'umask 077; npm run release:build -- "$@"', "bash", ...flags], folder, env);
}

/** Changes the version of a built copy, and expects the new one, and not the old one, in every file of its release. */
async function expectNextVersion(copy: string, next: string): Promise<void> {
  const changelog = join(copy, "CHANGELOG.md");
  writeFileSync(changelog, readFileSync(changelog, "utf8").replace("## ", "## Unreleased\n\n- New\n\n## "));
  await runTool("npm", ["run", "release:version", "--", next], copy);
  const folder = `${copy}-${next}`;
  await build(copy, ["--scripts-only", "--allow-dirty", "--out", folder], { npm_config_ignore_scripts: "true" });
  const spelling = (name: string) => {
    if (name.includes("-sdk-python-")) return `version = "${next}"`;
    if (name.endsWith(".cdx.json")) return `pkg:npm/pulumi-onvera@${next}`;
    return name.startsWith("pulumi-resource-") ? `return"${next}"` : `"version": "${next}"`;
  };
  for (const name of readdirSync(folder).filter((file) => file !== "SHA256SUMS")) {
    expect(name).to.include(next);
    const content = readFileSync(join(folder, name));
    const text = (name.endsWith("gz") ? gunzipSync(content) : content).toString("latin1");
    expect(text.includes(spelling(name)), `${name} holds ${spelling(name)}`).to.equal(true);
    expect(text.match(new RegExp(`onvera[^\\n]{0,20}${version.replaceAll(".", "\\.")}`)), name).to.equal(null);
  }
}

/** The message of a build that must fail. */
async function refusal(folder: string, ...flags: string[]): Promise<string> {
  return build(folder, flags).then(
    () => expect.fail("the build was not refused"),
    (error: Error) => error.message,
  );
}

const released = (folder: string) => join(folder, "dist", "release");

/** The checksums by file name. */
function sumsIn(folder: string): Record<string, string> {
  const lines = readFileSync(join(folder, "SHA256SUMS"), "utf8").trim().split("\n");
  return Object.fromEntries(lines.map((line) => line.split("  ").reverse()));
}

function sha256(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

function packedManifest(folder: string): object {
  const tar = gunzipSync(readFileSync(join(released(folder), `pulumi-onvera-${version}.tgz`))).toString("latin1");
  const [, manifest = ""] = /package\/package\.json\0.*?\0(\{\n.*?\n\})\n/s.exec(tar) ?? [];
  return JSON.parse(manifest);
}

interface Bom {
  serialNumber?: string;
  metadata: { timestamp?: string; component: { name: string } };
  components: { name: string; version: string; hashes: unknown[] }[];
}

function expectBom(bom: Bom): void {
  expect(bom).to.not.have.property("serialNumber");
  expect(bom.metadata).to.not.have.property("timestamp");
  expect(bom.metadata.component.name).to.equal("pulumi-onvera");
  const names = bom.components.map(({ name }) => name);
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8"));
  expect(names).to.include.members([...Object.keys(dependencies), ...Object.keys(peerDependencies), "@grpc/grpc-js"]);
  expect(names, "development dependencies").to.not.include.members(["mocha"]).and.to.not.include.members(["fastify"]);
  for (const { hashes, name } of bom.components) expect(hashes, name).to.have.length(1);
  expect(JSON.stringify(bom)).to.not.include(join(tmpdir(), "sbom-"));
}
