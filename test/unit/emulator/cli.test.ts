import { expect } from "chai";
import { help, parseCliArgs } from "../../../emulator/src/cli";

describe("the emulator's arguments", () => {
  const errorFor = (...args: string[]): string => {
    try {
      return JSON.stringify(parseCliArgs(args, {}));
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };

  it("are rejected with what is expected instead", () => {
    expect(errorFor("--port", "http")).to.equal('--port "http" is not a port');
    expect(errorFor("--port", "65536")).to.equal('--port "65536" is not a port');
    expect(errorFor("--host", "everywhere")).to.equal('--host "everywhere" is not an IP address');
    expect(errorFor("--speed", "0")).to.equal('--speed "0" is neither a number above 0 nor "instant"');
    expect(errorFor("--latency", "-1")).to.match(/argument is ambiguous|is not a number of milliseconds/);
    expect(errorFor("--latency", "x")).to.equal('--latency "x" is not a number of milliseconds');
    expect(errorFor("--id-form", "short")).to.equal('--id-form "short" is neither prefixed nor uuid');
    expect(errorFor("--rate-limit", "600")).to.equal(
      '--rate-limit "600" is not REQUESTS/SECONDS, both above 0, such as 600/60',
    );
    expect(errorFor("--rate-limit", "600/0")).to.include("is not REQUESTS/SECONDS");
    expect(errorFor("--rate-limit", "0/5")).to.include("is not REQUESTS/SECONDS");
    expect(errorFor("--latency", "Infinity")).to.equal('--latency "Infinity" is not a number of milliseconds');
    for (const key of ["a b", "clé", "a\n"]) {
      expect(errorFor("--api-key", key)).to.equal(
        "the API key (--api-key or ONVERA_EMULATOR_API_KEY) contains characters other than visible ASCII",
      );
    }
    for (const option of [
      "--port",
      "--host",
      "--speed",
      "--data",
      "--api-key",
      "--rate-limit",
      "--id-form",
      "--latency",
    ]) {
      expect(errorFor(option, " ")).to.equal(`${option} needs a value`);
    }
    expect(errorFor("--sped", "1")).to.include("--sped");
    expect(errorFor("stray")).to.include("stray");
  });

  it("default to port 4010 without a limit", () => {
    expect(parseCliArgs([], {})).to.deep.equal({
      options: { port: 4010, latencyMs: 0, idForm: "prefixed" },
      json: false,
    });
  });

  it("set every option of the emulator", () => {
    const args = ["--port", "0", "--speed", "instant", "--data", "d", "--api-key", "k", "--rate-limit", "600/60"];
    expect(parseCliArgs([...args, "--id-form", "uuid", "--latency", "20", "--json"], {})).to.deep.equal({
      options: {
        port: 0,
        speed: Number.POSITIVE_INFINITY,
        data: "d",
        apiKeys: [{ key: "k" }],
        rateLimit: { requests: 600, perSeconds: 60 },
        idForm: "uuid",
        latencyMs: 20,
      },
      json: true,
    });
  });

  it("take the key from the environment if no argument sets it", () => {
    const env = { ONVERA_EMULATOR_API_KEY: "from-env" };
    expect(parseCliArgs([], env)?.options.apiKeys).to.deep.equal([{ key: "from-env" }]);
    expect(parseCliArgs(["--api-key", "given"], env)?.options.apiKeys).to.deep.equal([{ key: "given" }]);
    expect(parseCliArgs([], { ONVERA_EMULATOR_API_KEY: "" })?.options.apiKeys).to.equal(undefined);
  });

  it("are all described in the help", () => {
    expect(parseCliArgs(["--help"])).to.equal(undefined);
    for (const option of [
      "port",
      "host",
      "speed",
      "data",
      "api-key",
      "rate-limit",
      "id-form",
      "latency",
      "json",
      "verbose",
    ]) {
      expect(help).to.include(`--${option}`);
    }
  });
});
