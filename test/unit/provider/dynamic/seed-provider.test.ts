import { expect } from "chai";
import { deletes } from "../../../../provider/dynamic/deletes";
import { delete as deleteSeed } from "../../../../provider/dynamic/seed-provider";

describe("the provider of the seed", () => {
  it("keeps the seed while a deployment is not destroyed, without a stack trace in the error", async () => {
    await deletes.track("dep_1", () => Promise.reject(new Error("refused"))).catch(() => undefined);
    const error = await deleteSeed().then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error?.message).to.equal("onvera-seed is kept, because a deployment was not destroyed");
    expect(error?.stack, "the host prints it after the message").to.equal("");
    await deletes.track("dep_1", async () => undefined);
  });
});
