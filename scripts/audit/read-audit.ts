import * as z from "zod";

export interface AuditResult {
  readonly kind: "clean" | "vulnerable" | "unknown";
  /** For display. */
  readonly text: string;
}

const severities = ["info", "low", "moderate", "high", "critical"] as const;
/** Severities that stop a release. */
const graveSeverities: ReadonlySet<string> = new Set(["high", "critical"]);

const report = z.object({
  vulnerabilities: z.record(z.string(), z.object({ severity: z.enum(severities), range: z.string().optional() })),
});
const failure = z.object({ message: z.string().optional(), error: z.object({ summary: z.string() }).optional() });

/** Reads the output of `npm audit --json`. */
export function readAudit(printed: string): AuditResult {
  let json: unknown;
  try {
    json = JSON.parse(printed);
  } catch {
    return { kind: "unknown", text: "npm audit did not print JSON, so vulnerabilities are unknown" };
  }
  const parsed = report.safeParse(json);
  if (!parsed.success) {
    const said = failure.safeParse(json).data;
    const reason = said?.error?.summary || said?.message || "no reason given";
    return { kind: "unknown", text: `the registry did not report known vulnerabilities: ${reason}` };
  }
  const found = Object.entries(parsed.data.vulnerabilities);
  if (found.length === 0) return { kind: "clean", text: "no known vulnerabilities in what users install" };
  const lines = found.map(([name, { severity, range }]) => `${severity}: ${name}${range ? ` ${range}` : ""}`);
  const isGrave = found.some(([, { severity }]) => graveSeverities.has(severity));
  return { kind: isGrave ? "vulnerable" : "clean", text: lines.join("\n") };
}
