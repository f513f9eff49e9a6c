import { AsyncLocalStorage } from "node:async_hooks";
import type { ClientEvent } from "../api/client";
import { ActionRequiredError } from "../api/errors";
import { createRedact, type Redact } from "../api/redaction";
import { systemClock } from "../clock";
import { AutoNames } from "../deployment/auto-names";
import type { ReportProgress } from "../resource-handler";
import { shellQuoted } from "../shell";
import { describeEvent } from "./client-events";
import { type Connection, connect } from "./connect";
import type { ResourceCall } from "./failure-summary";
import { RunReporter } from "./run-reporter";
import type { Settings } from "./settings";

export interface LogEntry {
  readonly severity: "debug" | "info" | "warning";
  readonly message: string;
  /** The resource whose line shows it. Default: the stack. */
  readonly urn?: string | undefined;
  /** Shown until the next entry, and not kept in the summary. */
  readonly isEphemeral: boolean;
}

/** Where the messages go: the engine's log, which each host reaches in its own way. Neither function fails. */
export interface Log {
  write(entry: LogEntry): void;
  /** Resolves once the engine has all entries, at the latest after two seconds. */
  flush(): Promise<void>;
}

/**
 * What the calls of one provider process share: a connection for each set of settings, the automatic names, what is known about the
 * state, and the reports to the user. Both hosts have one.
 */
export class ProviderRuntime {
  readonly names = new AutoNames();
  /** Ids of deployments that the state holds, from the calls of the engine. No killed run created them. */
  readonly knownIds = new Set<string>();
  /** By URN: the ids of the resources that this run neither replaces nor deletes. */
  readonly #keptIds = new Map<string, string>();
  protected log: Log;
  readonly #reporter = new RunReporter({
    clock: systemClock,
    report: (message) => this.#write({ severity: "info", message, isEphemeral: false }),
    hasState: () => this.hasState,
  });
  /** Whether the calls belong to a stack, whose state keeps what they return. */
  hasState = true;
  #redact: Redact = (text) => text;
  #connection: Connection | undefined;
  #preflight: Promise<void> | undefined;
  /** The resource that a request is sent for, and the topics that its line has shown. */
  readonly #scope = new AsyncLocalStorage<{ urn: string | undefined; reported: Set<string> }>();
  /** Topics that were reported for the whole run. */
  readonly #reported = new Set<string>();

  constructor(log: Log) {
    this.log = log;
  }

  /** Connects with these settings, or returns the connection that has them. */
  connectWith(settings: Settings): Connection {
    const current = this.#connection?.settings;
    if (current?.apiKey !== settings.apiKey || current.baseUrl !== settings.baseUrl) {
      this.hideKey(settings.apiKey);
      this.#connection = connect(settings, { onEvent: (event) => this.#report(event), knownIds: this.knownIds });
    }
    return this.#connection as Connection;
  }

  /** Removes the API key from every later message: an additional protection, because messages never contain it. */
  hideKey(apiKey: string): void {
    this.#redact = createRedact(apiKey);
  }

  redact(text: string): string {
    return this.#redact(text);
  }

  /** Call it when the engine configures the dynamic provider. */
  beginRun(): void {
    this.#keptIds.clear();
  }

  /** Call it with each declared resource that this run does not replace. */
  recordKept(urn: string, id: string): void {
    this.#keptIds.set(urn, id);
  }

  /** The id of a declared resource that this run does not replace, once the engine has compared it. */
  protected keptIdOf(urn: string): string | undefined {
    return this.#keptIds.get(urn);
  }

  /**
   * Throws `ActionRequiredError` if a resource that stays has this id: then the state holds it twice, and its delete would destroy what the
   * other one still needs. `urn` is that of the resource to delete, if the host knows it.
   */
  assertNotKept({ kind, id, urn }: { kind: string; id: string; urn?: string | undefined }): void {
    const [keeper] = [...this.#keptIds].find(([, kept]) => kept === id) ?? [];
    if (keeper === undefined) return;
    const remove =
      urn === undefined || urn === keeper
        ? "remove the entry that is to be deleted from the state (`pulumi state delete`), then run `pulumi up`"
        : `remove this resource from the state with \`pulumi state delete ${shellQuoted(urn)}\``;
    throw new ActionRequiredError(
      `${kind} ${id} is not destroyed: the stack holds it also as ${keeper}, which stays; ${remove}`,
    );
  }

  /** Call it in a check without old inputs: the resource is new, or is about to be replaced. */
  plan(resource: string): void {
    this.#keptIds.delete(resource);
    this.#reporter.plan(resource);
  }

  /** Runs a call for one resource. Its progress, and the delays of its requests, are shown in the line of the resource. */
  run<T>(call: ResourceCall, work: (onProgress: ReportProgress) => Promise<T>): Promise<T> {
    return this.reportFor(call.urn, (onProgress) => this.#reporter.track(call, () => work(onProgress)));
  }

  /** Like `run`, for a call that changes nothing. */
  reportFor<T>(urn: string | undefined, work: (onProgress: ReportProgress) => Promise<T>): Promise<T> {
    return this.#scope.run({ urn, reported: new Set() }, () =>
      work(({ kind, name, text }) => {
        const message = urn === undefined ? `${name}: ${text}` : text;
        this.#write({ severity: kind === "warning" ? "warning" : "info", message, urn, isEphemeral: true });
      }),
    );
  }

  /** Warns, once, about what would fail in an apply with these settings. For previews; never rejects. */
  preflight(connection: () => Connection, signal?: AbortSignal): Promise<void> {
    this.#preflight ??= (async () => {
      const { preflight } = require("./preflight") as typeof import("./preflight");
      for (const text of await preflight(connection().client, process.env, signal)) this.warn(text);
    })();
    return this.#preflight;
  }

  /** A warning that stays visible after the run. */
  warn(message: string, urn?: string): void {
    this.#write({ severity: "warning", message, urn, isEphemeral: false });
  }

  /**
   * Call it at the end of each call of the engine. The call can be the last one of the run, and the engine does not show what arrives
   * after the run.
   */
  flush(): Promise<void> {
    return this.log.flush();
  }

  #write(entry: LogEntry): void {
    this.log.write({ ...entry, message: this.redact(entry.message) });
  }

  #report(event: ClientEvent): void {
    const described = describeEvent(event);
    if (described === undefined) return;
    const { severity, text: message, topic, isLasting } = described;
    const scope = isLasting ? undefined : this.#scope.getStore();
    const reported = scope?.reported ?? this.#reported;
    if (severity !== "debug" && reported.has(topic)) return;
    reported.add(topic);
    this.#write({ severity, message, urn: scope?.urn, isEphemeral: !isLasting });
  }
}
