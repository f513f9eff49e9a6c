import { accessSync, constants, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import semver from "semver";
import { parse } from "yaml";
import type { Workflow } from "../support/gitops/github-runner";
import { problemsIn } from "../support/gitops/workflow-problems";

const root = resolve(__dirname, "..", "..");
const folder = join(root, ".github", "workflows");
const read = (file: string) => readFileSync(join(folder, file), "utf8");

describe("our own workflows", () => {
  const files = readdirSync(folder).sort();
  const workflows = files.map((file) => parse(read(file)) as Workflow);
  const jobs = workflows.flatMap((workflow) => Object.values(workflow.jobs));
  const steps = jobs.flatMap((job) => job.steps);
  const [ci, release] = workflows as [Workflow, Workflow];

  for (const file of files) {
    it(`are understood by GitHub's own parser, which a wrong key would not be (${file})`, async () => {
      expect(await problemsIn(file, read(file))).to.deep.equal([]);
      expect(await problemsIn(file, read(file).replace("runs-on:", "run-on:"))).to.not.deep.equal([]);
    });
  }

  it("name every action by its commit, with the version beside it", () => {
    const lines = files.flatMap((file) => read(file).match(/^.*\buses:.*$/gm) ?? []);
    expect(lines.filter((line) => !/uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).to.deep.equal([]);
    const commits = new Map(lines.map((line) => [line.replace(/.*uses: (.*)@.*/, "$1"), line.replace(/.*@/, "")]));
    for (const line of lines) expect(line).to.include(commits.get(line.replace(/.*uses: (.*)@.*/, "$1")));
  });

  it("put no expression into a script, keep no credentials in a checkout, and end at some time", () => {
    expect(steps.filter(({ run }) => run?.includes("${{"))).to.deep.equal([]);
    for (const step of steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"))) {
      expect(step).to.have.property("with").that.deep.equals({ "persist-credentials": false });
    }
    for (const job of jobs) expect(job["timeout-minutes"]).to.be.a("number");
  });

  it("test on the oldest Node.js that package.json allows, and on a later one", () => {
    const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const versions = ci.jobs["test"]?.strategy?.matrix?.["node"] ?? [];
    expect(versions[0]).to.equal(String(semver.minVersion(engines.node)?.major));
    expect(versions).to.have.length(2);
    expect(ci.jobs["test"]?.steps.at(-1)?.run).to.equal(".ci/run");
    accessSync(join(root, ".ci", "run"), constants.X_OK);
  });

  it("ask for no more than they need", () => {
    expect(ci.permissions).to.deep.equal({ contents: "read" });
    expect(release.permissions).to.deep.equal({});
    const permissions = Object.entries(release.jobs).map(([name, job]) => [name, job.permissions]);
    expect(Object.fromEntries(permissions)).to.deep.equal({
      build: { contents: "read" },
      attest: { "id-token": "write", attestations: "write" },
      npm: { "id-token": "write" },
      github: { contents: "write" },
    });
    expect(files.map(read).join("")).to.not.include("secrets.");
  });

  it("publish nothing that was not tested, and run nothing of the repository where they may write", () => {
    const { build, ...writing } = release.jobs;
    const scripts = build?.steps.flatMap(({ run }) => run ?? []) ?? [];
    const at = (text: string) => scripts.findIndex((script) => script.includes(text));
    expect([at("npm ci"), at("release:tag"), at(".ci/run"), at("release:build")]).to.deep.equal([0, 1, 2, 3]);
    expect(Object.values(writing).map(({ needs }) => needs)).to.deep.equal(["build", "attest", "npm"]);
    for (const { steps: own } of Object.values(writing)) {
      expect(own.filter(({ uses }) => uses?.startsWith("actions/checkout@"))).to.deep.equal([]);
      expect(own[1]?.run).to.equal("cd dist/release && sha256sum --check SHA256SUMS");
    }
  });
});
