import type { Deployment } from "../../provider/api/schemas";
import { appTypes } from "../../provider/deployment/properties";
import { importFileFor } from "../../provider/plugin/import-file";
import type { ImportEntry } from "./program";

export interface ChooseOptions {
  /** Patterns such as `etl-*`; empty for all names. */
  readonly names: readonly string[];
  readonly appType?: string | undefined;
  /** The ids that the state has, except those that the stack only reads. */
  readonly managedIds: ReadonlySet<string>;
  /** The names of the stack's and the program's resources. */
  readonly takenNames: Iterable<string>;
}

export interface Choice {
  readonly entries: readonly ImportEntry[];
  /** What matches but is not imported, with the reason. */
  readonly skipped: readonly { readonly deployment: Deployment; readonly reason: string }[];
  /** How many matching deployments the stack manages already. */
  readonly managedCount: number;
}

/** Which deployments to import, and under which names. `deployments` are those of the organization, newest first. */
export function chooseDeployments(
  deployments: readonly Deployment[],
  { names, appType, managedIds, takenNames }: ChooseOptions,
): Choice {
  const patterns = names.map(patternOf);
  const matching = deployments.filter(
    (each) =>
      (patterns.length === 0 || patterns.some((pattern) => pattern.test(each.name ?? ""))) &&
      (appType === undefined || each.appType === appType),
  );
  const unmanaged = matching.filter(({ id }) => !managedIds.has(id));
  const reasonOf = ({ name, appType: type, status }: Deployment): string | undefined => {
    if (!appTypes.some((known) => known === type)) return `its type "${type ?? ""}" is not known to the provider`;
    if (name === undefined) return "it has no name";
    return status === "ready" || status === "provisioning" ? undefined : `it is ${status}`;
  };
  const importable = unmanaged.filter((each) => reasonOf(each) === undefined);
  const byId = new Map(importable.map((each) => [each.id, each]));
  const { resources } = importFileFor(importable, takenNames).file;
  return {
    entries: resources.map(({ id, name: key }) => {
      const { appType: type = "", name = "" } = byId.get(id) ?? {};
      return { key, id, appType: type, name };
    }),
    skipped: unmanaged.flatMap((deployment) => {
      const reason = reasonOf(deployment);
      return reason === undefined ? [] : [{ deployment, reason }];
    }),
    managedCount: matching.length - unmanaged.length,
  };
}

/** `*` is any text, `?` any character. */
function patternOf(glob: string): RegExp {
  const source = glob
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "su");
}
