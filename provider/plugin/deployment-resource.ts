/** The calls of the protocol for `onvera:index:Deployment`: translate, call the lifecycle, translate back. */

import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { diffDeployment, isLost, isUnfinished } from "../deployment/diff";
import { withKeyHint } from "../deployment/errors";
import { type CheckFailure, checkInputs, type DeploymentInputs, unknownValue } from "../deployment/check";
import { DeploymentNotVisibleError } from "../deployment/organization";
import { type DeploymentOuts, outsFromState } from "../deployment/outputs";
import { unseenStateText } from "../deployment/unseen";
import { ApiError, PlatformError, SettingsError } from "../api/errors";
import { nameInUrn } from "../runtime/urn";
import { RequestError } from "./request-error";
import type { Session } from "./session";
import { fromEngine, type Properties, toEngine } from "./values";

type Values = Readonly<Record<string, unknown>>;

/** Outputs that a preview of a create cannot know. */
const madeByCreate = ["deploymentId", "status", "url", "environmentId", "createdAt", "operationId"] as const;
/** Outputs that stay what they are while an unfinished create is waited for. */
const stables = ["deploymentId", "name", "appType", "operationId"] as const;

/**
 * Where the state of a dynamic resource keeps its code. The schema's alias hands such a state to this provider; an update,
 * for which the platform is not asked, makes it one of ours. See docs/migration.md.
 */
const dynamicCode = "__provider";

export function check(request: proto.CheckRequest, session: Session): proto.CheckResponse {
  const { values: olds } = fromEngine(request.getOlds());
  const { values: given, secrets } = fromEngine(request.getNews());
  const urn = request.getUrn();
  // Here the engine keeps the timeouts, and tells them with each call.
  const { timeouts, ...news } = given;
  const failures: CheckFailure[] = [];
  if (timeouts !== undefined) {
    failures.push({ property: "timeouts", reason: "is not a property of a deployment; use the option customTimeouts" });
  }
  const isNameLeft = news["name"] === undefined && typeof olds["name"] !== "string";
  const naming = isNameLeft ? request.getAutonaming() : undefined;
  const { PROPOSE, ENFORCE, DISABLE } = proto.CheckRequest.AutonamingOptions.Mode;
  const mode = naming?.getMode();
  const proposed = mode === PROPOSE || mode === ENFORCE ? naming?.getProposedName() : undefined;

  session.declaredUrns.add(urn);
  session.names.record(urn, olds["name"]);
  if (Object.keys(olds).length === 0) session.watch.plan(urn);
  const checked = checkInputs({
    olds: { name: olds["name"] },
    news: proposed ? { ...news, name: proposed } : news,
    autoName: () => session.names.make({ urn, logicalName: logicalNameOf(request, urn), seed: session.seed }),
  });
  failures.push(...checked.failures);
  const inputs: Record<string, unknown> = { ...checked.inputs };
  if (mode === DISABLE) {
    failures.push({
      property: "name",
      reason: "is required: the project's pulumi:autonaming turns automatic names off",
    });
    delete inputs["name"];
  }

  const response = new proto.CheckResponse();
  response.setInputs(toEngine(inputs, secrets));
  response.setFailuresList(failures.map(toFailure));
  return response;
}

/** Throws `DeploymentNotVisibleError` if the key does not see the deployment's organization, so that nothing is changed. */
export async function diff(request: proto.DiffRequest, session: Session): Promise<proto.DiffResponse> {
  const { values: state } = fromEngine(request.getOlds());
  const { values: news } = fromEngine(request.getNews());
  const ignored = new Set(request.getIgnorechangesList());
  // The engine keeps the timeouts: a change of them is no change of the deployment.
  const { timeouts: _, ...outs } = outsFromState(request.getId(), state);
  session.holds(request.getUrn(), outs);
  const isElsewhere = await isInOtherOrganization(request, { state, outs, session });
  const difference = diffDeployment(outs, news, isElsewhere ? { observed: "gone" } : {});
  const replaces = difference.replaces.filter((key) => !ignored.has(key));
  const updates = difference.updates.filter((key) => !ignored.has(key));
  if (dynamicCode in state) updates.push(dynamicCode);
  const isKept = session.declaredUrns.has(request.getUrn()) && replaces.length === 0;
  if (isKept) session.keptIds.set(request.getUrn(), outs.deploymentId);

  const response = new proto.DiffResponse();
  const { DiffChanges } = proto.DiffResponse;
  response.setChanges(replaces.length + updates.length > 0 ? DiffChanges.DIFF_SOME : DiffChanges.DIFF_NONE);
  response.setReplacesList(replaces);
  response.setDiffsList([...replaces, ...updates]);
  response.setStablesList([...stables]);
  response.setHasdetaileddiff(true);
  const { Kind } = proto.PropertyDiff;
  for (const key of replaces) setKind(response, key, Kind.UPDATE_REPLACE);
  for (const key of updates) setKind(response, key, key === dynamicCode ? Kind.DELETE : Kind.UPDATE);
  return response;
}

/**
 * Whether a deployment has moved here from a provider of another organization: then it is replaced, through both providers.
 * Throws `DeploymentNotVisibleError` if it has not moved, and the key is not known to see its organization.
 */
async function isInOtherOrganization(
  request: proto.DiffRequest,
  { state, outs, session }: { state: Values; outs: DeploymentOuts; session: Session },
): Promise<boolean> {
  const isMoved = session.takeMovedResource();
  // A refresh calls `Diff` too, with the key of the state, for a deployment that `Read` has warned about.
  if (!session.declaredUrns.has(request.getUrn())) return false;
  const { origin } = session;
  if (origin === undefined || outs.__origin === origin) return false;
  const { lifecycle } = session.connect();
  try {
    await lifecycle.assertVisible(request.getId(), state, { urn: request.getUrn(), signal: session.signal, isMoved });
    return false;
  } catch (error) {
    if (isMoved && error instanceof DeploymentNotVisibleError) return true;
    throw error;
  }
}

export async function create(request: proto.CreateRequest, session: Session): Promise<proto.CreateResponse> {
  const { values, secrets } = fromEngine(request.getProperties());
  const urn = request.getUrn();
  const response = new proto.CreateResponse();
  response.setRefreshBeforeUpdate(session.config.refreshBeforeUpdate);
  if (request.getPreview()) {
    await session.preflight();
    const outs = { ...Object.fromEntries(madeByCreate.map((key) => [key, unknownValue])), ...values };
    response.setProperties(toEngine(outs, secrets));
    return response;
  }
  const inputs = knownInputs(values);
  const name = logicalNameOf(request, urn);
  session.keptIds.delete(urn);
  session.assertNotCanceled();
  const { lifecycle } = session.connect();
  const outs = await session.about(urn, (onProgress) =>
    session.watch.during({ resource: urn, name, call: "create" }, () =>
      lifecycle.create(inputs, {
        nameOwner: session.names.ownerOf(urn, inputs.name),
        adopt: session.config.adopt[name],
        resource: urn,
        logicalName: name,
        explicitProvider: session.explicitProvider,
        state: session.stateFor(urn, session.config.adopt[name]),
        timeoutMs: timeoutMsOf(request),
        signal: session.signal,
        onProgress,
      }),
    ),
  );
  response.setId(outs.deploymentId);
  response.setProperties(toEngine(outs, secrets));
  return response;
}

export async function read(request: proto.ReadRequest, session: Session): Promise<proto.ReadResponse> {
  const state = fromEngine(request.getProperties());
  const old = fromEngine(request.getInputs());
  const id = request.getId();
  const isImport = Object.keys(state.values).length === 0;
  // The engine sends inputs for a resource that the program only reads (`get`), and none for an import.
  const holder = isImport && !request.hasInputs() ? session.holderOf(id, request.getUrn()) : undefined;
  if (holder !== undefined) {
    throw new PlatformError(
      `deployment ${id} cannot be imported: the stack holds it already as ${holder}; to rename a resource, use the option ` +
        "aliases instead of import",
    );
  }
  let outs: DeploymentOuts | undefined;
  try {
    const { lifecycle } = session.connect();
    outs = await session.about(request.getUrn(), (onProgress) =>
      lifecycle.read(id, state.values, { urn: request.getUrn(), signal: session.signal, onProgress }),
    );
  } catch (error) {
    if (isImport || !isAboutTheKey(error)) throw error;
    // The engine refreshes with the key that the state has. If that key was revoked or belongs to another organization, or the
    // state has none because it came from the environment, an error would stop the very run that brings the right key.
    session.warn(`${unseenStateText}: ${error.message}`, request.getUrn());
    outs = outsFromState(id, state.values);
  }
  const response = new proto.ReadResponse();
  // Without an id and properties: it does not exist.
  if (outs === undefined) return response;
  if (!isImport) session.holds(request.getUrn(), outs);

  if (isImport && (isLost(outs.status) || isUnfinished(outs.status))) {
    const next = isLost(outs.status) ? "replaces it" : "waits until it is ready";
    session.warn(`deployment ${id} is "${outs.status}": the next \`pulumi up\` ${next}`, request.getUrn());
  }
  const { name, appType } = outs;
  const { timeouts: _, ...properties } = outs;
  response.setId(id);
  response.setProperties(toEngine(properties, secretsOf(state, old)));
  response.setInputs(toEngine({ name, appType }, secretsOf(state, old)));
  response.setRefreshBeforeUpdate(session.config.refreshBeforeUpdate);
  return response;
}

/** Goes on with a create that an earlier run left unfinished: nothing else of a deployment can change in place. */
export async function update(request: proto.UpdateRequest, session: Session): Promise<proto.UpdateResponse> {
  const state = fromEngine(request.getOlds());
  const { values: news, secrets } = fromEngine(request.getNews());
  const outs = outsFromState(request.getId(), state.values);
  const ignored = new Set(request.getIgnorechangesList());
  const changed = (["appType", "name"] as const).filter(
    (key) => !ignored.has(key) && news[key] !== unknownValue && news[key] !== outs[key],
  );
  if (changed.length > 0) {
    const what = changed.join(" and ");
    throw new RequestError(
      `${what} of deployment ${request.getId()} cannot change in place: the platform has no update; replace the deployment`,
    );
  }
  const response = new proto.UpdateResponse();
  response.setRefreshBeforeUpdate(session.config.refreshBeforeUpdate);
  if (request.getPreview()) {
    const settledByWait = isUnfinished(outs.status) ? ["status", "url", "environmentId", "createdAt"] : [];
    const unknowns = Object.fromEntries(settledByWait.map((key) => [key, unknownValue]));
    response.setProperties(toEngine({ ...withoutTimeouts(outs), ...unknowns }, secrets));
    return response;
  }
  const inputs = knownInputs(news);
  session.assertNotCanceled();
  const { lifecycle } = session.connect();
  const urn = request.getUrn();
  const settled = await session.about(urn, (onProgress) =>
    session.watch.during({ resource: urn, name: logicalNameOf(request, urn), call: "resume" }, () =>
      lifecycle.resume(request.getId(), { ...withoutTimeouts(outs) }, inputs, {
        urn,
        timeoutMs: timeoutMsOf(request),
        signal: session.signal,
        onProgress,
      }),
    ),
  );
  response.setProperties(toEngine(settled, secrets));
  return response;
}

async function destroy(request: proto.DeleteRequest, session: Session): Promise<void> {
  const { values: state } = fromEngine(request.getProperties());
  const urn = request.getUrn();
  const { deploymentId } = outsFromState(request.getId(), state);
  const keeper = session.keeperOf(deploymentId, urn);
  if (keeper !== undefined) {
    throw new PlatformError(
      `deployment ${deploymentId} is not destroyed: the stack holds it also as ${keeper}, which stays; remove this resource ` +
        `from the state with \`pulumi state delete '${urn}'\``,
    );
  }
  session.assertNotCanceled();
  const { lifecycle } = session.connect();
  try {
    await session.about(urn, (onProgress) =>
      session.watch.during({ resource: urn, name: logicalNameOf(request, urn), call: "delete" }, () =>
        lifecycle.delete(request.getId(), state, {
          urn,
          timeoutMs: timeoutMsOf(request),
          signal: session.signal,
          onProgress,
        }),
      ),
    );
  } catch (error) {
    throw withKeyHint(error);
  }
}

export { destroy as delete };

/** Whether the platform refuses the key or shows nothing of the state with it, or there is no key. */
function isAboutTheKey(error: unknown): error is Error {
  if (error instanceof DeploymentNotVisibleError) return true;
  if (error instanceof ApiError) return error.status === 401 || error.status === 403;
  return error instanceof SettingsError && error.setting === "onvera:apiKey";
}

/** The inputs of a create or an update: checked before, so that anything else is a mistake of who calls. */
function knownInputs(values: Values): DeploymentInputs {
  const { appType, name } = values;
  for (const [key, value] of Object.entries({ appType, name })) {
    if (value === unknownValue) throw new RequestError(`${key} of a deployment has to be known before it is made`);
  }
  const { failures } = checkInputs({ olds: {}, news: { appType, name: name ?? "" }, autoName: () => undefined });
  if (failures.length > 0) {
    throw new RequestError(failures.map(({ property, reason }) => `${property}: ${reason}`).join("; "));
  }
  return { appType, name } as DeploymentInputs;
}

function secretsOf(...given: readonly Properties[]): Set<string> {
  return new Set(given.flatMap(({ secrets }) => [...secrets]));
}

function withoutTimeouts({ timeouts: _, ...outs }: DeploymentOuts): DeploymentOuts {
  return outs;
}

/** The engine sends seconds; zero where the program sets none. */
function timeoutMsOf(request: { getTimeout(): number }): number | undefined {
  const seconds = request.getTimeout();
  return seconds > 0 ? seconds * 1_000 : undefined;
}

/** Engines before 3.150 tell the name by the URN alone. */
function logicalNameOf(request: { getName(): string }, urn: string): string {
  return request.getName() || nameInUrn(urn) || "deployment";
}

function toFailure({ property, reason }: CheckFailure): proto.CheckFailure {
  const failure = new proto.CheckFailure();
  failure.setProperty(property);
  failure.setReason(reason);
  return failure;
}

function setKind(response: proto.DiffResponse, key: string, kind: proto.PropertyDiff.Kind): void {
  const difference = new proto.PropertyDiff();
  difference.setKind(kind);
  response.getDetaileddiffMap().set(key, difference);
}
