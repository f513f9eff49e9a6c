import { displayText } from "../../provider/api/display-text";
import { textTable } from "../../sdk/text-table";
import { count } from "../output";
import type { Difference } from "./openapi";

export const formatVersion = 1;

export type CheckStatus = "ok" | "warning" | "error" | "skipped";

/** One result of a check. A check that finds several problems has several results. */
export interface Check {
  readonly id: CheckId;
  readonly status: CheckStatus;
  readonly message: string;
  /** What to do about it. */
  readonly remedy?: string;
}

export type CheckId =
  | "node"
  | "pulumi"
  | "project"
  | "package"
  | "plugin"
  | "stack"
  | "config"
  | "apiKey"
  | "baseUrl"
  | "tls"
  | "proxy"
  | "api"
  | "clock"
  | "rateLimit"
  | "scopes"
  | "organization"
  | "state"
  | "adopt"
  | "openapi";

/** The output of `pulumi-onvera doctor --json`, described in docs/doctor.md. Fields may be added; none changes its meaning. */
export interface DoctorReport {
  readonly formatVersion: typeof formatVersion;
  /** The version of pulumi-onvera. */
  readonly version: string;
  /** Whether no check has the status `error`. The exit code is 2 if false. */
  readonly healthy: boolean;
  readonly checks: readonly Check[];
  /** How the API's OpenAPI document differs from what the provider relies on. */
  readonly openapi: readonly Difference[];
}

export function ok(id: CheckId, message: string): Check {
  return { id, status: "ok", message };
}

export function problem(id: CheckId, status: "warning" | "error", message: string, remedy: string): Check {
  return { id, status, message, remedy };
}

export function skipped(id: CheckId, message: string): Check {
  return { id, status: "skipped", message };
}

/** The report as text: a line for each result, with the remedy of a problem below it. */
export function renderReport({ checks, openapi }: DoctorReport): string {
  const lines = textTable(checks.map(({ id, status, message }) => [status, id, displayText(message)]));
  const indent = " ".repeat(lines[0]?.indexOf(displayText(checks[0]?.message ?? "")) ?? 0);
  const body = checks.flatMap(({ id, remedy }, index) => [
    lines[index] ?? "",
    ...(id === "openapi" ? openapi.map(({ severity, text }) => `${indent}- ${severity}: ${displayText(text)}`) : []),
    ...(remedy === undefined ? [] : [`${indent}fix: ${displayText(remedy)}`]),
  ]);
  const numberOf = (status: CheckStatus) => checks.filter((check) => check.status === status).length;
  const summary = `${count(numberOf("error"), "error")}, ${count(numberOf("warning"), "warning")}`;
  return `${[...body, "", summary].join("\n")}\n`;
}
