import { execFile } from "node:child_process";
import { type AuditResult, readAudit } from "./audit/read-audit";
import { runScript } from "./flags";

const exitCodes: Record<AuditResult["kind"], number> = { clean: 0, vulnerable: 1, unknown: 2 };

const help = `npm run audit

Queries the package registry for known vulnerabilities in the dependencies that users install. The exit code is 1 if one is high
or critical, and 2 if the registry serves no advisories: not every mirror does.`;

runScript({ help, options: {} }, () => {
  execFile("npm", ["audit", "--omit=dev", "--json"], { maxBuffer: 64 * 1024 * 1024 }, (_, stdout) => {
    const result = readAudit(stdout);
    console.log(result.text);
    process.exitCode = exitCodes[result.kind];
  });
});
