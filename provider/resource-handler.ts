/** The interface between the resource types and the two hosts. */

import { PlatformError } from "./api/errors";

export type Values = Readonly<Record<string, unknown>>;

/** The output that marks a resource which the program only reads (`get`): the stack does not manage it. */
export const readOnly = "__readOnly";

/** A value that a preview does not know yet. The hosts convert Pulumi's own markers to it, and back. */
export const unknownValue: unique symbol = Symbol("unknown");

export interface CheckFailure {
  /** The property's path, such as `timeouts.create`. */
  readonly property: string;
  readonly reason: string;
}

export interface CheckResult {
  /** The inputs that the engine keeps; in a preview, values can be `unknownValue`. Meaningless if there are failures. */
  readonly inputs: Values;
  /** Everything that is wrong, at once. */
  readonly failures: readonly CheckFailure[];
}

export interface Diff {
  /** The properties for which the resource must be replaced. */
  readonly replaces: readonly string[];
  /** The properties that an update changes. */
  readonly updates: readonly string[];
}

export interface Progress {
  readonly kind: "phase" | "warning" | "info";
  /** The resource's name on the platform. */
  readonly name: string;
  /** For people, without the name. The most important part comes first, because a terminal truncates the line. */
  readonly text: string;
}

export type ReportProgress = (progress: Progress) => void;

/** The context of one call. `Connection` is what the runtime shares between the calls with the same settings. */
export interface Call<Connection> {
  /** Throws `SettingsError` if the API key is missing or a setting is malformed. */
  readonly connect: () => Connection;
  readonly urn?: string | undefined;
  /** Milliseconds for the whole call. Default: what the inputs or outputs say, else the resource type's own. */
  readonly timeoutMs?: number | undefined;
  /** Aborting it ends the call at once. What the platform has accepted continues there, and is kept in the state. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ReportProgress | undefined;
}

/**
 * Who can have created a resource of a given name. `run`: only this run, which created the name. `stack`: only runs of this
 * stack, because its seed is needed to derive the name. `user`: anybody, because the user chose the name.
 */
export type NameOwner = "run" | "stack" | "user";

/** What the host knows of the stack's state. */
export interface KnownState {
  /**
   * Whether the host knows what the state holds. If not, nothing is adopted: a resource that the state holds must never be
   * mistaken for one that a killed run created.
   */
  readonly isKnown: boolean;
  /** Why the host does not know it, for an error message. */
  readonly whyUnknown?: string | undefined;
  /** Whether the host knows it if the same command runs again. */
  readonly isKnownNextTime?: boolean;
  /** The ids that the state holds for the resource itself, which is being replaced. */
  readonly ownIds?: readonly string[];
  /** The outputs of a few resources that the state holds, to check that the API key can read their organization. */
  readonly sample?: readonly Values[];
  /** The ids of resources in the state under names that a create of this resource searches for. The search ignores them. */
  readonly heldIds?: readonly string[];
  /**
   * Whether earlier runs used another API key or base URL, and the host has no `sample`. A create then waits until the engine
   * has read a resource of the state, which shows whether the key can read its organization.
   */
  readonly hasOtherKeys?: boolean;
  /** The URN of the other resource that holds the id which the `adopt` setting names. */
  readonly adoptHeldBy?: string | undefined;
}

/** What a create needs in addition, so that a resource is never created twice. */
export interface CreateOptions {
  readonly nameOwner: NameOwner;
  /**
   * Whether a later replacement of the resource gets this automatic name. A deployment of such a name shows that an earlier run has
   * replaced the resource, although this run knows of no replacement. The replaced one can have had one of `previousNames`.
   */
  readonly isLaterName?: (name: string, previousNames?: readonly string[]) => boolean;
  /** The `onvera:adopt` setting for the resource. */
  readonly adopt?: string | undefined;
  /** Identifies the resource within the run, such as by its URN: a repeated create continues what the first one started. */
  readonly resource?: string | undefined;
  /** The resource's name in the program, for the command that recovers it. */
  readonly logicalName?: string | undefined;
  /** The name of an explicit provider that the resource has. Messages then refer to its inputs, not to the stack's configuration. */
  readonly explicitProvider?: string | undefined;
  readonly state?: KnownState | undefined;
}

export interface DiffOptions {
  /**
   * `platform`: compare with what the platform has. `visibility`: compare with the state, but check that the API key can read the
   * organization. `none`: compare with the state, without any request.
   */
  readonly observe: "platform" | "visibility" | "none";
  /** Whether the user chose the name. If not, a name that differs on the platform is no difference. Default: true. */
  readonly isNameChosen?: boolean;
  /** Whether the resource comes from another provider, which can have a key of another organization. */
  readonly isMoved?: boolean;
  /** Called if the resource cannot be read; the comparison then uses the state. */
  readonly onUnreadable?: (error: Error) => void;
}

export interface ReadOptions {
  /** Whether the program only reads the resource (`get`). The stack does not hold it then, so another resource can adopt it. */
  readonly isGet?: boolean;
}

export interface ReadResult {
  readonly outs: Values;
  /** The inputs that these outputs correspond to. */
  readonly inputs: Values;
  /** A warning for the user if the read is an import. */
  readonly importWarning?: string | undefined;
}

/**
 * One resource type, for both hosts: plain values in and out. `Outs` never have a value that is undefined.
 *
 * Failures are thrown. A resource that exists although a create or an update failed is a `ResourceInitError`.
 */
export interface ResourceHandler<Connection> {
  /** The word for the resource in messages, such as `deployment`. */
  readonly kind: string;
  /** An input that every resource that a program declares has. */
  readonly requiredInput: string;
  /** The input that gets an automatic name if it is omitted. */
  readonly nameInput?: string;
  /** Outputs that a preview of a create does not know, unless an input gives them. */
  readonly createdOutputs: readonly string[];
  /** Outputs that an update never changes. */
  readonly stableOutputs: readonly string[];
  /** Outputs that a preview of an update does not know. */
  outputsOfUpdate(state: Values): readonly string[];

  /** Checks what the user wrote, without any request. `autoName` returns undefined while the name cannot be known. */
  check(args: { olds: Values; news: Values; logicalName: string; autoName: () => string | undefined }): CheckResult;
  /** Compares the recorded outputs in `state` with the new inputs. */
  diff(id: string, state: Values, news: Values, call: Call<Connection> & DiffOptions): Promise<Diff>;
  /** Creates the resource, and waits until it is ready. */
  create(inputs: Values, call: Call<Connection> & CreateOptions): Promise<{ id: string; outs: Values }>;
  /** What `read` returns for an unchanged resource, from the state and without a request. */
  recorded(id: string, state: Values): ReadResult;
  /** Reads the resource. Undefined if it does not exist. */
  read(id: string, state: Values, call: Call<Connection> & ReadOptions): Promise<ReadResult | undefined>;
  /** Continues a create that an earlier run left unfinished. Returns the outputs. */
  update(id: string, state: Values, inputs: Values, call: Call<Connection>): Promise<Values>;
  /** Deletes the resource, and waits until it is gone. Succeeds if it is gone already. */
  delete(id: string, state: Values, call: Call<Connection>): Promise<void>;
}

/** The resource exists on the platform, but it is not ready. `id` and `outs` must reach the state: the next apply continues from them. */
export class ResourceInitError extends PlatformError {
  override readonly name = "ResourceInitError";
  constructor(
    readonly id: string,
    readonly outs: Values,
    /** The error that ended the wait; its message is this one's. */
    override readonly cause: Error,
  ) {
    super(cause.message, { cause });
  }
}

/** The engine sent a request that this provider does not implement or does not accept. */
export class RequestError extends PlatformError {
  override readonly name = "RequestError";
  constructor(
    message: string,
    readonly code: "invalid" | "unimplemented" = "invalid",
  ) {
    super(message);
  }
}
