/** What histories have covered, as tables: faults by kind, request and command; and everything else by count. */

import { textTable } from "../../sdk/text-table";
import { faultKinds, requestClasses } from "./faults";
import type { Coverage } from "./simulation";

const commands = ["up", "upWithPreview", "refresh", "destroy", "preview"] as const;

export function coverageTables({ counts }: Coverage): string {
  const count = (what: string) => counts.get(what) ?? 0;
  const tables = commands
    .filter((command) => count(`command ${command}`) > 0)
    .map((command) => {
      const rows = faultKinds.map((kind) => [
        kind,
        ...requestClasses.map((on) => String(count(`fault ${command} ${on} ${kind}`))),
      ]);
      return `${command}: faults by kind and request\n${textTable([["", ...requestClasses], ...rows]).join("\n")}`;
    });
  const others = [...counts]
    .filter(([what]) => !what.startsWith("fault "))
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([what, times]) => `${what} ${times}`);
  return [...tables, others.join(", ")].join("\n\n");
}
