import type { AppType, OperationError, OperationType, Plan, Progress, ResultingStatus, Step } from "./records";

/** The outcome of one operation, other than plain success. Set through the control API. */
export interface Outcome {
  result: "succeed" | "fail" | "cancel" | "hang" | "vanish";
  /** The phase in which it happens, or `queued`. Default: the middle phase. */
  phase?: string;
  /** For `fail`. Default: `PROVISIONING_FAILED` or `DESTROY_FAILED`. */
  code?: string;
  message?: string;
  /**
   * The status of the deployment afterwards, if it differs from what the result implies: "succeed" with "failed", for
   * example.
   */
  deployment?: ResultingStatus;
  /** Total work milliseconds if nothing stops the operation, instead of the usual minutes. */
  durationMs?: number;
}

interface Phase extends Progress {
  seconds: number;
}

const queuedPhase: Phase = { phase: "queued", message: "Waiting for a free worker", seconds: 2 };

const phase = (name: string, seconds: number, message: string): Phase => ({ phase: name, seconds, message });

/**
 * The phases of each type of operation. Creating Airflow takes 6 minutes, creating Superset 4 minutes, and a destroy 3
 * min 32 s.
 */
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

const displayName = (appType: AppType): string => appType.charAt(0).toUpperCase() + appType.slice(1);

const phasesOf = (type: OperationType, appType: AppType): Phase[] =>
  type === "deployment.create" ? createPhases[appType] : destroyPhases;

/** The phase names of a type of operation, in order. */
export const phaseNames = (type: OperationType, appType: AppType): string[] =>
  phasesOf(type, appType).map(({ phase: name }) => name);

export interface PlanOptions {
  type: OperationType;
  appType: AppType;
  /** The work time at which the operation was accepted. */
  startsAt: number;
  /** Sets all durations to zero. */
  instant: boolean;
  outcome?: Outcome | undefined;
  /** The status that a canceled destroy restores. */
  statusBefore?: "ready" | "failed";
}

/**
 * Plans an operation from start to end. An outcome in a phase that this type of operation does not have is moved to the
 * middle phase.
 */
export function plan({ type, appType, startsAt, instant, outcome, statusBefore = "ready" }: PlanOptions): Plan {
  const isCreate = type === "deployment.create";
  const phases = phasesOf(type, appType);
  const normalMs = 1000 * phases.reduce((sum, { seconds }) => sum + seconds, queuedPhase.seconds);
  const scale = instant ? 0 : (outcome?.durationMs ?? normalMs) / normalMs;
  const lengthOf = ({ seconds }: Phase): number => seconds * 1000 * scale;

  const queuedUntil = startsAt + lengthOf(queuedPhase);
  const steps: Step[] = [];
  let at = queuedUntil;
  for (const each of phases) {
    at += lengthOf(each);
    steps.push({ phase: each.phase, message: each.message, until: at });
  }
  const success: Plan = {
    queuedUntil,
    queued: { phase: queuedPhase.phase, message: queuedPhase.message },
    steps,
    endsAt: at,
    end: "succeeded",
    endProgress: isCreate
      ? { phase: "ready", message: `${displayName(appType)} is ready` }
      : { phase: "tearing_down_infra", message: "The deployment is destroyed" },
    error: null,
    after: outcome?.deployment ?? (isCreate ? "ready" : "gone"),
    vanishesAt: null,
  };
  if (outcome === undefined || outcome.result === "succeed") return success;

  const middle = Math.floor(phases.length / 2);
  const namedIndex = phases.findIndex(({ phase: name }) => name === outcome.phase);
  const index = outcome.phase === queuedPhase.phase ? -1 : namedIndex === -1 ? middle : namedIndex;
  const lastPhase = index === -1 ? queuedPhase : (phases[index] ?? queuedPhase);
  const phaseStart = index === -1 ? startsAt : index === 0 ? queuedUntil : (steps[index - 1]?.until ?? queuedUntil);
  const halfway = phaseStart + lengthOf(lastPhase) / 2;
  if (outcome.result === "vanish") return { ...success, vanishesAt: halfway };

  const endingAt = (until: number | null): Pick<Plan, "queuedUntil" | "steps" | "endsAt"> => ({
    queuedUntil: index === -1 ? until : queuedUntil,
    steps: steps.slice(0, index + 1).map((step, i) => (i === index ? { ...step, until } : step)),
    endsAt: until,
  });
  if (outcome.result === "hang") return { ...success, ...endingAt(null) };

  const early = {
    ...success,
    ...endingAt(halfway),
    endProgress: { phase: lastPhase.phase, message: lastPhase.message },
  };
  if (outcome.result === "cancel") {
    return { ...early, end: "canceled", after: outcome.deployment ?? (isCreate ? "failed" : statusBefore) };
  }
  return {
    ...early,
    end: "failed",
    after: outcome.deployment ?? "failed",
    error: failure(outcome, isCreate, lastPhase),
  };
}

function failure({ code, message }: Outcome, isCreate: boolean, { phase: name }: Phase): OperationError {
  return {
    code: code ?? (isCreate ? "PROVISIONING_FAILED" : "DESTROY_FAILED"),
    message: message ?? `The ${isCreate ? "deployment" : "destroy"} failed during ${name.replaceAll("_", " ")}`,
  };
}
