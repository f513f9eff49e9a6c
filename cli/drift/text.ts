import { displayText } from "../../provider/api/display-text";
import { textTable } from "../../sdk/text-table";
import { count, messageLines } from "../output";
import type { DriftReport, Named, Step } from "./report";

/** The report as text: a table of the differences, then everything else. */
export function renderReport(report: DriftReport): string {
  const { project, stack, drift, checked, deployments, pending, others, unapplied, upErrors, sharedNames } = report;
  const where = displayText(`stack "${stack}" of project "${project}"`);
  const label = ({ name, urn }: Named) => displayText(sharedNames.includes(name) ? urn : name);
  const parts = [
    drift
      ? [`drift: ${deployments.length} of ${count(checked, "deployment")} of ${where}`]
      : [`no drift: ${count(checked, "deployment")} of ${where} checked`],
    deployments.length === 0
      ? []
      : textTable([
          ["DEPLOYMENT", "WHAT", "PROPERTY", "STATE", "ONVERA", "PULUMI UP WOULD"],
          ...deployments.flatMap((deployment) =>
            deployment.differences.map(({ kind, property, state, platform }) => [
              label(deployment),
              kindText[kind],
              displayText(property),
              text(state),
              text(platform),
              stepText[deployment.up],
            ]),
          ),
        ]),
    pending.length === 0
      ? []
      : [
          "pending operations, of a run that was interrupted or is still running:",
          ...pending.map((each) => `  ${label(each)} (${displayText(each.type)}): ${displayText(each.operation)}`),
        ],
    others.length === 0
      ? []
      : [
          `${count(others.length, "other resource")} differ${others.length === 1 ? "s" : ""}:`,
          "",
          ...textTable([
            ["RESOURCE", "TYPE", "WHAT", "PULUMI UP WOULD"],
            ...others.map((other) => [
              label(other),
              displayText(other.type),
              other.isGone ? "gone" : displayText(other.properties.join(", ")),
              stepText[other.up],
            ]),
          ]),
        ],
    unapplied.length === 0
      ? []
      : [
          "not drift, but not applied yet: " +
            unapplied.map((each) => `${label(each)} (pulumi up would ${stepText[each.up]})`).join(", "),
        ],
    upErrors.length === 0 ? [] : ["pulumi up would fail:", ...messageLines(upErrors).map((line) => `  ${line}`)],
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

function text(value: unknown): string {
  if (value === null) return "-";
  return displayText(typeof value === "string" ? value : JSON.stringify(value));
}
