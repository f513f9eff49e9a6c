import { execFile } from "node:child_process";
import { type AuditResult, readAudit } from "./audit/read-audit";

/**
 * `npm run audit`: asks the package registry for known vulnerabilities of what users install. Ends with 1 where one is high or
 * critical, and with 2 where the registry cannot be asked: not every mirror serves advisories.
 */
const exitCodes: Record<AuditResult["kind"], number> = { clean: 0, vulnerable: 1, unknown: 2 };

execFile("npm", ["audit", "--omit=dev", "--json"], { maxBuffer: 64 * 1024 * 1024 }, (_, stdout) => {
  const result = readAudit(stdout);
  console.log(result.text);
  process.exitCode = exitCodes[result.kind];
});
