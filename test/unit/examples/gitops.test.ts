import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { Ajv } from "ajv";
import { expect } from "chai";
import fc from "fast-check";
import { parse, parseAllDocuments } from "yaml";
import { ConcurrencyGroups, type QueuedJob } from "../../support/gitops/concurrency";
import { type Job, problemsIn, type Step, type Workflow } from "../../support/gitops/github";
import { type GitlabFile, jobNames, jobOf } from "../../support/gitops/gitlab";
import { kubernetesSchemas } from "../../support/gitops/kubernetes-schemas";

const folder = resolve(__dirname, "..", "..", "..", "templates", "onvera-gitops");
const read = (...path: string[]) => readFileSync(join(folder, ...path), "utf8");

describe("the GitHub workflows of templates/onvera-gitops", () => {
  const workflowFolder = join(folder, ".github", "workflows");
  const files = readdirSync(workflowFolder);
  const workflows = Object.fromEntries(
    files.map((name) => [name, parse(readFileSync(join(workflowFolder, name), "utf8")) as Workflow]),
  );
  const action = parse(read(".github", "actions", "setup", "action.yml")) as { runs: { steps: Step[] } };
  const jobs = Object.entries(workflows).flatMap(([file, workflow]) =>
    Object.entries(workflow.jobs).map(([name, job]): [string, Job] => [`${file} ${name}`, job]),
  );
  const steps = [...jobs.flatMap(([, job]) => job.steps), ...action.runs.steps];

  for (const file of files) {
    it(`are understood by GitHub's own parser, expressions included (${file})`, async () => {
      expect(await problemsIn(file, read(".github", "workflows", file))).to.deep.equal([]);
    });
  }

  it("would not be, with a mistake in an expression or in a key", async () => {
    const preview = read(".github", "workflows", "preview.yml");
    expect(
      await problemsIn("preview.yml", preview.replace("matrix.stack }}-preview", "matrx.stack }}")),
    ).to.have.length(1);
    expect(await problemsIn("preview.yml", preview.replace("runs-on:", "run-on:"))).to.not.deep.equal([]);
  });

  it("pin every action to a commit, with its version beside it", () => {
    const texts = [
      ...files.map((name) => read(".github", "workflows", name)),
      read(".github", "actions", "setup", "action.yml"),
    ];
    const lines = texts.flatMap((text) => text.match(/^.*\buses: [^.].*$/gm) ?? []);
    expect(lines).to.have.length.greaterThan(5);
    expect(lines.filter((line) => !/uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).to.deep.equal([]);
  });

  it("put no expression into a script, where a branch's or a person's text would be run", () => {
    expect(steps.filter(({ run }) => run?.includes("${{")).map(({ name }) => name)).to.deep.equal([]);
  });

  it("ask for no more than they need", () => {
    for (const [file, { permissions }] of Object.entries(workflows)) {
      expect(permissions, file).to.deep.equal({ contents: "read" });
    }
    const more = jobs.flatMap(([name, { permissions }]) => (permissions === undefined ? [] : [[name, permissions]]));
    const tokenOnly = { contents: "read", "id-token": "write" };
    expect(Object.fromEntries(more)).to.deep.equal({
      "preview.yml preview": { ...tokenOnly, "pull-requests": "write" },
      "up.yml dev": tokenOnly,
      "up.yml prod": tokenOnly,
      "drift.yml drift": { ...tokenOnly, issues: "write" },
      "destroy.yml destroy": tokenOnly,
    });
  });

  it("exchange an OpenID Connect token for one of Pulumi Cloud: the only stored secret is the key of Onvera", () => {
    const texts = files.map((name) => read(".github", "workflows", name)).join("");
    expect(new Set(texts.match(/secrets\.\w+/g))).to.deep.equal(new Set(["secrets.ONVERA_API_KEY"]));
    for (const [name, { steps: own }] of jobs) {
      const at = (matches: (step: Step) => boolean) => own.findIndex(matches);
      const authentication = at(({ uses }) => uses?.startsWith("pulumi/auth-actions@") === true);
      const firstRun = at((step) => JSON.stringify(step.env ?? {}).includes("secrets."));
      expect(authentication >= 0, name).to.equal(firstRun >= 0);
      // Packages are installed before there is a token, and no script that needs none gets it.
      if (authentication >= 0) expect(authentication, name).to.equal(firstRun - 1);
      for (const { env } of own.slice(firstRun + 1)) {
        if (authentication >= 0) expect(env, name).to.include({ PULUMI_ACCESS_TOKEN: "" });
      }
    }
  });

  for (const [code, isKnown] of Object.entries({ 0: true, 1: false, 2: true, 134: false, 137: false })) {
    it(`${isKnown ? "succeed" : "fail, and change no issue,"} if the drift check ends with exit code ${code}`, () => {
      const bin = mkdtempSync(join(tmpdir(), "drift-"));
      try {
        writeFileSync(join(bin, "npx"), `#!/bin/sh\nexit ${code}\n`, { mode: 0o755 });
        const step = workflows["drift.yml"]?.jobs["drift"]?.steps.find(({ id }) => id === "check");
        const cwd = folder;
        const env = {
          ...{ PATH: `${bin}${delimiter}${process.env["PATH"]}`, PULUMI_ORG: "acme", STACK: "dev" },
          ...{ GITHUB_OUTPUT: join(bin, "output"), GITHUB_STEP_SUMMARY: join(bin, "summary") },
        };
        const script = step?.run?.replaceAll("drift.txt", join(bin, "drift.txt")) ?? "";
        const checked = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], { cwd, env });
        expect(checked.status === 0, String(checked.stderr)).to.equal(isKnown);
        expect(readFileSync(join(bin, "output"), "utf8")).to.equal(`code=${code}\n`);

        const issue = spawnSync(process.execPath, ["ci/github-issue.mjs", join(bin, "drift.txt")], {
          cwd,
          env: { ...env, DRIFT: code },
          encoding: "utf8",
        });
        expect(issue.stderr.includes(`The drift check failed with exit code ${code}.`)).to.equal(!isKnown);
      } finally {
        rmSync(bin, { recursive: true });
      }
    });
  }

  it("never run a stranger's code with secrets", () => {
    const events = Object.values(workflows).flatMap(({ on }) => Object.keys(on));
    expect([...new Set(events)].sort()).to.deep.equal(["pull_request", "push", "schedule", "workflow_dispatch"]);
    for (const [name, job] of jobs) {
      const usesSecrets = JSON.stringify(job).includes("secrets.");
      expect(usesSecrets, name).to.equal(job.environment !== undefined && job.environment !== "destroy");
    }
    expect(workflows["preview.yml"]?.jobs["preview"]?.if).to.equal(
      "github.event.pull_request.head.repo.full_name == github.repository",
    );
  });

  it("give secrets to the steps alone that run Pulumi", () => {
    for (const [name, { env, steps: own }] of jobs) {
      expect(JSON.stringify(env ?? {}), name).to.not.include("secrets.");
      const secret = own.filter((step) => JSON.stringify(step.env ?? {}).includes("secrets."));
      for (const { run, uses, with: inputs } of secret) {
        const action = uses?.startsWith("pulumi/actions@") ? `pulumi ${inputs?.["command"]}` : "";
        expect(run ?? action, name).to.match(
          /^(pulumi (up|destroy|preview)|code=0\nnpx --no-install pulumi-onvera drift)/,
        );
      }
    }
  });

  it("run one at a time per stack, except previews, and cancel neither a running nor a waiting job", () => {
    const groups = jobs.flatMap(([name, { concurrency }]) => (concurrency ? [[name, concurrency]] : []));
    const expression = (text: string) => `\${{ ${text} }}`;
    const group = (of: string) => ({ group: `onvera-${of}`, "cancel-in-progress": false, queue: "max" });
    expect(Object.fromEntries(groups)).to.deep.equal({
      "up.yml dev": group("dev"),
      "up.yml prod": group("prod"),
      "drift.yml drift": group(expression("matrix.stack")),
      "destroy.yml destroy": group(expression("inputs.stack")),
    });
    for (const [name, job] of jobs) expect(job["timeout-minutes"], name).to.be.a("number");
  });

  describe("in GitHub's concurrency groups", () => {
    /** The jobs that work on the stack dev. */
    const onDev = ["up.yml dev", "drift.yml drift", "destroy.yml destroy"].map((name): QueuedJob => {
      const { concurrency } = Object.fromEntries(jobs)[name] as Required<Job>;
      return { name, concurrency: { ...concurrency, group: concurrency.group.replace(/\$\{\{.*\}\}/, "dev") } };
    });
    const [up, drift] = onDev as [QueuedJob, QueuedJob];

    it("apply every merged change, in order, whatever else is started meanwhile", () => {
      expect(new Set(onDev.map(({ concurrency }) => concurrency.group))).to.deep.equal(new Set(["onvera-dev"]));
      const event = fc.constantFrom("end", ...onDev);
      fc.assert(
        fc.property(fc.array(event, { maxLength: 90 }), (events) => {
          const groups = new ConcurrencyGroups();
          const arrived = events.filter((each) => typeof each !== "string").map((job) => ({ ...job }));
          const next = arrived.values();
          for (const each of events) {
            if (each === "end") groups.end("onvera-dev");
            else groups.arrive(next.next().value as QueuedJob);
          }
          for (const _ of arrived) groups.end("onvera-dev");
          expect(groups.canceled).to.deep.equal([]);
          expect(groups.started).to.deep.equal(arrived);
        }),
      );
    });

    it("would lose a merged change to a drift check with GitHub's default", () => {
      const groups = new ConcurrencyGroups();
      const byDefault = (job: QueuedJob): QueuedJob => {
        const { queue: _, ...concurrency } = job.concurrency;
        return { ...job, concurrency };
      };
      for (const job of [up, up, drift]) groups.arrive(byDefault(job));
      expect(groups.canceled.map(({ name }) => name)).to.deep.equal(["up.yml dev"]);
    });
  });

  it("let many creates and deletes wait at once", () => {
    for (const file of ["up.yml", "destroy.yml"]) {
      expect(workflows[file]?.env, file).to.deep.equal({ PULUMI_PARALLEL: "64" });
    }
  });
});

describe("the GitLab pipeline of templates/onvera-gitops", () => {
  const file = parse(read(".gitlab-ci.yml")) as GitlabFile;

  it("exchanges an ID token for one of Pulumi Cloud in each job that runs Pulumi", () => {
    for (const name of jobNames(file)) {
      const { id_tokens: tokens, before_script: before = file.default.before_script } = jobOf(file, name);
      const login = before.filter((line) => line.startsWith("pulumi login --oidc-token"));
      expect(login.length, name).to.equal(name === "check" ? 0 : 1);
      const expected = name === "check" ? undefined : { PULUMI_ID_TOKEN: { aud: "urn:pulumi:org:$PULUMI_ORG" } };
      expect(tokens, name).to.deep.equal(expected);
    }
  });

  it("runs each job in one kind of pipeline, and a fork's merge request without the preview, which has a key", () => {
    const mergeRequest = '$CI_PIPELINE_SOURCE == "merge_request_event"';
    const defaultBranch = "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH";
    const up = [{ if: `${defaultBranch} && $CI_PIPELINE_SOURCE == "push"` }];
    const destroy = (stack: string) => [
      { if: `${defaultBranch} && $CI_PIPELINE_SOURCE == "web" && $DESTROY == "${stack}"`, when: "manual" },
    ];
    expect(file.workflow.rules).to.deep.equal([{ if: mergeRequest }, { if: defaultBranch }]);
    expect(Object.fromEntries(jobNames(file).map((name) => [name, jobOf(file, name).rules]))).to.deep.equal({
      check: [{ if: mergeRequest }],
      preview: [{ if: `${mergeRequest} && $CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID` }],
      "up dev": up,
      "up prod": up,
      drift: [{ if: '$CI_PIPELINE_SOURCE == "schedule"' }],
      "destroy dev": destroy("dev"),
      "destroy prod": destroy("prod"),
    });
  });

  it("runs one at a time on a stack, prod after dev", () => {
    for (const name of ["up dev", "up prod", "drift", "destroy dev", "destroy prod"]) {
      expect(jobOf(file, name).resource_group, name).to.equal("onvera-$STACK");
    }
    expect(jobOf(file, "up prod").needs).to.deep.equal(["up dev"]);
    expect(file.variables).to.deep.equal({ PULUMI_PARALLEL: "64" });
  });
});

describe("the Kubernetes resources of templates/onvera-gitops", () => {
  const resources = ["stacks.yaml", "program.yaml"].flatMap((name) =>
    parseAllDocuments(read("kubernetes", name)).map((document) => document.toJS() as Resource),
  );
  const ofOperator = resources.filter(({ apiVersion }) => apiVersion === "pulumi.com/v1");
  const ajv = new Ajv({ allErrors: true, validateFormats: false });

  it("have the fields that the operator knows", () => {
    expect(ofOperator.map(({ kind }) => kind)).to.deep.equal(["Stack", "Stack", "Program", "Stack"]);
    for (const resource of ofOperator) {
      const isValid = ajv.compile(kubernetesSchemas[resource.kind] ?? {});
      expect(isValid(resource), `${resource.metadata.name}: ${ajv.errorsText(isValid.errors)}`).to.equal(true);
    }
  });

  it("use a program whose project the stack names, if a backend asks for one", () => {
    // The operator names the project after the Program.
    const [, program] = /name: (\S+)/.exec(read("kubernetes", "program.yaml")) ?? [];
    expect(read("README.md")).to.include(`\`organization/${program}/sandbox\``);
  });

  it("hold no secret, and let many creates wait at once", () => {
    for (const { metadata, spec } of ofOperator.filter(({ kind }) => kind === "Stack")) {
      const { PULUMI_PARALLEL, ...secret } = spec?.envRefs ?? {};
      expect(PULUMI_PARALLEL, metadata.name).to.deep.equal({ type: "Literal", literal: { value: "64" } });
      expect(Object.keys(secret).sort()).to.deep.equal(["ONVERA_API_KEY", "PULUMI_ACCESS_TOKEN"]);
      expect(new Set(Object.values(secret).map(({ type }) => type))).to.deep.equal(new Set(["Secret"]));
    }
  });
});

interface Resource {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  spec?: { envRefs: Record<string, { type: string }> };
}
