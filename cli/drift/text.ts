import { displayText } from "../../provider/api/display-text";
import { textTable } from "../../sdk/text-table";
import type { DriftReport, Named, Step } from "./report";

/** The report as text: a table of the differences, then everything else that matters. */
export function renderReport(report: DriftReport): string {
  const { project, stack, drift, checked, deployments, pending, others, unapplied, upErrors, sharedNames } = report;
  const where = displayText(`stack "${stack}" of project "${project}"`);
  const label = ({ name, urn }: Named) => displayText(sharedNames.includes(name) ? urn : name);
  const parts = [
    drift
      ? [`drift: ${deployments.length} of ${count(checked, "deployment")} of ${where}`]
      : [`no drift: ${count(checked, "deployment")} of ${where} as the state says`],
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
          "not applied yet, which is no drift: " +
            unapplied.map((each) => `${label(each)} (pulumi up would ${stepText[each.up]})`).join(", "),
        ],
    upErrors.length === 0 ? [] : ["pulumi up would fail:", ...messageLines(upErrors).map((line) => `  ${line}`)],
  ];
  return `${parts
    .filter((part) => part.length > 0)
    .map((part) => part.join("\n"))
    .join("\n\n")}\n`;
}

/** More messages are counted: one cause, such as a wrong key, fails every deployment of a stack. */
const maxMessages = 10;

/** The first messages, one a line, and how many follow. */
export function messageLines(messages: readonly string[]): string[] {
  const rest = messages.length - maxMessages;
  return [
    ...messages.slice(0, maxMessages).map((message) => displayLines(message)),
    ...(rest > 0 ? [`and ${rest} more`] : []),
  ];
}

/** Messages to be continued a sentence with: one on the same line, several on lines of their own. */
export function listMessages(messages: readonly string[]): string {
  const lines = messageLines(messages);
  return lines.length === 1 ? lines.join() : ["", ...lines].join("\n  ");
}

/** Text of several lines without the characters that a terminal interprets. */
export function displayLines(text: string): string {
  return text
    .split("\n")
    .map((line) => `${/^ */.exec(line)?.[0] ?? ""}${displayText(line)}`)
    .join("\n");
}

/** The same JSON value, with the characters that a terminal interprets as escapes. */
export function displayJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character === "\n"
      ? character
      : character.replaceAll(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
  );
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
