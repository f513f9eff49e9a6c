import { expect } from "chai";
import { checkAccess } from "../../../../cli/doctor/access";

describe("pulumi-onvera doctor", () => {
  for (const { what, address, shown } of [
    { what: "a password", address: "http://ann:p%40ss@proxy.example:3128", shown: "http://…@proxy.example:3128" },
    {
      what: "an @ in its password",
      address: "http://ann:p@ss@proxy.example:3128",
      shown: "http://…@proxy.example:3128",
    },
    { what: "no scheme", address: "ann:secret@proxy.example:3128", shown: "…@proxy.example:3128" },
    { what: "no user", address: "http://proxy.example:3128", shown: "http://proxy.example:3128" },
  ]) {
    it(`shows a proxy with ${what} without user and password`, () => {
      const env = { ONVERA_API_KEY: "onv_sk_live_x", HTTPS_PROXY: address };
      const { checks } = checkAccess({ config: new Map(), env });
      const text = checks.map((check) => JSON.stringify(check)).join("\n");
      expect(text)
        .to.include(`HTTPS_PROXY=${shown}`)
        .and.to.not.match(/ann|p@ss|p%40ss|secret/);
    });
  }
});
