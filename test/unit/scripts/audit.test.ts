import { expect } from "chai";
import { readAudit } from "../../../scripts/audit/read-audit";

const reportOf = (severity: string) =>
  JSON.stringify({ auditReportVersion: 2, vulnerabilities: { axios: { name: "axios", severity, range: "<1.8.2" } } });

describe("readAudit", () => {
  it("rejects only high and critical vulnerabilities, and lists all of them", () => {
    expect(readAudit('{"auditReportVersion": 2, "vulnerabilities": {}}').kind).to.equal("clean");
    expect(readAudit(reportOf("moderate"))).to.deep.equal({ kind: "clean", text: "moderate: axios <1.8.2" });
    for (const severity of ["high", "critical"]) {
      expect(readAudit(reportOf(severity))).to.deep.equal({ kind: "vulnerable", text: `${severity}: axios <1.8.2` });
    }
  });

  it("reports unknown, not clean, if there is no report", () => {
    const refused = {
      message: "405 Method Not Allowed - POST /-/npm/v1/security/advisories/bulk",
      error: { summary: "" },
    };
    expect(readAudit(JSON.stringify(refused))).to.deep.equal({
      kind: "unknown",
      text: `the registry did not report known vulnerabilities: ${refused.message}`,
    });
    expect(readAudit("npm error").kind).to.equal("unknown");
    expect(readAudit(reportOf("new kind")).kind).to.equal("unknown");
  });
});
