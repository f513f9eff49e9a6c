import { expect } from "chai";
import { reasonOf } from "../../../examples/fleet/reason";

describe("the reason of a failed run in the fleet example", () => {
  it("is what the platform reported, without the lines around it", () => {
    const errors = ['1 error occurred:\n\t* deployment "etl" failed: QUOTA: No room is left', "update failed"];
    expect(reasonOf(errors.join("\n"))).to.equal('deployment "etl" failed: QUOTA: No room is left');
  });

  it("is what the Pulumi CLI printed, without the command and the password of the state's database", () => {
    const printed =
      "Command failed with exit code 1: pulumi stack select --stack s\n" +
      'error: unable to open state database "postgres://pulumi:sec@/ret@127.0.0.1:9/state?sslpassword=also#": refused\n';
    expect(reasonOf(`code: -2\n stdout: \n stderr: ${printed} err?: Error: ${printed}`)).to.equal(
      'error: unable to open state database "postgres://***@127.0.0.1:9/state?sslpassword=***#": refused',
    );
  });

  it("is the line without a cause if there is nothing else", () => {
    expect(reasonOf("update failed")).to.equal("update failed");
  });

  it("has a limited length", () => {
    expect(reasonOf("long ".repeat(1_000))).to.have.length(1_000);
  });
});
