import { expect } from "chai";
import { fromEngine, toEngine } from "../../../../provider/plugin/values";
import { unknownValue } from "../../../../provider/resource-handler";
import { Struct } from "../../../../provider/runtime/sdk-packages";

const signature = "4dabf18193072939515e22adb298388d";
const secret = (value: string) => ({ [signature]: "1b47061264138c4ac30d75fd1eb44270", value });
const unknownString = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const unknownNumber = "3eeb2bf0-c639-47a8-9e75-3b44932eb421";

describe("the engine's values", () => {
  it("are converted from the engine, with the names of the secret ones", () => {
    const read = fromEngine(
      Struct.fromJavaScript({
        plain: "a",
        hidden: secret("b"),
        nested: { list: ["c", secret("d")] },
        later: unknownString,
        count: unknownNumber,
        hiddenLater: secret(unknownString),
        absent: null,
      }),
    );
    expect(read.values).to.deep.equal({
      plain: "a",
      hidden: "b",
      nested: { list: ["c", "d"] },
      later: unknownValue,
      count: unknownValue,
      hiddenLater: unknownValue,
    });
    expect([...read.secrets]).to.have.members(["hidden", "nested", "hiddenLater"]);
  });

  it("of outputs are unknown until they are resolved", () => {
    const output = { [signature]: "d0e6a833031e9bbcd3f4e8bde6ca49a4" };
    const { values, secrets } = fromEngine(
      Struct.fromJavaScript({ later: output, now: { ...output, value: "a", secret: true } }),
    );
    expect(values).to.deep.equal({ later: unknownValue, now: "a" });
    expect([...secrets]).to.deep.equal(["now"]);
  });

  it("are empty if the engine sends nothing", () => {
    expect(fromEngine(undefined)).to.deep.equal({ values: {}, secrets: new Set() });
  });

  it("are converted for the engine, without absent ones", () => {
    const written = toEngine(
      { plain: "a", hidden: "b", later: unknownValue, absent: undefined, list: [{ x: undefined }] },
      ["hidden", "not there"],
    );
    expect(written.toJavaScript()).to.deep.equal({
      plain: "a",
      hidden: secret("b"),
      later: unknownString,
      list: [{}],
    });
  });
});
