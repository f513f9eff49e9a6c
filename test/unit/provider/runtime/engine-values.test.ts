import { expect } from "chai";
import { explicitProviderOf } from "../../../../provider/runtime/engine-values";

describe("explicitProviderOf", () => {
  const of = (name: string) => explicitProviderOf(`urn:pulumi:dev::project::pulumi:providers:onvera::${name}`);

  it("is undefined for the engine's default provider, with its version and address", () => {
    for (const name of [
      "default",
      "default_0_1_0",
      "default_0_1_0_alpha_1",
      "default_0_1_0_github_//api.github.com/onvera",
      "default_example.com",
    ])
      expect(of(name), name).to.equal(undefined);
  });

  it("is the name of any other provider", () => {
    for (const name of ["eu", "default_eu", "default-1", "defaults"]) expect(of(name), name).to.equal(name);
  });
});
