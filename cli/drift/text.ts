import { displayText } from "../../provider/display-text";
import { textTable } from "../../provider/text-table";
import type { DriftReport, Step } from "./report";

/** The report for people: a table, and what else there is to know. */
export function renderReport(report: DriftReport): string {
  const { project, stack, checked, deployments, others, unapplied, upErrors } = report;
  const where = `stack "${stack}" of project "${project}"`;
  const isAmbiguous = new Set(deployments.map(({ name }) => name)).size < deployments.length;
  const parts = [
    deployments.length === 0
      ? [`no drift: ${count(checked, "deployment")} of ${where} as the state says`]
      : [
          `drift: ${deployments.length} of ${count(checked, "deployment")} of ${where}`,
          "",
          ...textTable([
            ["DEPLOYMENT", "WHAT", "PROPERTY", "STATE", "ONVERA", "PULUMI UP WOULD"],
            ...deployments.flatMap(({ name, urn, differences, up }) =>
              differences.map(({ kind, property, state, platform }) => [
                isAmbiguous ? urn : name,
                kindText[kind],
                property,
                text(state),
                text(platform),
                stepText[up],
              ]),
            ),
          ]),
        ],
    others.length === 0
      ? []
      : [
          `${count(others.length, "other resource")} differ${others.length === 1 ? "s" : ""}:`,
          "",
          ...textTable([
            ["RESOURCE", "TYPE", "WHAT", "PULUMI UP WOULD"],
            ...others.map(({ name, type, isGone, properties, up }) => [
              name,
              type,
              isGone ? "gone" : properties.join(", "),
              stepText[up],
            ]),
          ]),
        ],
    unapplied.length === 0
      ? []
      : [
          "not applied yet, which is no drift: " +
            unapplied.map(({ name, up }) => `${name} (pulumi up would ${stepText[up]})`).join(", "),
        ],
    upErrors.length === 0 ? [] : ["pulumi up would fail:", ...upErrors.map((error) => `  ${error}`)],
  ];
  return `${parts
    .filter((part) => part.length > 0)
    .map((part) => part.join("\n"))
    .join("\n\n")}\n`;
}

const kindText = {
  gone: "gone",
  failed: "failed",
  destroying: "being destroyed",
  renamed: "renamed",
  status: "other status",
  changed: "changed",
} as const;

const stepText: Record<Step, string> = {
  create: "create it",
  replace: "replace it",
  update: "update it",
  delete: "delete it",
  nothing: "do nothing",
  fail: "fail",
  unknown: "(not known)",
};

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function text(value: unknown): string {
  if (value === null) return "-";
  return displayText(typeof value === "string" ? value : JSON.stringify(value));
}
