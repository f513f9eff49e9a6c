import { expect } from "chai";
import type { Deployment, Operation } from "../../../../provider/api/schemas";
import { type CreateOptions, DeploymentLifecycle } from "../../../../provider/deployment/lifecycle";
import { Organization, originOf } from "../../../../provider/deployment/organization";
import { Poller } from "../../../../provider/lro/poller";
import { ResourceInitError } from "../../../../provider/resource-handler";
import { FakeClock } from "../../../support/fake-clock";
import { apiError, lostAnswer, refusedConnection, type Script, ScriptedClient } from "../../../support/scripted-client";

const settings = { apiKey: "onv_sk_live_1", baseUrl: "https://api.onvera.io/api/v1" };
const __origin = originOf(settings);
const inputs = { appType: "airflow", name: "etl-abc1234" } as const;
const accepted = { deploymentId: "dep_1", operationId: "op_1" };
const deployment = (over: Partial<Deployment> = {}): Deployment => ({
  id: "dep_1",
  name: "etl-abc1234",
  appType: "airflow",
  status: "ready",
  url: "https://airflow.abc123.onvera.io",
  environmentId: "env_default",
  createdAt: "2026-01-01T00:00:01Z",
  ...over,
});
const operation = (status: string, over: Partial<Operation> = {}): Operation => ({ id: "op_1", status, ...over });
const readyOuts = {
  deploymentId: "dep_1",
  name: "etl-abc1234",
  appType: "airflow",
  status: "ready",
  url: "https://airflow.abc123.onvera.io",
  environmentId: "env_default",
  createdAt: "2026-01-01T00:00:01Z",
  operationId: "op_1",
  __origin,
};
/** The outputs of whichever deployment the id names. */
const { deploymentId: _, ...readyState } = readyOuts;
const pendingState = {
  deploymentId: "dep_1",
  name: "etl-abc1234",
  appType: "airflow",
  status: "provisioning",
  operationId: "op_1",
  __origin,
};

function start(script: Script, knownIds?: Set<string>) {
  const clock = new FakeClock();
  const client = new ScriptedClient(script);
  const poller = new Poller({ clock, random: () => 0 });
  const organization = new Organization({ settings, client, clock });
  const lifecycle = new DeploymentLifecycle({
    client,
    clock,
    poller,
    organization,
    ...(knownIds === undefined ? {} : { knownIds }),
  });
  const reported: string[] = [];
  const onProgress = ({ text }: { text: string }) => reported.push(text);
  const create = (options: Partial<CreateOptions> = {}) =>
    lifecycle.create(inputs, { nameOwner: "run", onProgress, ...options });
  return { clock, client, lifecycle, reported, create, onProgress };
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected a failure");
}

async function initFailure(promise: Promise<unknown>): Promise<ResourceInitError> {
  const error = await failure(promise);
  expect(error).to.be.instanceOf(ResourceInitError);
  return error as ResourceInitError;
}

describe("DeploymentLifecycle.create", () => {
  it("waits for the operation, then returns the deployment as the platform reports it", async () => {
    const { create, client, reported } = start({
      createDeployment: [accepted],
      getOperation: [
        operation("queued"),
        operation("running", { phase: "database_provisioning", message: "Creating the database" }),
        operation("running", { phase: "database_provisioning", message: "Creating the database" }),
        operation("succeeded"),
      ],
      getDeployment: [deployment()],
    });
    expect(await create()).to.deep.equal(readyOuts);
    expect(client.count("createDeployment")).to.equal(1);
    expect(client.count("getDeployment")).to.equal(1);
    expect(reported).to.deep.equal([
      "queued, 2 s of 30 min",
      "database provisioning, 4 s of 30 min: Creating the database",
      "ready at https://airflow.abc123.onvera.io (10 s)",
    ]);
  });

  it("keeps id and operation if the operation fails, and reports its code, message and phase", async () => {
    const { create } = start({
      createDeployment: [accepted],
      getOperation: [
        operation("running", { phase: "infrastructure_provisioning" }),
        operation("failed", { error: { code: "QUOTA_EXCEEDED", message: "No capacity left" } }),
      ],
      getDeployment: [deployment({ status: "failed" })],
    });
    const error = await initFailure(create());
    expect(error.id).to.equal("dep_1");
    expect(error.outs).to.deep.equal({ ...pendingState, status: "failed" });
    expect(error.message).to.equal(
      'deployment "etl-abc1234" (airflow, dep_1, operation op_1) failed in phase "infrastructure provisioning" after 4 s: ' +
        "QUOTA_EXCEEDED: No capacity left; a failed deployment cannot be recovered: the next `pulumi up` replaces it",
    );
  });

  it("treats a canceled operation as a failed create", async () => {
    const { create } = start({
      createDeployment: [accepted],
      getOperation: [operation("canceled")],
      getDeployment: [deployment({ status: "failed" })],
    });
    const error = await initFailure(create());
    expect(error.outs.status).to.equal("failed");
    expect(error.message).to.contain("was canceled");
  });

  it("reports a failed operation, but keeps the deployment if that is ready nevertheless", async () => {
    const { create, client, lifecycle } = start({
      createDeployment: [accepted],
      getOperation: [operation("failed", { error: { code: "DNS", message: "no record" } })],
      getDeployment: [deployment()],
    });
    const error = await initFailure(create());
    expect(error.outs).to.deep.equal(readyOuts);
    expect(error.message).to.match(
      /failed after 2 s: DNS: no record; but the deployment has the status "ready", so the next/,
    );
    expect(await lifecycle.resume("dep_1", { ...error.outs }, inputs, {})).to.deep.equal(readyOuts);
    expect(client.count("createDeployment")).to.equal(1);
  });

  it("decides nothing after a failed operation while the deployment cannot be read", async () => {
    const { create } = start({
      createDeployment: [accepted],
      getOperation: [operation("failed", { error: { code: "DNS", message: "no record" } })],
      getDeployment: [refusedConnection()],
    });
    const error = await initFailure(create());
    expect(error.outs.status).to.equal("provisioning");
    expect(error.message).to.match(
      /DNS: no record; its own status cannot be read \(GET .*\): the next `pulumi up` reads it again/,
    );
  });

  it("fails if the operation succeeded but the deployment failed", async () => {
    const { create } = start({
      createDeployment: [accepted],
      getOperation: [operation("succeeded")],
      getDeployment: [deployment({ status: "failed" })],
    });
    expect((await initFailure(create())).outs.status).to.equal("failed");
  });

  it("fails if the operation succeeded but someone is deleting the deployment", async () => {
    const { create } = start({
      createDeployment: [accepted],
      getOperation: [operation("succeeded")],
      getDeployment: [deployment({ status: "destroying" })],
    });
    const error = await initFailure(create());
    expect(error.id).to.equal("dep_1");
    expect(error.outs.status).to.equal("destroying");
    expect(error.message).to.contain("is being destroyed outside this run");
  });

  it("keeps the id of a deployment that someone renames during the create", async () => {
    const { create, client } = start({
      createDeployment: [accepted],
      getOperation: [operation("succeeded")],
      getDeployment: [deployment({ name: "renamed" })],
    });
    expect(await create()).to.deep.equal({ ...readyOuts, name: "renamed" });
    expect(client.count("createDeployment")).to.equal(1);
  });

  it("sends the platform only its own properties", async () => {
    const { client, lifecycle } = start({ createDeployment: [accepted], getOperation: [operation("succeeded")] });
    const timeouts = { create: 60 };
    await failure(lifecycle.create({ ...inputs, timeouts }, { nameOwner: "run" }));
    expect(client.calls[0]).to.equal("createDeployment airflow etl-abc1234");
  });

  it("keeps id and operation at the deadline, and reports how to continue", async () => {
    const { create, clock } = start({ createDeployment: [accepted], getOperation: [operation("running")] });
    const error = await initFailure(create({ timeoutMs: 60_000 }));
    expect(clock.now()).to.equal(60_000);
    expect(error.outs).to.deep.equal(pendingState);
    expect(error.message).to.equal(
      'create of deployment "etl-abc1234" (airflow, dep_1, operation op_1) is not finished after 60 s; the create continues ' +
        "on Onvera, and the next `pulumi up` continues to wait for it; to wait longer, raise customTimeouts.create",
    );
  });

  it("keeps id and operation through an outage that outlasts the deadline", async () => {
    const { create } = start({ createDeployment: [accepted], getOperation: [refusedConnection()] });
    const error = await initFailure(create());
    expect(error.outs).to.deep.equal(pendingState);
    expect(error.message).to.contain("the last attempt to read it failed: GET /x got no response from api.onvera.io");
  });

  it("ends at once if it is canceled, and keeps id and operation", async () => {
    const canceled = new AbortController();
    const { create, clock } = start({
      createDeployment: [accepted],
      getOperation: [
        () => {
          canceled.abort();
          return operation("running");
        },
      ],
    });
    const error = await initFailure(create({ signal: canceled.signal }));
    expect(clock.now()).to.equal(2_000);
    expect(error.outs).to.deep.equal(pendingState);
    expect(error.message).to.contain("canceled here, but the create continues on Onvera");
  });

  it("keeps the id if the key is revoked", async () => {
    const { create } = start({ createDeployment: [accepted], getOperation: [apiError(401, "API_KEY_REVOKED")] });
    const error = await initFailure(create());
    expect(error.outs).to.deep.equal(pendingState);
    expect(error.message).to.contain("API_KEY_REVOKED");
  });

  it("polls the deployment if the key cannot read operations", async () => {
    const { create } = start({
      createDeployment: [accepted],
      getOperation: [apiError(403, "INSUFFICIENT_SCOPE")],
      getDeployment: [deployment({ status: "provisioning" }), deployment()],
    });
    expect(await create()).to.deep.equal(readyOuts);
  });

  it("polls the deployment if the operation is gone or was not named", async () => {
    const vanished = start({
      createDeployment: [accepted],
      getOperation: [apiError(404)],
      getDeployment: [deployment({ status: "provisioning" }), deployment()],
    });
    expect(await vanished.create()).to.deep.equal(readyOuts);
    const unnamed = start({
      createDeployment: [{ deploymentId: "dep_1" }],
      getDeployment: [deployment({ status: "provisioning" }), deployment({ operationId: "op_7" })],
    });
    expect(await unnamed.create()).to.deep.equal({ ...readyOuts, operationId: "op_7" });
  });

  it("keeps nothing in the state if the deployment was destroyed during the create", async () => {
    const { create } = start({
      createDeployment: [accepted],
      getOperation: [operation("succeeded")],
      getDeployment: [apiError(404)],
    });
    const error = await failure(create());
    expect(error).not.to.be.instanceOf(ResourceInitError);
    expect(error.message).to.contain("no longer exists");
  });

  it("ends at its timeout while it waits for the list, which other creates share", async () => {
    const script = {
      createDeployment: [accepted],
      getOperation: [operation("succeeded")],
      getDeployment: [deployment()],
    };
    const late: { clock?: FakeClock } = {};
    const slowly = async () => {
      await late.clock?.sleep(20_000);
      return [];
    };
    const { create, client, clock, lifecycle } = start({ ...script, allDeployments: [slowly] });
    late.clock = clock;
    const cancellation = new AbortController();
    const others = [
      lifecycle.create({ ...inputs, name: "b" }, { nameOwner: "stack", resource: "b" }),
      lifecycle.create({ ...inputs, name: "c" }, { nameOwner: "stack", resource: "c", signal: cancellation.signal }),
    ] as const;
    cancellation.abort();
    const canceled = await failure(others[1]);
    expect(canceled.name).to.equal("OperationDetachedError");
    expect(clock.now()).to.equal(0);
    const error = await failure(create({ nameOwner: "stack", timeoutMs: 8_000 }));
    expect(error.name).to.equal("OperationTimeoutError");
    expect(error.message).to.equal(
      "the create did not start within its timeout, because it waited for the list of deployments; no request was sent, and the " +
        "next `pulumi up` tries again; to wait longer, raise customTimeouts.create",
    );
    expect(clock.now()).to.equal(8_000);
    expect(await others[0]).to.include({ status: "ready" });
    expect(client.count("createDeployment")).to.equal(1);
  });

  it("searches once more, for a second at most, if a create's response is lost after its timeout", async () => {
    const late: { clock?: FakeClock } = {};
    const loseLate = async () => {
      await late.clock?.sleep(10_000);
      throw lostAnswer();
    };
    const { create, client, clock } = start({ createDeployment: [loseLate] });
    late.clock = clock;
    const deadlines: (number | undefined)[] = [];
    client.allDeployments = async ({ deadline = 0 } = {}) => {
      deadlines.push(deadline);
      await clock.sleep(deadline - clock.now());
      throw refusedConnection();
    };
    const error = await failure(create({ timeoutMs: 5_000 }));
    expect(error.name).to.equal("CreateOutcomeUnknownError");
    expect(error.message).to.contain("and the time for the create is over");
    expect(deadlines).to.deep.equal([11_000]);
    expect(clock.now()).to.equal(11_000);
  });

  it("ends at its timeout while an earlier create of the same name is running", async () => {
    const respondLate = async () => {
      await late.clock?.sleep(20_000);
      return accepted;
    };
    const late: { clock?: FakeClock } = {};
    const { create, client, clock } = start({
      createDeployment: [respondLate, { deploymentId: "dep_2", operationId: "op_2" }],
      getOperation: [operation("succeeded")],
      getDeployment: [deployment()],
    });
    late.clock = clock;
    const first = create({ resource: "a" });
    expect((await failure(create({ resource: "b", timeoutMs: 5_000 }))).name).to.equal("OperationTimeoutError");
    expect(clock.now()).to.equal(5_000);
    await Promise.all([first, create({ resource: "c" })]);
    expect(client.count("createDeployment")).to.equal(2);
  });

  it("does not retry after a rejection", async () => {
    const { create, client } = start({ createDeployment: [apiError(403, "INSUFFICIENT_SCOPE")] });
    expect((await failure(create())).name).to.equal("ApiError");
    expect(client.calls).to.deep.equal(["createDeployment airflow etl-abc1234"]);
  });

  describe("after a lost response", () => {
    it("adopts what the request created", async () => {
      const { create, client } = start({
        createDeployment: [lostAnswer()],
        allDeployments: [[], [deployment({ status: "provisioning", operationId: "op_1" })]],
        getOperation: [operation("succeeded")],
        getDeployment: [deployment()],
      });
      expect(await create()).to.deep.equal(readyOuts);
      expect(client.count("createDeployment")).to.equal(1);
    });

    it("adopts what the request created if the platform changes the case and the spaces of a name", async () => {
      const upper = { ...inputs, name: " ETL-abc1234" };
      const { lifecycle, client } = start({
        createDeployment: [lostAnswer()],
        allDeployments: [[deployment({ operationId: "op_1" })]],
        getOperation: [operation("succeeded")],
        getDeployment: [deployment()],
      });
      const outs = await lifecycle.create(upper, { nameOwner: "run" });
      expect(outs).to.deep.equal({ ...readyOuts, __givenName: " ETL-abc1234" });
      expect(client.count("createDeployment")).to.equal(1);
      const renamed = start({ getDeployment: [deployment({ name: "other" })] });
      expect(await renamed.lifecycle.read("dep_1", outs, {})).to.deep.equal({ ...readyOuts, name: "other" });
    });

    it("retries only after several searches without a result", async () => {
      const { create, client } = start({
        createDeployment: [lostAnswer(), accepted],
        allDeployments: [
          [deployment({ id: "dep_0", name: "other" }), deployment({ id: "dep_9", appType: "superset" })],
        ],
        getOperation: [operation("succeeded")],
        getDeployment: [deployment()],
      });
      await create();
      expect(client.calls.slice(0, 6)).to.deep.equal([
        "createDeployment airflow etl-abc1234",
        "allDeployments",
        "allDeployments",
        "allDeployments",
        "allDeployments",
        "createDeployment airflow etl-abc1234",
      ]);
    });

    it("stops if the user chose the name, because the deployment can be someone else's", async () => {
      const { create, client } = start({ createDeployment: [lostAnswer()], allDeployments: [[], [deployment()]] });
      const error = await failure(create({ nameOwner: "user" }));
      expect(error.name).to.equal("CreateOutcomeUnknownError");
      expect(error.message).to.contain("dep_1").and.to.contain("pulumi config set --path 'onvera:adopt.<resource>'");
      expect(client.count("createDeployment")).to.equal(1);
    });

    it("ignores older deployments, and those of other resources", async () => {
      const { create, client } = start({
        createDeployment: [accepted, lostAnswer(), { deploymentId: "dep_2", operationId: "op_1" }],
        allDeployments: [[deployment(), deployment({ id: "dep_old", createdAt: "2025-06-01T00:00:00Z" })]],
        getOperation: [operation("succeeded")],
        getDeployment: [deployment()],
      });
      await create();
      expect((await create()).deploymentId).to.equal("dep_2");
      expect(client.count("createDeployment")).to.equal(3);
    });

    it("searches again, and stops, if the repeated request is refused: what the first one created can be the reason", async () => {
      const { create, client } = start({
        createDeployment: [lostAnswer(), apiError(409, "RESOURCE_CONFLICT", { reason: "The name exists" })],
        allDeployments: [[]],
      });
      const error = await failure(create());
      expect(error.name).to.equal("CreateOutcomeUnknownError");
      expect(error.message).to.equal(
        'the create of "etl-abc1234" got no usable response (POST /deployments got no response from api.onvera.io: connection ' +
          "reset), and the repeated request failed (GET /x failed with 409 RESOURCE_CONFLICT: The name exists). No further " +
          "create is sent. Check on Onvera whether the deployment exists. To adopt it, run `pulumi config set --path " +
          "'onvera:adopt.<resource>' <deployment id>` and then `pulumi up`; to create another one, run `pulumi config set " +
          "--path 'onvera:adopt.<resource>' not:<deployment id>` and then `pulumi up`. If it does not exist, run `pulumi up`",
      );
      expect(client.count("createDeployment")).to.equal(2);
      expect(client.calls.at(-1)).to.equal("allDeployments");
    });

    it("adopts what the first request created if the list shows it only after the repeated one was refused", async () => {
      const { create } = start({
        createDeployment: [lostAnswer(), apiError(409)],
        allDeployments: [[], [], [], [], [deployment({ operationId: "op_1" })]],
        getOperation: [operation("succeeded")],
        getDeployment: [deployment()],
      });
      expect((await create()).deploymentId).to.equal("dep_1");
    });

    it("stops if it cannot search", async () => {
      const { create, client } = start({ createDeployment: [lostAnswer()], allDeployments: [refusedConnection()] });
      expect((await failure(create())).name).to.equal("CreateOutcomeUnknownError");
      expect(client.count("createDeployment")).to.equal(1);
    });

    it("searches before it stops after a cancellation", async () => {
      const { create, client } = start({ createDeployment: [lostAnswer()], allDeployments: [[]] });
      const error = await failure(create({ signal: AbortSignal.abort() }));
      expect(error.name).to.equal("CreateOutcomeUnknownError");
      expect(client.count("createDeployment")).to.equal(1);
      expect(client.count("allDeployments")).to.be.greaterThan(0);
    });
  });

  describe("with a name that only this stack can derive", () => {
    const stack = { nameOwner: "stack" } as const;
    const earlier = deployment({ status: "provisioning", operationId: "op_1", createdAt: "2025-12-31T20:00:00Z" });

    it("adopts the deployment that a killed run created", async () => {
      const { create, client } = start({
        allDeployments: [[deployment({ id: "dep_0", name: "other" }), earlier]],
        getOperation: [operation("succeeded")],
        getDeployment: [deployment()],
      });
      expect(await create(stack)).to.deep.equal(readyOuts);
      expect(client.calls).to.deep.equal(["allDeployments", "getOperation op_1", "getDeployment dep_1"]);
    });

    it("finds what an ambiguous create created if the platform's clock is hours behind", async () => {
      const { create, client } = start({
        createDeployment: [lostAnswer()],
        allDeployments: [
          [deployment({ id: "dep_0", name: "other" })],
          [deployment({ createdAt: "2025-12-30T00:00:00Z" })],
        ],
        getOperation: [operation("succeeded")],
        getDeployment: [deployment()],
      });
      expect((await create(stack)).deploymentId).to.equal("dep_1");
      expect(client.count("createDeployment")).to.equal(1);
    });

    it("stops if the response names a deployment that existed before, or that another resource has", async () => {
      const existing = deployment({ id: "dep_0", name: "other" });
      const listed = start({ allDeployments: [[existing]], createDeployment: [{ deploymentId: "dep_0" }] });
      const error = await failure(listed.create(stack));
      expect(error.name).to.equal("CreateOutcomeUnknownError");
      expect(error.message).to.equal(
        'the response to the create of "etl-abc1234" names deployment dep_0, which existed before. No further create is sent. ' +
          "Check on Onvera whose deployment it is. To adopt it, run `pulumi config set --path " +
          "'onvera:adopt.<resource>' dep_0` and then `pulumi up`; to create another one, run `pulumi config set --path " +
          "'onvera:adopt.<resource>' not:dep_0` and then `pulumi up`",
      );
      const { create } = start({
        ...{ allDeployments: [[]], createDeployment: [accepted] },
        ...{ getOperation: [operation("succeeded")], getDeployment: [deployment()] },
      });
      await create(stack);
      expect((await failure(create(stack))).message).to.include("names deployment dep_1, which existed before");
    });

    it("keeps what it has created although the list that another create has requested shows it", async () => {
      let showList: (all: Deployment[]) => void = () => {};
      const list = new Promise<Deployment[]>((resolve) => {
        showList = resolve;
      });
      const { create, lifecycle } = start({
        allDeployments: [() => list],
        createDeployment: [accepted, { deploymentId: "dep_2", operationId: "op_1" }],
        getOperation: [operation("succeeded")],
        getDeployment: [deployment()],
      });
      const other = lifecycle.create({ ...inputs, name: "etl-other12" }, stack);
      const mine = create();
      showList([deployment({ name: "etl-another" })]);
      expect((await mine).deploymentId).to.equal("dep_1");
      expect((await other).deploymentId).to.equal("dep_2");
    });

    it("creates if there is no deployment of the name, with one list for all creates of the run", async () => {
      const { create, client } = start({
        allDeployments: [[deployment({ id: "dep_0", name: "other" })]],
        createDeployment: [accepted, { ...accepted, deploymentId: "dep_2" }],
        getOperation: [operation("succeeded")],
        getDeployment: [deployment()],
      });
      await Promise.all([create(stack), create(stack)]);
      expect(client.count("allDeployments")).to.equal(1);
      expect(client.count("createDeployment")).to.equal(2);
    });

    it("adopts the deployment that a killed run created as a replacement, if the state has lost the one that it replaced", async () => {
      const { create, client } = start({
        allDeployments: [[{ ...earlier, name: "etl-later12" }]],
        getOperation: [operation("succeeded")],
        getDeployment: [deployment({ name: "etl-later12" })],
      });
      const isLaterName = (name: string) => name === "etl-later12";
      expect(await create({ ...stack, isLaterName })).to.deep.equal({ ...readyOuts, name: "etl-later12" });
      expect(client.count("createDeployment")).to.equal(0);
    });

    it("stops if a later replacement exists, which the state can hold without the provider's knowledge", async () => {
      const { create, client } = start({
        allDeployments: [[{ ...earlier, name: "etl-later12", createdAt: "2025-01-01T00:00:00Z" }]],
      });
      const isLaterName = (name: string) => name === "etl-later12";
      const state = { isKnown: false, whyUnknown: "the configuration changes", isKnownNextTime: true };
      const error = await failure(create({ ...stack, isLaterName, state }));
      expect(error.name).to.equal("CreateOutcomeUnknownError");
      expect(error.message).to.contain(
        'a deployment "etl-later12" already exists: dep_1 (provisioning); the configuration changes. Nothing was sent. Run the ' +
          "same command again, and continue with one of these only if this message comes back. To adopt it, run",
      );
      expect(client.count("createDeployment")).to.equal(0);
    });

    it("adopts nothing that may have been kept on purpose", async () => {
      for (const found of [
        [{ ...earlier, createdAt: "2025-12-30T20:00:00Z" }],
        [earlier, { ...earlier, id: "dep_2" }],
        [{ ...earlier, appType: "superset" }],
      ]) {
        const { create, client } = start({ allDeployments: [found] });
        const error = await failure(create(stack));
        expect(error.name).to.equal("CreateOutcomeUnknownError");
        expect(error.message).to.contain("dep_1").and.to.contain("pulumi config set --path 'onvera:adopt.<resource>'");
        expect(client.count("createDeployment")).to.equal(0);
      }
    });

    it("adopts nothing if the state cannot be read, and reports what to do", async () => {
      const { create, client } = start({ allDeployments: [[earlier]] });
      const state = { isKnown: false, whyUnknown: "the state cannot be read" };
      const error = await failure(create({ ...stack, logicalName: "it's", state }));
      expect(error.name).to.equal("CreateOutcomeUnknownError");
      expect(error.message).to.equal(
        'a deployment "etl-abc1234" already exists: dep_1 (provisioning); the state cannot be read. Nothing was sent. To adopt ' +
          `it, run \`pulumi config set --path 'onvera:adopt["it'\\''s"]' dep_1\` and then \`pulumi up\`; to create another ` +
          `one, run \`pulumi config set --path 'onvera:adopt["it'\\''s"]' not:dep_1\` and then \`pulumi up\``,
      );
      expect(client.count("createDeployment")).to.equal(0);
    });

    it("names the input of an explicit provider instead of the stack's configuration", async () => {
      const explicit = { ...stack, logicalName: "etl", explicitProvider: "emea" };
      const { create } = start({ allDeployments: [[earlier]] });
      const stopped = await failure(
        create({ ...explicit, state: { isKnown: false, whyUnknown: "the state cannot be read" } }),
      );
      expect(stopped.message).to.equal(
        'a deployment "etl-abc1234" already exists: dep_1 (provisioning); the state cannot be read. Nothing was sent. To adopt ' +
          'it, add `adopt: { "etl": "dep_1" }` to the inputs of the provider "emea" and then run `pulumi up`; to create another ' +
          'one, add `adopt: { "etl": "not:dep_1" }` to the inputs of the provider "emea" and then run `pulumi up`',
      );
      const held = { isKnown: true, adoptHeldBy: "urn:other" };
      const refused = await failure(create({ ...explicit, adopt: "dep_1", state: held }));
      expect(refused.message).to.contain(
        'the setting adopt["etl"] of the provider "emea" names this deployment; remove the setting from the inputs of that provider',
      );
      const malformed = await failure(create({ ...explicit, adopt: "new" }));
      expect(malformed.message).to.contain('adopt["etl"] of the provider "emea" is "new"; expected');
    });

    it("does not adopt what the state holds, for this resource or for another one", async () => {
      for (const state of [
        { isKnown: true, ownIds: ["dep_1"] },
        { isKnown: true, heldIds: ["dep_1"] },
      ]) {
        const { create, client } = start({
          allDeployments: [[earlier]],
          createDeployment: [{ deploymentId: "dep_2", operationId: "op_1" }],
          getOperation: [operation("succeeded")],
          getDeployment: [deployment({ id: "dep_2" })],
        });
        expect((await create({ ...stack, state })).deploymentId).to.equal("dep_2");
        expect(client.count("createDeployment")).to.equal(1);
      }
    });

    it("adopts a deployment that has failed, so that the next run replaces it", async () => {
      const { create, client } = start({
        allDeployments: [[{ ...earlier, status: "failed" }]],
        getOperation: [operation("failed")],
        getDeployment: [deployment({ status: "failed" })],
      });
      expect((await initFailure(create(stack))).outs).to.include({ deploymentId: "dep_1", status: "failed" });
      expect(client.count("createDeployment")).to.equal(0);
    });

    it("ignores a deployment that is being destroyed", async () => {
      const { create, client } = start({
        allDeployments: [[{ ...earlier, status: "destroying" }]],
        createDeployment: [{ deploymentId: "dep_2", operationId: "op_1" }],
        getOperation: [operation("succeeded")],
        getDeployment: [deployment({ id: "dep_2" })],
      });
      expect((await create(stack)).deploymentId).to.equal("dep_2");
      expect(client.count("createDeployment")).to.equal(1);
    });

    it("creates nothing if it cannot search, and searches again the next time", async () => {
      const { create, client } = start({
        allDeployments: [refusedConnection(), []],
        createDeployment: [accepted],
        getOperation: [operation("succeeded")],
        getDeployment: [deployment()],
      });
      expect((await failure(create(stack))).name).to.equal("ConnectionError");
      expect(client.count("createDeployment")).to.equal(0);
      await create(stack);
      expect(client.count("createDeployment")).to.equal(1);
    });
  });

  describe("with a name that the user chose", () => {
    const chosen = { nameOwner: "user" } as const;
    const succeeding: Script = {
      createDeployment: [accepted],
      getOperation: [operation("succeeded")],
      getDeployment: [deployment()],
    };

    it("stops if there is a recent deployment of the name, which can be a killed run's or someone else's", async () => {
      const { create, client } = start({
        ...{ ...succeeding, createDeployment: [{ deploymentId: "dep_2", operationId: "op_2" }] },
        allDeployments: [[deployment({ createdAt: "2025-12-31T20:00:00Z" })]],
      });
      const error = await failure(create(chosen));
      expect(error.name).to.equal("CreateOutcomeUnknownError");
      expect(error.message).to.contain("dep_1 (ready)").and.to.contain("onvera:adopt.<resource>' not:dep_1`");
      expect(client.count("createDeployment")).to.equal(0);
      await create({ ...chosen, adopt: "not:dep_1" });
      expect(client.count("createDeployment")).to.equal(1);
    });

    it("repeats the deployments that the setting already excludes in the command that excludes one more", async () => {
      const { create } = start({
        ...succeeding,
        allDeployments: [
          [
            deployment({ createdAt: "2025-12-31T20:00:00Z" }),
            deployment({ id: "dep_2", createdAt: "2025-12-31T20:00:00Z" }),
          ],
        ],
      });
      const error = await failure(create({ ...chosen, adopt: "not:dep_1" }));
      expect(error.message).to.contain("onvera:adopt.<resource>' not:dep_1,dep_2`");
    });

    it("runs creates of one name one after another, so that none adopts what another one created", async () => {
      const { create, client } = start({
        allDeployments: [[], [deployment({ id: "dep_lost" })]],
        createDeployment: [lostAnswer(), accepted],
        getOperation: [operation("succeeded")],
        getDeployment: [deployment()],
      });
      const [first, second] = await Promise.allSettled([
        create({ ...chosen, resource: "urn:a", logicalName: "a" }),
        create({ ...chosen, resource: "urn:b", logicalName: "b" }),
      ]);
      expect(first).to.have.nested.property("reason.message").that.contains("'onvera:adopt.a' dep_lost`");
      expect(second).to.have.nested.property("value.deploymentId", "dep_1");
      expect(client.count("createDeployment")).to.equal(2);
    });

    it("does not compare with a list that was requested after the create was sent", async () => {
      let created = false;
      const { create, client } = start({
        createDeployment: [
          () => {
            created = true;
            return lostAnswer();
          },
          { deploymentId: "dep_2", operationId: "op_1" },
        ],
        allDeployments: [() => (created ? [deployment({ id: "dep_1" })] : [])] as Script["allDeployments"] & object,
        getOperation: [operation("succeeded")],
        getDeployment: [deployment()],
      });
      // The name is from this run, so it reads no list before its create; the list of the second create contains its deployment.
      const [own] = await Promise.all([
        create({ nameOwner: "run", resource: "urn:a" }),
        create({ ...chosen, resource: "urn:b", adopt: "not:dep_1" }),
      ]);
      expect(own.deploymentId).to.equal("dep_1");
      expect(client.count("createDeployment")).to.equal(2);
    });

    it("judges the age of a deployment by the platform's clock, not by the local one", async () => {
      const { create, client, clock } = start({ allDeployments: [[deployment()]] });
      clock.wallOffset += 3 * 24 * 60 * 60_000;
      expect((await failure(create({ nameOwner: "user" }))).name).to.equal("CreateOutcomeUnknownError");
      expect(client.count("createDeployment")).to.equal(0);
    });

    it("creates despite older deployments, other applications, and deployments of the state", async () => {
      const known = new Set(["dep_known"]);
      const { create, client } = start(
        {
          ...succeeding,
          allDeployments: [
            [
              deployment({ id: "dep_old", createdAt: "2025-06-01T00:00:00Z" }),
              deployment({ id: "dep_other", appType: "superset" }),
              deployment({ id: "dep_known" }),
            ],
          ],
        },
        known,
      );
      await create(chosen);
      expect(client.count("createDeployment")).to.equal(1);
    });
  });

  describe("with the onvera:adopt setting", () => {
    const succeeding: Script = {
      allDeployments: [[]],
      createDeployment: [{ deploymentId: "dep_2", operationId: "op_1" }],
      getOperation: [operation("succeeded")],
      getDeployment: [deployment()],
    };

    it("adopts the deployment that it names, and does not destroy it in the same run", async () => {
      const { create, client, lifecycle } = start(succeeding);
      expect((await create({ adopt: "dep_1", logicalName: "etl" })).deploymentId).to.equal("dep_1");
      expect(client.count("createDeployment")).to.equal(0);
      const error = await failure(lifecycle.delete("dep_1", readyOuts, {}));
      expect(error.message).to.contain("is not destroyed: this run has adopted it");
      expect(client.count("deleteDeployment")).to.equal(0);
    });

    it("ignores the id of the deployment that is being replaced", async () => {
      const { create, client } = start(succeeding);
      const state = { isKnown: true, ownIds: ["dep_1"] };
      expect((await create({ adopt: "dep_1", state })).deploymentId).to.equal("dep_2");
      expect(client.count("createDeployment")).to.equal(1);
    });

    for (const status of ["destroying", "destroyed"]) {
      it(`does not adopt a deployment with the status ${status}, and names the command that removes the setting`, async () => {
        const { create } = start({ getDeployment: [deployment({ status })] });
        const { message } = await failure(create({ adopt: "dep_1", logicalName: "etl" }));
        expect(message).to.match(
          /^deployment dep_1 cannot be adopted for "etl-abc1234": its status is "destroy.*pulumi config rm/,
        );
      });
    }

    for (const [what, options, why] of [
      ["that does not exist", {}, "it does not exist"],
      [
        "that another resource holds",
        { state: { isKnown: true, adoptHeldBy: "urn:other" } },
        "the state already holds it for urn:other",
      ],
    ] as const) {
      it(`names the setting and the command that removes it for an id ${what}`, async () => {
        const { create } = start({ ...succeeding, getDeployment: [apiError(404)] });
        expect((await failure(create({ adopt: "dep_1", logicalName: "etl", ...options }))).message).to.equal(
          `deployment dep_1 cannot be adopted for "etl-abc1234": ${why}; the setting onvera:adopt.etl names this deployment, and ` +
            "`pulumi config rm --path 'onvera:adopt.etl'` removes the setting",
        );
      });
    }

    for (const value of ["new", "", "not:", "dep_1,dep_2", "not:dep_1,,dep_2", "dep 1"]) {
      it(`rejects ${JSON.stringify(value)} and reports what is expected`, async () => {
        const { create, client } = start(succeeding);
        expect((await failure(create({ adopt: value, logicalName: "etl" }))).message).to.equal(
          `onvera:adopt.etl is ${JSON.stringify(value)}; expected the id of the deployment to adopt, or "not:" and the ids, ` +
            "separated by commas, of those that are not this resource's",
        );
        expect(client.calls).to.deep.equal([]);
      });
    }
  });

  describe("repeated for a resource in the same run", () => {
    it("continues with what it created, and creates nothing more", async () => {
      const { create, client } = start({
        createDeployment: [accepted],
        getOperation: [...Array.from({ length: 5 }, () => operation("running")), operation("succeeded")],
        getDeployment: [deployment()],
      });
      await initFailure(create({ resource: "urn:etl", timeoutMs: 5_000 }));
      expect(await create({ resource: "urn:etl" })).to.deep.equal(readyOuts);
      expect(client.count("createDeployment")).to.equal(1);
    });

    it("fails again with the same error if the deployment failed", async () => {
      const { create, client } = start({
        createDeployment: [accepted, { ...accepted, deploymentId: "dep_2" }],
        getOperation: [operation("failed")],
        getDeployment: [deployment({ status: "failed" })],
      });
      const first = await initFailure(create({ resource: "urn:etl" }));
      expect(await initFailure(create({ resource: "urn:etl" }))).to.equal(first);
      expect(client.count("createDeployment")).to.equal(1);
      await initFailure(create({ resource: "urn:other" }));
      expect(client.count("createDeployment")).to.equal(2);
    });

    it("searches first if the outcome of the first create is unknown", async () => {
      for (const nameOwner of ["run", "stack"] as const) {
        const { create, client } = start({
          createDeployment: [lostAnswer(), { deploymentId: "dep_2", operationId: "op_2" }],
          allDeployments: [
            ...(nameOwner === "stack" ? [[]] : []),
            refusedConnection(),
            [deployment({ status: "provisioning", operationId: "op_1" })],
          ],
          getOperation: [operation("succeeded")],
          getDeployment: [deployment()],
        });
        const options = { resource: "urn:etl", nameOwner };
        expect((await failure(create(options))).name).to.equal("CreateOutcomeUnknownError");
        expect(await create(options)).to.deep.equal(readyOuts);
        expect(client.count("createDeployment"), nameOwner).to.equal(1);
      }
    });
  });

  it("adopts the deployment that the user names, if its name follows from the name of another deployment", async () => {
    const replacement = deployment({ name: "etl-later12" });
    const script = {
      getDeployment: [replacement],
      allDeployments: [[deployment({ id: "dep_0", name: "renamed" }), replacement]],
    };
    const isLaterName = (name: string, previousNames: readonly string[] = []) =>
      name === "etl-later12" && previousNames.includes("renamed");
    const { create, client } = start(script);
    const outs = await create({ adopt: "dep_1", nameOwner: "stack", isLaterName });
    expect(outs).to.include({ deploymentId: "dep_1", name: "etl-later12", status: "ready" });
    expect(client.count("createDeployment")).to.equal(0);

    const other = start({ ...script, getDeployment: [deployment({ name: "etl-foreign" })] });
    expect((await failure(other.create({ adopt: "dep_1", nameOwner: "stack", isLaterName }))).message).to.contain(
      'its name is "etl-foreign", not "etl-abc1234"',
    );
  });

  it("adopts the deployment that the user names, if it matches the inputs", async () => {
    const script = { getDeployment: [deployment()] };
    const { create, client } = start(script);
    expect(await create({ adopt: "dep_1" })).to.include({ deploymentId: "dep_1", status: "ready" });
    expect(client.count("createDeployment")).to.equal(0);
    const other = start({ getDeployment: [deployment({ appType: "superset" })] });
    expect((await failure(other.create({ adopt: "dep_1" }))).message).to.contain(
      'deployment dep_1 cannot be adopted for "etl-abc1234": its appType is "superset", not "airflow"; the setting',
    );
    expect((await failure(create({ adopt: "dep_1" }))).message).to.contain("another resource of this stack has it");
  });
});

describe("DeploymentLifecycle.resume", () => {
  it("reads the deployment if the operation is gone, even if the timeout allows only one poll", async () => {
    const { client, lifecycle } = start({ getOperation: [apiError(404)], getDeployment: [deployment()] });
    const state = { ...pendingState, timeouts: { create: 1 } };
    const outs = await lifecycle.resume("dep_1", state, { ...inputs, timeouts: { create: 1 } }, {});
    expect(outs).to.include({ deploymentId: "dep_1", status: "ready" });
    expect(client.count("getOperation")).to.equal(1);
  });

  it("waits for the same operation, and creates nothing", async () => {
    const { lifecycle, client } = start({
      getOperation: [operation("running"), operation("succeeded")],
      getDeployment: [deployment()],
    });
    expect(await lifecycle.resume("dep_1", pendingState, inputs, {})).to.deep.equal(readyOuts);
    expect(client.calls).to.deep.equal(["getOperation op_1", "getOperation op_1", "getDeployment dep_1"]);
  });

  it("fails with an init error if the operation is still running or has failed", async () => {
    const running = start({ getOperation: [operation("running")] });
    const stillRunning = await initFailure(
      running.lifecycle.resume("dep_1", pendingState, inputs, { timeoutMs: 10_000 }),
    );
    expect(stillRunning.outs).to.deep.equal(pendingState);
    expect(stillRunning.message).to.contain("raise customTimeouts.update");
    const failed = start({ getOperation: [operation("failed")], getDeployment: [deployment({ status: "failed" })] });
    expect((await initFailure(failed.lifecycle.resume("dep_1", pendingState, inputs, {}))).outs.status).to.equal(
      "failed",
    );
  });

  it("marks a deployment that is gone for replacement, because an update cannot remove it from the state", async () => {
    const { lifecycle } = start({ getOperation: [apiError(404)], getDeployment: [apiError(404)] });
    const error = await initFailure(lifecycle.resume("dep_1", pendingState, inputs, {}));
    expect(error.outs.status).to.equal("destroyed");
  });

  it("only changes timeouts if there is nothing to wait for", async () => {
    const { lifecycle, client } = start({});
    const timeouts = { create: 60 };
    expect(await lifecycle.resume("dep_1", readyOuts, { ...inputs, timeouts }, {})).to.deep.equal({
      ...readyOuts,
      timeouts,
    });
    expect(await lifecycle.resume("dep_1", { ...readyOuts, timeouts }, inputs, {})).to.deep.equal(readyOuts);
    expect(client.calls).to.deep.equal([]);
  });
});

describe("DeploymentLifecycle.resume, after the deployment was observed", () => {
  it("returns what was observed, without another request", async () => {
    const { lifecycle, client } = start({
      listDeployments: [[deployment({ status: "hibernating" })]],
      getDeployment: [deployment({ id: "dep_2" })],
    });
    await lifecycle.observe("dep_1", readyState);
    await lifecycle.observe("dep_2", readyState);
    client.calls.length = 0;
    const stale = { ...readyOuts, status: "migrating" };
    expect((await lifecycle.resume("dep_1", stale, inputs, {})).status).to.equal("hibernating");
    expect((await lifecycle.resume("dep_2", { ...stale, deploymentId: "dep_2" }, inputs, {})).status).to.equal("ready");
    expect((await lifecycle.resume("dep_3", { ...stale, deploymentId: "dep_3" }, inputs, {})).status).to.equal(
      "migrating",
    );
    expect(client.calls).to.deep.equal([]);
  });
});

describe("DeploymentLifecycle.read", () => {
  it("returns the platform's values, and keeps the provider's own", async () => {
    const { lifecycle } = start({ getDeployment: [deployment({ name: "renamed", status: "failed" })] });
    const state = { ...readyOuts, timeouts: { delete: 5 } };
    expect(await lifecycle.read("dep_1", state, {})).to.deep.equal({ ...state, name: "renamed", status: "failed" });
  });

  it("returns undefined only if the platform reports that it is gone", async () => {
    const gone = start({ getDeployment: [apiError(404)] });
    expect(await gone.lifecycle.read("dep_1", {}, {})).to.equal(undefined);
    const destroyed = start({ getDeployment: [deployment({ status: "destroyed" })] });
    expect(await destroyed.lifecycle.read("dep_1", {}, {})).to.equal(undefined);
    for (const error of [apiError(503), apiError(401), apiError(404, "HTTP_404"), refusedConnection()]) {
      const unreadable = start({ getDeployment: [error] });
      expect(await failure(unreadable.lifecycle.read("dep_1", {}, {}))).to.equal(error);
    }
  });

  it("reads with the id alone, as for an import", async () => {
    const { lifecycle } = start({ getDeployment: [deployment({ operationId: "op_1" })] });
    expect(await lifecycle.read("dep_1", {}, {})).to.deep.equal(readyOuts);
  });
});

describe("DeploymentLifecycle.observe", () => {
  it("reads the list once, and reads by itself what is missing there", async () => {
    const { lifecycle, client } = start({
      listDeployments: [[deployment(), deployment({ id: "dep_2", status: "failed" })]],
      getDeployment: [deployment({ id: "dep_3" }), apiError(404)],
    });
    const observed = await Promise.all(["dep_1", "dep_2"].map((id) => lifecycle.observe(id, readyState)));
    expect(observed.map((one) => (one === undefined || one === "gone" ? one : one.status))).to.deep.equal([
      "ready",
      "failed",
    ]);
    expect(await lifecycle.observe("dep_3", readyState), "a page that shifted").to.include({ status: "ready" });
    expect(await lifecycle.observe("dep_4", readyState)).to.equal("gone");
    expect(client.count("listDeployments")).to.equal(1);
    expect(client.count("getDeployment")).to.equal(2);
  });

  it("never treats a deployment that it cannot read as gone", async () => {
    const { lifecycle } = start({ listDeployments: [refusedConnection()], getDeployment: [refusedConnection()] });
    expect(await lifecycle.observe("dep_1", readyState)).to.equal(undefined);
    for (const error of [apiError(503), apiError(404, "HTTP_404")]) {
      const half = start({ listDeployments: [[]], getDeployment: [error] });
      expect(await half.lifecycle.observe("dep_1", readyState)).to.equal(undefined);
    }
  });
});

describe("DeploymentLifecycle.delete", () => {
  it("names the operation of the destroy if it is gone but the deployment is ready", async () => {
    const { lifecycle, clock } = start({
      deleteDeployment: [{ operationId: "op_destroy" }],
      getOperation: [apiError(404)],
      getDeployment: [deployment()],
    });
    const { message } = await failure(lifecycle.delete("dep_1", readyOuts, {}));
    expect(message).to.equal(
      'delete of deployment "etl-abc1234" (airflow, dep_1, operation op_destroy) did not succeed: operation op_destroy no ' +
        'longer exists; it still exists with the status "ready", and the next `pulumi up` or `pulumi destroy` tries again',
    );
    expect(clock.now()).to.be.below(60_000);
  });

  it("waits until the destroy has ended", async () => {
    const { lifecycle, client } = start({
      deleteDeployment: [{ operationId: "op_2" }],
      getOperation: [operation("running", { phase: "revoking_access" }), operation("succeeded")],
    });
    await lifecycle.delete("dep_1", readyOuts, {});
    expect(client.calls).to.deep.equal(["deleteDeployment dep_1", "getOperation op_2", "getOperation op_2"]);
  });

  it("succeeds if the deployment is gone", async () => {
    const { lifecycle, client } = start({ deleteDeployment: [apiError(404)] });
    await lifecycle.delete("dep_1", readyOuts, {});
    expect(client.calls).to.deep.equal(["deleteDeployment dep_1"]);
  });

  it("destroys the deployment of the resource's id, also if the outputs name another one", async () => {
    const { lifecycle, client } = start({ deleteDeployment: [apiError(404)] });
    await lifecycle.delete("dep_2", { ...readyOuts, deploymentId: "dep_1" }, {});
    expect(client.calls).to.deep.equal(["deleteDeployment dep_2"]);
  });

  it("fails if a proxy reports 404, not the platform", async () => {
    const error = apiError(404, "HTTP_404");
    const { lifecycle } = start({ deleteDeployment: [error] });
    expect(await failure(lifecycle.delete("dep_1", readyOuts, {}))).to.equal(error);
  });

  it("waits for a destroy that is already running", async () => {
    const { lifecycle, client } = start({
      deleteDeployment: [apiError(409, "RESOURCE_CONFLICT", { operationId: "op_8" })],
      getDeployment: [deployment({ status: "destroying" })],
      getOperation: [operation("succeeded")],
    });
    await lifecycle.delete("dep_1", readyOuts, {});
    expect(client.calls).to.deep.equal(["deleteDeployment dep_1", "getDeployment dep_1", "getOperation op_8"]);
  });

  it("polls the deployment if the running destroy is not named", async () => {
    const { lifecycle } = start({
      deleteDeployment: [apiError(409)],
      getDeployment: [deployment({ status: "destroying" }), deployment({ status: "destroying" }), apiError(404)],
    });
    await lifecycle.delete("dep_1", readyOuts, {});
  });

  it("waits for a running create first", async () => {
    const { lifecycle, client } = start({
      getDeployment: [deployment({ status: "provisioning" })],
      getOperation: [operation("running"), operation("failed"), operation("succeeded")],
      deleteDeployment: [{ operationId: "op_2" }],
    });
    await lifecycle.delete("dep_1", pendingState, {});
    expect(client.calls).to.deep.equal([
      "getDeployment dep_1",
      "getOperation op_1",
      "getOperation op_1",
      "deleteDeployment dep_1",
      "getOperation op_2",
    ]);
  });

  for (const [what, named, operations] of [
    ["is not named", {}, []],
    ["cannot be read", { operationId: "op_1" }, [apiError(403), apiError(403), apiError(403)]],
    ["no longer exists", { operationId: "op_1" }, [apiError(404)]],
  ] as const) {
    it(`waits for a running create whose operation ${what}`, async () => {
      const { lifecycle, client } = start({
        getDeployment: [deployment({ status: "provisioning" }), deployment({ status: "provisioning" }), deployment()],
        getOperation: [...operations, operation("succeeded")],
        deleteDeployment: [{ operationId: "op_2" }],
      });
      const { operationId: _named, ...pending } = pendingState;
      await lifecycle.delete("dep_1", { ...pending, ...named }, {});
      const before = client.calls.slice(0, client.calls.indexOf("deleteDeployment dep_1"));
      expect(before.filter((call) => call === "getDeployment dep_1")).to.have.length(3);
    });
  }

  it("does not claim that a delete goes on which was not sent", async () => {
    const { lifecycle, client } = start({
      getDeployment: [deployment({ status: "provisioning" })],
      getOperation: [operation("running")],
    });
    const { message } = await failure(lifecycle.delete("dep_1", { ...pendingState, timeouts: { delete: 90 } }, {}));
    expect(message).to.equal(
      'delete of deployment "etl-abc1234" (airflow, dep_1, operation op_1) has not begun after 1 min 30 s, because another ' +
        "operation on it is still running; the next `pulumi up` or `pulumi destroy` tries again; to wait longer, raise " +
        "customTimeouts.delete",
    );
    expect(client.count("deleteDeployment")).to.equal(0);
  });

  it("does not take another operation that the deployment names for the running destroy", async () => {
    const { lifecycle, client } = start({
      deleteDeployment: [apiError(409)],
      getDeployment: [deployment({ status: "destroying", operationId: "op_1" }), apiError(404)],
      getOperation: [operation("succeeded")],
    });
    await lifecycle.delete("dep_1", readyOuts, {});
    expect(client.count("getDeployment"), "reads until it is gone").to.be.above(1);
    expect(client.count("getOperation")).to.equal(0);
  });

  it("retries if the conflicting operation has ended before it was read", async () => {
    const { lifecycle, client } = start({
      deleteDeployment: [apiError(409, "RESOURCE_CONFLICT", { operationId: "op_1" }), { operationId: "op_2" }],
      getDeployment: [deployment()],
      getOperation: [operation("succeeded"), operation("succeeded")],
    });
    await lifecycle.delete("dep_1", readyOuts, {});
    expect(client.count("deleteDeployment")).to.equal(2);
  });

  it("waits for a conflicting operation, then retries", async () => {
    const { lifecycle, client } = start({
      deleteDeployment: [apiError(409, "RESOURCE_CONFLICT"), { operationId: "op_2" }],
      getDeployment: [deployment({ status: "provisioning", operationId: "op_1" })],
      getOperation: [operation("running"), operation("succeeded")],
    });
    await lifecycle.delete("dep_1", readyOuts, {});
    expect(client.count("deleteDeployment")).to.equal(2);
  });

  it("fails with a conflict that does not end", async () => {
    const conflict = apiError(409, "RESOURCE_CONFLICT", { reason: "Deployment is locked" });
    const { lifecycle, clock } = start({ deleteDeployment: [conflict], getDeployment: [deployment()] });
    expect(await failure(lifecycle.delete("dep_1", readyOuts, {}))).to.equal(conflict);
    expect(clock.now()).to.equal(14_000);
  });

  it("sends the delete again if a create that took long has ended between the conflict and the read", async () => {
    const { lifecycle, client } = start({
      deleteDeployment: [...Array.from({ length: 7 }, () => apiError(409)), { operationId: "op_2" }],
      getDeployment: [...Array.from({ length: 6 }, () => deployment({ status: "provisioning" })), deployment()],
      getOperation: [operation("succeeded")],
    });
    await lifecycle.delete("dep_1", readyOuts, {});
    expect(client.count("deleteDeployment")).to.equal(8);
  });

  it("joins the running destroy if the deployment shows it only later", async () => {
    const { lifecycle, client } = start({
      deleteDeployment: [apiError(409, "RESOURCE_CONFLICT", { reason: "Deployment is already being destroyed" })],
      getDeployment: [deployment(), deployment(), deployment({ status: "destroying" }), apiError(404)],
    });
    await lifecycle.delete("dep_1", readyOuts, {});
    expect(client.count("deleteDeployment")).to.equal(3);
  });

  it("waits until its timeout while a conflict remains and the status is not published", async () => {
    const { lifecycle, clock } = start({
      deleteDeployment: [apiError(409)],
      getDeployment: [deployment({ status: "deleting" })],
    });
    const { message } = await failure(lifecycle.delete("dep_1", readyOuts, { timeoutMs: 60_000 }));
    expect(message).to.include("has not begun after 60 s").and.to.include("another operation on it is still running");
    expect(clock.now()).to.equal(60_000);
  });

  it("reads the deployment if the destroy failed", async () => {
    const script: Script = {
      deleteDeployment: [{ operationId: "op_2" }],
      getOperation: [operation("failed", { error: { code: "TEARDOWN", message: "stuck" } })],
    };
    const there = start({ ...script, getDeployment: [deployment()] });
    expect((await failure(there.lifecycle.delete("dep_1", readyOuts, {}))).message).to.equal(
      'delete of deployment "etl-abc1234" (airflow, dep_1, operation op_2) did not succeed: operation op_2 failed: TEARDOWN: ' +
        'stuck; it still exists with the status "ready", and the next `pulumi up` or `pulumi destroy` tries again',
    );
    await start({ ...script, getDeployment: [apiError(404)] }).lifecycle.delete("dep_1", readyOuts, {});
    const unreadable = start({ ...script, getDeployment: [refusedConnection()] });
    const error = await failure(unreadable.lifecycle.delete("dep_1", readyOuts, {}));
    expect(error.name).to.equal("OperationFailedError");
    expect(error.message).to.equal(
      'delete of deployment "etl-abc1234" (airflow, dep_1, operation op_2) did not succeed: operation op_2 failed: TEARDOWN: ' +
        "stuck; whether it still exists cannot be read, and the next `pulumi up` or `pulumi destroy` tries again",
    );
  });

  for (const [what, statuses, reads] of [
    ["ends", ["ready", "destroying", "destroying", "failed"], 4],
    ["does not begin", ["failed"], 5],
  ] as const) {
    it(`fails if a destroy that is not named ${what}, and the deployment remains`, async () => {
      const { lifecycle, client } = start({
        deleteDeployment: [{}],
        getDeployment: statuses.map((status) => deployment({ status })),
      });
      expect((await failure(lifecycle.delete("dep_1", readyOuts, {}))).message).to.equal(
        'delete of deployment "etl-abc1234" (airflow, dep_1) did not succeed: it is not being destroyed; it still exists with ' +
          'the status "failed", and the next `pulumi up` or `pulumi destroy` tries again',
      );
      expect(client.count("getDeployment")).to.equal(reads);
    });
  }

  it("succeeds with the first read that does not find the deployment, also if the timeout is short", async () => {
    const { lifecycle, client } = start({
      deleteDeployment: [{}],
      getDeployment: [deployment({ status: "destroying" }), apiError(404)],
    });
    await lifecycle.delete("dep_1", { ...readyOuts, timeouts: { delete: 8 } }, {});
    expect(client.count("getDeployment")).to.equal(2);
  });

  it("succeeds if operation and deployment are gone", async () => {
    const { lifecycle } = start({
      deleteDeployment: [{ operationId: "op_2" }],
      getOperation: [apiError(404)],
      getDeployment: [apiError(404)],
    });
    await lifecycle.delete("dep_1", readyOuts, {});
  });

  it("ends at the timeout in the outputs, and reports how to continue", async () => {
    const { lifecycle, clock } = start({
      deleteDeployment: [{ operationId: "op_2" }],
      getOperation: [operation("running")],
    });
    const error = await failure(lifecycle.delete("dep_1", { ...readyOuts, timeouts: { delete: 90 } }, {}));
    expect(clock.now()).to.equal(90_000);
    expect(error.message).to.contain("the delete continues on Onvera").and.to.contain("raise customTimeouts.delete");
  });
});

describe("DeploymentLifecycle with a key that does not see the deployments", () => {
  const othersOuts = { ...readyOuts, __origin: "another" };
  const { __origin: _origin, ...oldOuts } = readyOuts;
  const invisible = {
    listDeployments: [[deployment({ id: "dep_9" })]],
    getDeployment: [apiError(404)],
    deleteDeployment: [apiError(404)],
    getOperation: [apiError(404)],
    createDeployment: [accepted],
  };
  const urn = "urn:pulumi:dev::p::onvera:index:Deployment::etl";

  for (const [what, outs] of [
    ["of another key", othersOuts],
    ["of an earlier version", oldOuts],
  ] as const) {
    it(`treats nothing as gone in a state ${what}, and reports what to do`, async () => {
      for (const call of ["read", "observe", "delete"] as const) {
        const { lifecycle } = start(invisible);
        const error = await failure(lifecycle[call]("dep_1", outs, { urn }));
        expect(error.name, call).to.equal("DeploymentNotVisibleError");
        expect(error.message, call).to.equal(
          'deployment "etl-abc1234" (airflow, dep_1) is not visible with this API key at https://api.onvera.io/api/v1, nor ' +
            "is any other deployment that the stack is known to hold: the key can belong to another organization. Nothing " +
            "was changed for it. Check onvera:apiKey and onvera:baseUrl. If the key is right and the deployment is really " +
            `gone, remove it from the state with \`pulumi state delete '${urn}'\``,
        );
      }
    });
  }

  it("treats nothing as gone after a conflict", async () => {
    const { lifecycle } = start({ ...invisible, deleteDeployment: [apiError(409)] });
    expect((await failure(lifecycle.delete("dep_1", othersOuts, { urn }))).name).to.equal("DeploymentNotVisibleError");
  });

  it("creates nothing, even if no other call has noticed it", async () => {
    const { create, client } = start(invisible);
    const error = await failure(create({ state: { isKnown: true, sample: [othersOuts] } }));
    expect(error.name).to.equal("DeploymentNotVisibleError");
    expect(client.count("createDeployment")).to.equal(0);
  });

  it("creates if the key shows one of several deployments of the state, or created one of them", async () => {
    const succeeding = { ...invisible, getOperation: [operation("succeeded")], getDeployment: [deployment()] };
    const visible = { ...succeeding, listDeployments: [[deployment({ id: "dep_2" })]] };
    const held = [othersOuts, { ...othersOuts, deploymentId: "dep_2" }];
    const one = start(visible);
    await one.create({ state: { isKnown: true, sample: held } });
    expect(one.client.count("createDeployment")).to.equal(1);
    const own = start(succeeding);
    await own.create({ state: { isKnown: true, sample: [readyOuts, { ...othersOuts, deploymentId: "dep_3" }] } });
    expect(own.client.calls[0], "no other request first").to.equal("createDeployment airflow etl-abc1234");
  });

  describe("after a change of the key, if the host cannot name what the state holds", () => {
    const state = { isKnown: true, hasOtherKeys: true };
    const visible = {
      ...invisible,
      getOperation: [operation("succeeded")],
      getDeployment: [deployment()],
      listDeployments: [[deployment({ id: "dep_2" })]],
    };

    it("creates nothing if the first read of the state's deployments shows none", async () => {
      const { create, lifecycle, client } = start(invisible);
      const [created, read] = await Promise.all([
        failure(create({ state })),
        failure(lifecycle.read("dep_1", othersOuts, {})),
      ]);
      expect([created.name, read.name]).to.deep.equal(Array(2).fill("DeploymentNotVisibleError"));
      expect(client.count("createDeployment")).to.equal(0);
    });

    it("creates as soon as a read shows one, or the state holds one that was created with this key", async () => {
      for (const held of [
        { ...othersOuts, deploymentId: "dep_2" },
        { ...readyOuts, deploymentId: "dep_2" },
      ]) {
        const { create, lifecycle, clock } = start(visible);
        await Promise.all([create({ state }), lifecycle.read("dep_2", held, {})]);
        expect(clock.now()).to.be.below(10_000);
      }
    });

    it("creates after 10 seconds if nothing of the state is read", async () => {
      const { create, client, clock } = start(visible);
      await create({ state });
      expect(client.calls[0]).to.equal("createDeployment airflow etl-abc1234");
      expect(clock.now()).to.be.at.least(10_000);
    });

    it("creates before a short timeout is over if nothing of the state is read", async () => {
      const { lifecycle, client } = start(visible);
      await lifecycle.create({ ...inputs, timeouts: { create: 8 } }, { nameOwner: "run", state });
      expect(client.count("createDeployment")).to.equal(1);
    });
  });

  it("treats it as gone if the key can read another deployment of the state", async () => {
    const { lifecycle, client } = start({ ...invisible, listDeployments: [[deployment({ id: "dep_2" })]] });
    expect(await lifecycle.observe("dep_2", { ...othersOuts, deploymentId: "dep_2" })).to.include({ id: "dep_2" });
    expect(await lifecycle.observe("dep_1", othersOuts)).to.equal("gone");
    expect(client.count("getOperation")).to.equal(0);
  });

  it("does not count a deployment that the key created itself", async () => {
    const { lifecycle } = start({ ...invisible, listDeployments: [[deployment({ id: "dep_2" })]] });
    expect(await lifecycle.observe("dep_2", { ...readyOuts, deploymentId: "dep_2" })).to.include({ id: "dep_2" });
    expect((await failure(lifecycle.observe("dep_1", othersOuts))).name).to.equal("DeploymentNotVisibleError");
  });

  it("treats it as gone if the key can read the operation that created it, with one request for all", async () => {
    const { lifecycle, client } = start({
      ...invisible,
      getOperation: [operation("succeeded", { resourceId: "dep_1" })],
    });
    const reads = ["dep_1", "dep_2", "dep_3"].map((id) => lifecycle.read(id, { ...othersOuts, deploymentId: id }, {}));
    expect(await Promise.all(reads)).to.deep.equal([undefined, undefined, undefined]);
    expect(client.count("getOperation")).to.equal(1);
  });

  it("decides nothing while the operation cannot be read", async () => {
    const { lifecycle } = start({ ...invisible, getOperation: [apiError(503), operation("succeeded")] });
    expect(await lifecycle.observe("dep_1", othersOuts)).to.equal(undefined);
    expect(await lifecycle.observe("dep_1", othersOuts)).to.equal("gone");
  });

  it("creates nothing afterwards", async () => {
    const { lifecycle, create, client } = start(invisible);
    await failure(lifecycle.observe("dep_1", othersOuts));
    expect((await failure(create())).name).to.equal("DeploymentNotVisibleError");
    expect(client.count("createDeployment")).to.equal(0);
  });

  it("keeps an unfinished create", async () => {
    const { lifecycle } = start(invisible);
    const { error, outs } = await initFailure(
      lifecycle.resume("dep_1", { ...pendingState, __origin: "another" }, inputs, {}),
    ).then(({ cause, outs }) => ({ error: cause, outs }));
    expect(error.name).to.equal("DeploymentNotVisibleError");
    expect(outs.status).to.equal("provisioning");
  });

  it("records no other key for a deployment that it reads, so that a refresh shows no difference", async () => {
    for (const state of [othersOuts, oldOuts]) {
      const { lifecycle } = start({ listDeployments: [[deployment()]] });
      expect(await lifecycle.read("dep_1", state, {})).to.deep.equal(state);
    }
  });
});
