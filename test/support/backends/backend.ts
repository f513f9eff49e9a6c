/** A place for the state that several machines share, made for one test file. */
export interface StateBackend {
  /** What the CLI is to get: PULUMI_BACKEND_URL, and what else it needs to reach the place. */
  readonly env: Readonly<Record<string, string>>;
  /** Everything that is stored there, as one text: for looking for what must not be in it. */
  contents(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts it, or tells why it cannot be had on this machine. */
export type StartBackend = () => Promise<StateBackend | { readonly missing: string }>;
