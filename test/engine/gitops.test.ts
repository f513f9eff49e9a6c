import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { type Emulator, startEmulator } from "../../emulator/src/index";
import { Forge } from "../support/gitops/forge";
import { exchangedToken, type Job, type JobResult, runJob, type Workflow } from "../support/gitops/github";
import { type GitlabFile, type GitlabJobResult, idTokenOf, runGitlabJob } from "../support/gitops/gitlab";
import { GitopsRepository, organization } from "../support/gitops/repository";

/** The API key of previews and drift checks. */
const readingKey = "onv_sk_live_that_can_only_read";

describe("the pipelines of templates/onvera-gitops, as they stand", () => {
  let repository: GitopsRepository;
  let emulator: Emulator;
  let forge: Forge;

  before(async function () {
    this.timeout(300_000);
    repository = await GitopsRepository.create();
  });
  after(() => repository?.dispose());

  beforeEach(async () => {
    repository.resetStacks();
    forge = await Forge.start();
    emulator = await startEmulator({ speed: 1_000 });
    await emulator.control.keys.add({ key: readingKey, scopes: ["deployments:read", "operations:read"] });
  });
  afterEach(async () => {
    await forge.close();
    await emulator.close();
  });

  it("check a fork's pull request without secrets, and report mistakes with their lines", async () => {
    const fork = { github: pullRequest("stranger/onvera-gitops") };
    const good = await github("preview.yml", "check", fork);
    expect(good.status, good.output).to.equal("success");
    expect(good.output).to.include("deployments/prod.yaml: 2 deployments");
    expect(await github("preview.yml", "preview", { ...fork, matrix: { stack: "dev" } })).to.include({
      status: "skipped",
    });
    expect(forge.calls).to.deep.equal([]);

    repository.cacheInstallations();
    const manifest = repository.read("deployments/dev.yaml");
    repository.commit("deployments/dev.yaml", manifest.replace("appType: airflow", "appTyp: airflow"));
    const bad = await github("preview.yml", "check", fork);
    repository.commit("deployments/dev.yaml", manifest);
    expect(bad.status).to.equal("failure");
    expect(bad.output).to.match(/deployments\/dev\.yaml:\d+:\d+ deployments\.etl\.appTyp: unknown key/);
  });

  it("GitHub: preview in one comment, up, drift in one issue, destroy", async () => {
    repository.cacheInstallations();
    const onDev = { github: pullRequest("acme/onvera-gitops"), matrix: { stack: "dev" } };

    // A comment of another user contains the marker. It must not change.
    forge.addComment("<!-- onvera-gitops: preview of dev --> mine");
    const first = await github("preview.yml", "preview", onDev);
    expect(first.status, first.output).to.equal("success");
    expect(forge.comments).to.have.length(2);
    expect(forge.comments[1]?.body)
      .to.include("### Preview of dev\n")
      .and.to.match(/\+ .*onvera:Deployment/);
    expect(forge.comments[1]?.body).to.include("https://github.example/acme/onvera-gitops/actions/runs/5");
    expect(forge.comments[1]?.body, "its key lacks scopes intentionally").to.not.include("warning");
    await github("preview.yml", "preview", { ...onDev, matrix: { stack: "prod" } });
    expect(forge.comments, "a comment for each stack").to.have.length(3);
    expect(emulator.control.state().deployments, "a preview changes nothing").to.deep.equal([]);

    const up = await github("up.yml", "dev");
    expect(up.status, up.output).to.equal("success");
    const request = `audience=urn:pulumi:org:${organization} type=urn:pulumi:token-type:access_token:`;
    expect(up.output).to.include(`requested a token: ${request}team scope=team:onvera-dev\n`);
    expect((await github("up.yml", "prod")).status).to.equal("success");
    expect(names()).to.deep.equal(["dashboards", "dashboards-*", "etl", "etl-*"]);

    await github("preview.yml", "preview", onDev);
    expect(forge.comments, "the same comment, updated").to.have.length(3);
    expect(forge.comments[1]?.body).to.include("4 unchanged");
    expect(forge.comments[0]?.body).to.match(/mine$/);

    expect(await drift("dev")).to.deep.include({ status: "success" });
    expect(forge.issues).to.deep.equal([]);
    await emulator.control.deployments.markFailed("etl-*");
    const found = await drift("dev");
    expect(found.status, found.output).to.equal("success");
    await drift("dev");
    expect(forge.issues).to.have.length(1);
    expect(forge.labels).to.deep.equal(["onvera-drift"]);
    expect(forge.issues[0]).to.deep.include({ title: "Onvera: stack dev has drift", labels: ["onvera-drift"] });
    expect(forge.issues[0]?.body).to.match(/^etl +failed +status +ready +failed +replace it$/m);
    expect(found.summary).to.include("drift: 1 of 2 deployments");

    expect((await github("up.yml", "dev")).status).to.equal("success");
    await drift("dev");
    expect(forge.issues[0]).to.deep.include({ state: "closed" });
    expect(forge.issues[0]?.comments[0]).to.match(/^No drift any more: https:/);

    expect((await github("destroy.yml", "approve", { inputs: { stack: "dev", confirm: "prod" } })).status).to.equal(
      "failure",
    );
    expect((await github("destroy.yml", "approve", { inputs: { stack: "dev", confirm: "dev" } })).status).to.equal(
      "success",
    );
    const destroyed = await github("destroy.yml", "destroy", { inputs: { stack: "dev", confirm: "dev" } });
    expect(destroyed.status, destroyed.output).to.equal("success");
    expect(names()).to.deep.equal(["dashboards", "etl"]);

    const refused = await github("destroy.yml", "destroy", { inputs: { stack: "prod", confirm: "prod" } });
    expect(refused.status).to.equal("failure");
    expect(refused.output).to.match(/protected/);
    expect(names()).to.deep.equal(["dashboards", "etl"]);
    await unprotectAndDestroyProd();
  });

  it("GitHub: a preview and a drift check that cannot run fail, and the comment says so", async () => {
    repository.cacheInstallations();
    const manifest = repository.read("deployments/dev.yaml");
    repository.commit("deployments/dev.yaml", manifest.replace("airflow", "tableau"));
    const onDev = { github: pullRequest("acme/onvera-gitops"), matrix: { stack: "dev" } };
    const failed = await github("preview.yml", "preview", onDev);
    repository.commit("deployments/dev.yaml", manifest);
    expect(failed).to.deep.include({ status: "failure" });
    expect(failed.steps).to.deep.include({ Preview: "failure", Comment: "success" });
    expect(forge.comments[0]?.body).to.include("### The preview of dev failed");
    expect(forge.comments[0]?.body).to.include('expected "airflow" or "superset", got "tableau"');

    const PULUMI_BACKEND_URL = "postgres://pulumi:password-of-the-state@127.0.0.1:1/state";
    expect(await github("preview.yml", "preview", onDev, { PULUMI_BACKEND_URL })).to.deep.include({
      status: "failure",
    });
    expect(forge.comments[0]?.body).to.include("postgres://pulumi:***@127.0.0.1:1/state");
    expect(forge.comments[0]?.body).to.not.include("password-of-the-state");

    await github("up.yml", "dev");
    await emulator.control.keys.revoke(readingKey);
    const unseen = await drift("dev");
    expect(unseen.status).to.equal("failure");
    expect(unseen.output).to.include("API_KEY_REVOKED");
    expect(unseen.steps).to.deep.include({ "Open, update or close the issue": "skipped" });
    expect(forge.issues).to.deep.equal([]);
  });

  it("two at once on one stack: the second fails with the reason, and nothing is created twice", async () => {
    repository.cacheInstallations();
    await emulator.control.clock.pause();
    const asked = emulator.control.requests.next({ method: "POST", path: "/deployments" });
    const first = github("up.yml", "dev");
    await asked;
    const second = await github("up.yml", "dev");
    expect(second.status).to.equal("failure");
    expect(second.output).to.include("error: the stack is currently locked by 1 lock(s).");
    await emulator.control.clock.resume();
    expect((await first).status, (await first).output).to.equal("success");
    expect(names()).to.deep.equal(["dashboards-*", "etl-*"]);

    const third = await github("up.yml", "dev");
    expect(third.status, third.output).to.equal("success");
    const { requests } = emulator.control.requests.list();
    expect(requests.filter(({ method }) => method === "POST")).to.have.length(2);
  });

  it("GitLab: preview in one note, up, drift by the exit code, destroy", async () => {
    repository.cacheInstallations();
    const mergeRequest = { CI_MERGE_REQUEST_IID: "7" };
    forge.addComment("<!-- onvera-gitops: preview of dev --> mine");
    const checked = await gitlab("check", "dev");
    expect(checked.exitCode, checked.output).to.equal(0);
    expect(await gitlab("preview", "dev", mergeRequest)).to.deep.include({ exitCode: 0 });
    expect(await gitlab("preview", "dev", mergeRequest)).to.deep.include({ exitCode: 0 });
    expect(forge.comments).to.have.length(2);
    expect(forge.comments[1]?.body)
      .to.include("### Preview of dev\n")
      .and.to.match(/\+ .*onvera:Deployment/);

    const up = await gitlab("up dev", "dev");
    expect(up.exitCode, up.output).to.equal(0);
    expect(up.output).to.include(
      `pulumi login --oidc-token ${idTokenOf("PULUMI_ID_TOKEN")} --oidc-org ${organization} --oidc-team onvera-dev\n`,
    );
    expect(await gitlab("up prod", "prod")).to.deep.include({ exitCode: 0 });
    expect(names()).to.deep.equal(["dashboards", "dashboards-*", "etl", "etl-*"]);

    expect(await gitlab("drift", "dev")).to.deep.include({ exitCode: 0 });
    await emulator.control.deployments.destroyNow("etl-*");
    const found = await gitlab("drift", "dev");
    expect(found.exitCode).to.equal(2);
    expect(found.output).to.match(/^etl +gone /m);

    const manifest = repository.read("deployments/dev.yaml");
    repository.commit("deployments/dev.yaml", manifest.replace("airflow", "tableau"));
    const failed = await gitlab("preview", "dev", mergeRequest);
    repository.commit("deployments/dev.yaml", manifest);
    expect(failed.exitCode).to.be.greaterThan(0);
    expect(forge.comments[1]?.body).to.include("### The preview of dev failed");

    expect(await gitlab("destroy dev", "dev")).to.deep.include({ exitCode: 0 });
    const refused = await gitlab("destroy prod", "prod");
    expect(refused.exitCode).to.be.greaterThan(0);
    expect(refused.output).to.match(/protected/);
    expect(names()).to.deep.equal(["dashboards", "etl"]);
    await unprotectAndDestroyProd();
  });

  /** The names of the deployments, sorted, with a star for the random part of an automatic name. */
  function names(): string[] {
    const { deployments } = emulator.control.state();
    return deployments.map(({ name }) => name.replace(/-[a-z0-9]{7}$/, "-*")).sort();
  }

  /** Follows the README to delete protected deployments. */
  async function unprotectAndDestroyProd(): Promise<void> {
    const manifest = repository.read("deployments/prod.yaml");
    repository.commit("deployments/prod.yaml", manifest.replace("protect: true", "protect: false"));
    expect((await github("up.yml", "prod")).status).to.equal("success");
    const destroyed = await github("destroy.yml", "destroy", { inputs: { stack: "prod", confirm: "prod" } });
    repository.commit("deployments/prod.yaml", manifest);
    expect(destroyed.status, destroyed.output).to.equal("success");
    expect(names()).to.deep.equal([]);
  }

  const drift = (stack: string) => github("drift.yml", "drift", { matrix: { stack } });

  async function github(
    file: string,
    name: string,
    {
      github: event = {},
      matrix = {},
      inputs = {},
    }: { github?: object; matrix?: Record<string, string>; inputs?: Record<string, string> } = {},
    more: Record<string, string> = {},
  ): Promise<JobResult> {
    const folder = repository.checkout();
    const workflow = parse(readFileSync(join(folder, ".github", "workflows", file), "utf8")) as Workflow;
    const job = workflow.jobs[name] as Job;
    const result = await runJob({
      folder,
      workflow,
      job,
      github: { repository: "acme/onvera-gitops", token: "token-of-the-job", ...event },
      vars: { PULUMI_ORG: organization, PULUMI_TEAM: `onvera-${matrix["stack"] ?? name}` },
      matrix,
      inputs,
      secretsOf,
      machine: {
        ...machine(),
        ...more,
        GITHUB_API_URL: forge.url,
        GITHUB_SERVER_URL: "https://github.example",
        GITHUB_REPOSITORY: "acme/onvera-gitops",
        GITHUB_RUN_ID: "5",
      },
    });
    expectNoSecretIn(result.output + result.summary);
    return result;
  }

  async function gitlab(name: string, stack: string, more: Record<string, string> = {}): Promise<GitlabJobResult> {
    const folder = repository.checkout();
    const file = parse(readFileSync(join(folder, ".gitlab-ci.yml"), "utf8")) as GitlabFile;
    const isPreview = name === "preview" || name === "drift";
    const secrets = name === "check" ? {} : secretsOf(isPreview ? `${stack}-preview` : stack);
    const result = await runGitlabJob({
      file,
      name,
      folder,
      variables: {
        ...machine(),
        ...secrets,
        PULUMI_ORG: organization,
        PULUMI_TEAM: `onvera-${stack}`,
        ...(isPreview ? { STACK: stack, GITLAB_TOKEN: "token-of-the-project" } : {}),
        CI_API_V4_URL: forge.url,
        CI_PROJECT_ID: "12",
        CI_JOB_URL: "https://gitlab.example/acme/onvera-gitops/-/jobs/5",
        ...more,
      },
    });
    expectNoSecretIn(result.output);
    return result;
  }

  function machine(): Record<string, string> {
    return { ...repository.machine, ONVERA_BASE_URL: emulator.baseUrl, ONVERA_POLL_INTERVAL_MS: "50" };
  }

  function secretsOf(environment: string | undefined): Record<string, string> {
    if (environment === undefined || environment === "destroy") return {};
    const apiKey = environment.endsWith("-preview") ? readingKey : emulator.apiKey;
    return { ONVERA_API_KEY: apiKey };
  }

  function expectNoSecretIn(text: string): void {
    const written = [...forge.comments, ...forge.issues].map(({ body }) => body).join("\n");
    const tokens = ["of the team", "token-of-the-job", "token-of-the-project", exchangedToken];
    for (const secret of [emulator.apiKey, readingKey, ...tokens]) expect(text + written).to.not.include(secret);
  }
});

function pullRequest(from: string) {
  return { event: { pull_request: { number: 7, head: { repo: { full_name: from } } } } };
}
