import type { AppType, OperationError, OperationType, Plan, Progress, ResultingStatus, Step } from "./records";

/** What shall become of one operation, other than plain success. Set through the control API. */
export interface Outcome {
  result: "succeed" | "fail" | "cancel" | "hang" | "vanish";
  /** Where it happens; `queued` is before the first. Default: the phase in the middle. */
  phase?: string;
  /** For `fail`. Default: `PROVISIONING_FAILED` or `DESTROY_FAILED`. */
  code?: string;
  message?: string;
  /** What the deployment is afterwards, against the operation's result: "succeed" with "failed", for example. */
  deployment?: ResultingStatus;
  /** Work milliseconds that the whole takes if nothing stops it, instead of the usual minutes. */
  durationMs?: number;
}

interface Phase extends Progress {
  seconds: number;
}

const queuedPhase: Phase = { phase: "queued", message: "Waiting for a free worker", seconds: 2 };

const phase = (name: string, seconds: number, message: string): Phase => ({ phase: name, seconds, message });

/** The stations of each kind of work: a create of Airflow takes 6 minutes, of Superset 4, a destroy 3m32s. */
const createPhases: Record<AppType, Phase[]> = {
  airflow: [
    phase("initialization", 8, "Validating the request and reserving capacity"),
    phase("database_provisioning", 75, "Creating the metadata database"),
    phase("infrastructure_provisioning", 120, "Starting the scheduler, the webserver and the workers"),
    phase("application_bootstrap", 70, "Installing Apache Airflow and its configuration"),
    phase("migrations", 35, "Migrating the metadata database"),
    phase("health_checks", 30, "Waiting for the scheduler and the webserver to report healthy"),
    phase("subdomain_configuration", 20, "Setting up the subdomain and its certificate"),
  ],
  superset: [
    phase("initialization", 8, "Validating the request and reserving capacity"),
    phase("database_provisioning", 60, "Creating the metadata database"),
    phase("infrastructure_provisioning", 95, "Starting the web server, the workers and the cache"),
    phase("application_bootstrap", 55, "Installing Apache Superset and its roles"),
    phase("subdomain_configuration", 20, "Setting up the subdomain and its certificate"),
  ],
};

const destroyPhases: Phase[] = [
  phase("revoking_access", 20, "Revoking access and closing sessions"),
  phase("removing_db_tenant", 65, "Removing the database tenant"),
  phase("tearing_down_infra", 125, "Tearing down the infrastructure and the subdomain"),
];

const displayNames: Record<AppType, string> = { airflow: "Airflow", superset: "Superset" };

const phasesOf = (type: OperationType, appType: AppType): Phase[] =>
  type === "deployment.create" ? createPhases[appType] : destroyPhases;

/** The names of an operation's phases in order, for messages and checks. */
export const phaseNames = (type: OperationType, appType: AppType): string[] =>
  phasesOf(type, appType).map(({ phase: name }) => name);

export interface PlanOptions {
  type: OperationType;
  appType: AppType;
  /** Work time at which it was accepted. */
  startsAt: number;
  /** True: all durations are zero. */
  instant: boolean;
  outcome?: Outcome | undefined;
  /** What a canceled destroy goes back to. */
  statusBefore?: "ready" | "failed";
}

/** Settles an operation's whole course. An outcome in a phase that this kind of work has not is moved to the middle one. */
export function plan({ type, appType, startsAt, instant, outcome, statusBefore = "ready" }: PlanOptions): Plan {
  const isCreate = type === "deployment.create";
  const phases = phasesOf(type, appType);
  const usualMs = 1000 * phases.reduce((sum, { seconds }) => sum + seconds, queuedPhase.seconds);
  const scale = instant ? 0 : (outcome?.durationMs ?? usualMs) / usualMs;
  const lengthOf = ({ seconds }: Phase): number => seconds * 1000 * scale;

  const queuedUntil = startsAt + lengthOf(queuedPhase);
  const steps: Step[] = [];
  let at = queuedUntil;
  for (const each of phases) {
    at += lengthOf(each);
    steps.push({ phase: each.phase, message: each.message, until: at });
  }
  const usual: Plan = {
    queuedUntil,
    queued: { phase: queuedPhase.phase, message: queuedPhase.message },
    steps,
    endsAt: at,
    end: "succeeded",
    endProgress: isCreate
      ? { phase: "ready", message: `${displayNames[appType]} is ready` }
      : { phase: "tearing_down_infra", message: "The deployment is destroyed" },
    error: null,
    after: outcome?.deployment ?? (isCreate ? "ready" : "gone"),
    vanishesAt: null,
  };
  if (outcome === undefined || outcome.result === "succeed") return usual;

  const middle = Math.floor(phases.length / 2);
  const named = phases.findIndex(({ phase: name }) => name === outcome.phase);
  const index = outcome.phase === queuedPhase.phase ? -1 : named === -1 ? middle : named;
  const stopped = index === -1 ? queuedPhase : (phases[index] ?? queuedPhase);
  const begins = index === -1 ? startsAt : index === 0 ? queuedUntil : (steps[index - 1]?.until ?? queuedUntil);
  const halfway = begins + lengthOf(stopped) / 2;
  if (outcome.result === "vanish") return { ...usual, vanishesAt: halfway };

  const last = (until: number | null): Pick<Plan, "queuedUntil" | "steps" | "endsAt"> => ({
    queuedUntil: index === -1 ? until : queuedUntil,
    steps: steps.slice(0, index + 1).map((step, i) => (i === index ? { ...step, until } : step)),
    endsAt: until,
  });
  if (outcome.result === "hang") return { ...usual, ...last(null) };

  const cut = {
    ...usual,
    ...last(halfway),
    endProgress: { phase: stopped.phase, message: stopped.message },
  };
  if (outcome.result === "cancel") {
    return { ...cut, end: "canceled", after: outcome.deployment ?? (isCreate ? "failed" : statusBefore) };
  }
  return { ...cut, end: "failed", after: outcome.deployment ?? "failed", error: failure(outcome, isCreate, stopped) };
}

function failure({ code, message }: Outcome, isCreate: boolean, { phase: name }: Phase): OperationError {
  return {
    code: code ?? (isCreate ? "PROVISIONING_FAILED" : "DESTROY_FAILED"),
    message: message ?? `The ${isCreate ? "deployment" : "destroy"} failed during ${name.replaceAll("_", " ")}`,
  };
}
