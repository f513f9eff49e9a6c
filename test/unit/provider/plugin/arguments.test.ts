import { expect } from "chai";
import { readPluginArguments } from "../../../../provider/plugin/arguments";

const read = (line: string) => readPluginArguments(line.split(" ").filter((arg) => arg !== ""));

describe("readPluginArguments", () => {
  it("serves the engine at its address, whatever flags an engine adds", () => {
    const engineAddress = "127.0.0.1:4000";
    for (const line of [
      "127.0.0.1:4000",
      "--logtostderr -v=3 --tracing localhost:9411 127.0.0.1:4000",
      "127.0.0.1:4000 -tracing localhost:9411 --logtostderr -v=3",
      "--tracing=file:./trace 127.0.0.1:4000 --new-flag",
    ]) {
      expect(read(line), line).to.deep.equal({ name: "serve", engineAddress });
    }
    expect(read("[::1]:4000")).to.deep.equal({ name: "serve", engineAddress: "[::1]:4000" });
  });

  it("serves without an address if it is started by hand", () => {
    for (const line of ["", "--logtostderr -v=9"]) {
      expect(read(line)).to.deep.equal({ name: "serve", engineAddress: undefined });
    }
  });

  it("reads import-file with one file or none", () => {
    expect(read("import-file")).to.deep.equal({ name: "import-file", exportFile: undefined });
    expect(read("import-file a:1")).to.deep.equal({ name: "import-file", exportFile: "a:1" });
  });

  it("starts no server for a request for help or for a mistake", () => {
    for (const line of ["--help", "-h", "import-file --help"]) expect(read(line), line).to.deep.equal({ name: "help" });
    for (const line of ["--version", "import-fil", "import-file a b", "import-file --all", "state.json"]) {
      expect(read(line), line).to.deep.equal({ name: "invalid" });
    }
  });
});
