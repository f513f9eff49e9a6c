import { expect } from "chai";
import {
  ActionRequiredError,
  CreateOutcomeUnknownError,
  OperationDetachedError,
  OperationFailedError,
  OperationTimeoutError,
  SettingsError,
} from "../../../../provider/api/errors";
import { ResourceInitError } from "../../../../provider/resource-handler";
import { FailureSummary, type ResourceCall } from "../../../../provider/runtime/failure-summary";
import { apiError, refusedConnection } from "../../../support/scripted-client";

const outs = { deploymentId: "dep_1", name: "etl-abc", appType: "airflow" };
const failed = new ResourceInitError("dep_1", { ...outs, status: "failed" }, new OperationFailedError("no"));
const unfinished = new ResourceInitError("dep_1", { ...outs, status: "provisioning" }, new OperationTimeoutError("no"));

/** The reports after these calls, which run at the same time. */
async function reportsOf(...calls: [name: string, kind: ResourceCall["kind"], error?: Error][]): Promise<string[]> {
  const reported: string[] = [];
  const summary = new FailureSummary({ report: (text) => reported.push(text) });
  await Promise.allSettled(
    calls.map(([name, kind, error], index) =>
      summary.track({ resource: name, name, kind }, async () => {
        for (let turn = 0; turn < index; turn += 1) await Promise.resolve();
        expect(reported, "reported before the last call has ended").to.deep.equal([]);
        if (error !== undefined) throw error;
      }),
    ),
  );
  return reported;
}

describe("FailureSummary", () => {
  it("tells how to import or delete what a command without a state has created", async () => {
    const urn = "urn:pulumi:dev::default::onvera:index:Deployment::Deployment";
    const call = { kind: "create", resource: urn, name: "Deployment", urn } as const;
    const reportOf = async (error: Error) => {
      const reported: string[] = [];
      const summary = new FailureSummary({ report: (text) => reported.push(text), hasState: () => false });
      await summary.track(call, () => Promise.reject(error)).catch(() => undefined);
      return reported.join();
    };
    const noState =
      "This command has no state, so `pulumi up` does not continue it, whatever the error message says. Next, ";
    const continueWith = (id: string) =>
      `import it into a stack (\`pulumi import 'onvera:index:Deployment' <name> '${id}'\`) or delete it ` +
      `(\`pulumi do 'onvera:index:Deployment' delete '${id}' --stateless\`).`;
    expect(await reportOf(failed)).to.equal(`"Deployment" failed. ${noState}${continueWith("dep_1")}`);
    expect(await reportOf(unfinished)).to.equal(`"Deployment" not ready yet. ${noState}${continueWith("dep_1")}`);
    expect(await reportOf(new CreateOutcomeUnknownError("?"))).to.equal(
      `"Deployment" possibly created. ${noState}if Onvera has the deployment, ${continueWith("<deployment id>")}`,
    );
    expect(await reportOf(apiError(403))).to.equal(
      `"Deployment" rejected by Onvera. ${noState}provide a valid API key with the required scopes and run the same command again.`,
    );
  });

  it("reports what happened, what was kept, and which command to run next", async () => {
    expect(await reportsOf(["etl", "create", failed], ["bi", "create"], ["dwh", "resume", unfinished])).to.deep.equal([
      '2 deployments are not as declared: "etl" failed (kept in the stack\'s state); "dwh" not ready yet (kept ' +
        'in the stack\'s state, with the operation). Nothing was lost. Next, run `pulumi up`: it replaces "etl" and ' +
        'continues to wait for "dwh".',
    ]);
  });

  it("distinguishes creates with an unknown outcome, rejected ones, and failed ones", async () => {
    const summary = await reportsOf(
      ["a", "create", new CreateOutcomeUnknownError("?")],
      ["b", "create", apiError(403)],
      ["c", "create", refusedConnection()],
    );
    expect(summary).to.deep.equal([
      '3 deployments are not as declared: "c" not created (not on Onvera); "b" rejected by Onvera (that ' +
        'request changed nothing); "a" possibly created (not in the stack\'s state). Next, provide a valid API key with the ' +
        'required scopes, follow the error message of "a", and run `pulumi up`: it creates "c" and retries "b".',
    ]);
  });

  it("names no command if only the user can continue, because the command fails in the same way", async () => {
    const heldTwice = new ActionRequiredError("remove it from the state");
    expect(await reportsOf(["a", "delete", heldTwice])).to.deep.equal([
      '1 deployment is not as declared: "a" not destroyed (kept in the stack\'s state). Nothing was lost. Next, follow the error ' +
        'message of "a".',
    ]);
    expect(await reportsOf(["a", "delete", heldTwice], ["b", "delete", heldTwice])).to.deep.equal([
      '2 deployments are not as declared: "a" and "b" not destroyed (kept in the stack\'s state). Nothing was lost. Next, follow ' +
        'the error messages of "a" and "b".',
    ]);
    const unreadable = new ResourceInitError("dep_1", { ...outs, status: "provisioning" }, heldTwice);
    const [text] = await reportsOf(["a", "resume", unreadable], ["b", "delete", apiError(500)]);
    expect(text).to.match(
      / Next, follow the error message of "a" and run the same command again: it tries again to destroy "b"\.$/,
    );
  });

  it("reports that the same command continues a destroy", async () => {
    expect(
      await reportsOf(["a", "delete", new OperationTimeoutError("no")], ["b", "delete", apiError(500)]),
    ).to.deep.equal([
      '2 deployments are not as declared: "a" still being destroyed (kept in the stack\'s state until ' +
        'gone); "b" not destroyed (kept in the stack\'s state). Nothing was lost. Next, run the same command again: it ' +
        'continues to wait for "a" and tries again to destroy "b".',
    ]);
  });

  it("does not claim that a destroy goes on if it could not be read at last", async () => {
    const [text] = await reportsOf(["a", "delete", new OperationTimeoutError("no", { cause: apiError(500) })]);
    expect(text).to.include('"a" possibly still being destroyed (kept in the stack\'s state until gone).');
    expect(text).to.include("Next, run the same command again: it continues to wait for");
  });

  it("reports nothing for calls that succeed, also after a retry by an error hook", async () => {
    expect(await reportsOf(["a", "create"], ["b", "delete"])).to.deep.equal([]);
    const reported: string[] = [];
    const summary = new FailureSummary({ report: (text) => reported.push(text) });
    await summary.track({ resource: "b", name: "b", kind: "create" }, async () => {
      await summary
        .track({ resource: "a", name: "a", kind: "create" }, async () => Promise.reject(failed))
        .catch(() => undefined);
      await summary.track({ resource: "a", name: "a", kind: "create" }, async () => undefined);
    });
    expect(reported).to.deep.equal([]);
  });

  it("corrects its report if an error hook retries with success after it", async () => {
    const reported: string[] = [];
    const summary = new FailureSummary({ report: (text) => reported.push(text) });
    const track = (name: string, error?: Error) =>
      summary
        .track({ resource: name, name, kind: "create" }, async () => {
          if (error !== undefined) throw error;
        })
        .catch(() => undefined);
    await Promise.all([track("a", refusedConnection()), track("b", failed)]);
    await track("a");
    await track("b");
    await track("c");
    expect(reported.slice(1)).to.deep.equal([
      '1 deployment is not as declared: "b" failed (kept in the stack\'s state). Nothing was lost. Next, run `pulumi up`: it ' +
        'replaces "b".',
      "a retry has succeeded: every deployment of the last report is as declared now",
    ]);
  });

  it("still reports a possible deployment if an error hook's retry has created nothing", async () => {
    const reported: string[] = [];
    const summary = new FailureSummary({ report: (text) => reported.push(text) });
    const errors = [new CreateOutcomeUnknownError("?"), new OperationDetachedError("nothing was sent"), apiError(401)];
    for (const error of errors)
      await summary
        .track({ resource: "a", name: "a", kind: "create" }, async () => Promise.reject(error))
        .catch(() => 0);
    expect(reported).to.have.length(3);
    for (const text of reported) expect(text).to.contain('"a" possibly created').and.not.to.contain("Nothing was lost");
  });

  it("reports an unfinished create that could not be continued as not ready", async () => {
    const [text = ""] = await reportsOf(["a", "resume", new SettingsError("onvera:apiKey", "no key")]);
    expect(text).to.contain('"a" not ready yet (kept in the stack\'s state, with the operation)');
  });

  it("counts names that are too many to list", async () => {
    const [reported = ""] = await reportsOf(
      ...Array.from({ length: 8 }, (_, index): [string, ResourceCall["kind"], Error] => [
        `d${index}`,
        "create",
        failed,
      ]),
    );
    expect(reported).to.match(/^8 deployments .*"d4", and 3 more failed/);
  });
});
