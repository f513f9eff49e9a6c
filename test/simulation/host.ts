/** What the model of the engine knows of a provider process, whichever host serves it. */

export type Properties = Readonly<Record<string, unknown>>;

export interface CallTarget {
  readonly urn: string;
  readonly name: string;
}

export interface CheckResult {
  readonly inputs: Properties;
  readonly failures: readonly { readonly property: string; readonly reason: string }[];
}

export interface CreateResult {
  readonly id: string;
  readonly outputs: Properties;
  readonly refreshBeforeUpdate: boolean;
}

/** The deployment exists, but is not ready: the engine keeps it with the reasons. */
export class InitError extends Error {
  constructor(
    readonly id: string,
    readonly outputs: Properties,
    readonly reasons: readonly string[],
    readonly refreshBeforeUpdate: boolean,
  ) {
    super(reasons.join("; "));
  }
}

export interface ReadResult {
  /** Empty if it does not exist. */
  readonly id: string;
  readonly outputs: Properties;
  readonly inputs: Properties | undefined;
  readonly refreshBeforeUpdate: boolean;
}

export interface Timeouts {
  readonly create?: number | undefined;
  readonly update?: number | undefined;
  readonly delete?: number | undefined;
}

export interface Host {
  check(target: CallTarget, olds: Properties, news: Properties): Promise<CheckResult>;
  diff(
    target: CallTarget,
    id: string,
    olds: Properties,
    news: Properties,
    ignoreChanges: readonly string[],
  ): Promise<{ readonly changes: boolean; readonly replaces: readonly string[] }>;
  /** Only called in a preview by the engine where the host supports it. */
  previewCreate(target: CallTarget, inputs: Properties): Promise<void>;
  previewUpdate(target: CallTarget, id: string, olds: Properties, news: Properties): Promise<void>;
  create(target: CallTarget, inputs: Properties, timeouts: Timeouts): Promise<CreateResult>;
  update(target: CallTarget, id: string, olds: Properties, news: Properties, timeouts: Timeouts): Promise<CreateResult>;
  read(target: CallTarget, id: string, outputs: Properties, inputs: Properties): Promise<ReadResult>;
  /** Reads for the option `import`; undefined where the host cannot import. */
  import?(target: CallTarget, id: string): Promise<ReadResult>;
  delete(target: CallTarget, id: string, outputs: Properties, timeouts: Timeouts): Promise<void>;
  /** The dynamic host's seed of automatic names. */
  deleteSeed(): Promise<void>;
  /** Ctrl-C. */
  cancel(): void;
}
