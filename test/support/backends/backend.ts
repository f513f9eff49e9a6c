/** A state backend that several machines share. */
export interface StateBackend {
  /** The environment of the CLI: PULUMI_BACKEND_URL, and the credentials of the backend. */
  readonly env: Readonly<Record<string, string>>;
  /** Everything that it stores, as one text, to check that it holds no secrets. */
  contents(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts a backend, or returns the reason why this machine cannot. */
export type StartBackend = () => Promise<StateBackend | { readonly missing: string }>;
