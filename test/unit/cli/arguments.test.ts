import { expect } from "chai";
import { readArguments } from "../../../cli/arguments";

describe("the arguments of pulumi-onvera", () => {
  const read = (...args: string[]) => readArguments(args, {});

  it("are those of drift, with what is left out", () => {
    expect(read("drift")).to.deep.equal({
      name: "drift",
      options: { cwd: ".", isJson: false, others: "list", pulumi: "pulumi", forPulumi: [] },
    });
    expect(
      read("drift", "-s", "prod", "-C", "infra", "--json", "--others=count", "--pulumi", "/opt/pulumi"),
    ).to.deep.equal({
      name: "drift",
      options: { stack: "prod", cwd: "infra", isJson: true, others: "count", pulumi: "/opt/pulumi", forPulumi: [] },
    });
  });

  it("pass other flags after -- to Pulumi, and their values", () => {
    const forPulumi = ["--config-file", "other.yaml", "-c", "r=h", "-p4", "-mrefresh", "--parallel=8", "--", "--json"];
    const command = read("drift", "--json", "--", ...forPulumi);
    expect(command).to.have.nested.property("options.forPulumi").that.deep.equals(forPulumi);
  });

  it("take the CLI from PULUMI_COMMAND, unless a flag says otherwise or it is empty", () => {
    const pulumiOf = (args: string[], value: string) => {
      const command = readArguments(["drift", ...args], { PULUMI_COMMAND: value });
      return command.name === "drift" ? command.options.pulumi : undefined;
    };
    expect(pulumiOf([], "/opt/pulumi")).to.equal("/opt/pulumi");
    expect(pulumiOf(["--pulumi", "/usr/pulumi"], "/opt/pulumi")).to.equal("/usr/pulumi");
    expect(pulumiOf([], "")).to.equal("pulumi");
  });

  it("ask for help or the version wherever they stand", () => {
    expect(read("--help").name).to.equal("help");
    expect(read("drift", "-h").name).to.equal("help");
    expect(read("help").name).to.equal("help");
    expect(read("-v").name).to.equal("version");
  });

  for (const [args, message] of [
    [[], "a command is missing"],
    [["drft"], 'there is no command "drft"'],
    [["drift", "dev"], 'unexpected argument "dev"; arguments for Pulumi go after --'],
    [["drift", "--", "--refresh=false"], "--refresh cannot go after --: this command always refreshes"],
    [["drift", "--", "-r=false"], "-r cannot go after --: this command always refreshes"],
    [["drift", "--", "-dr=false"], "-r cannot go after --: this command always refreshes"],
    [["drift", "--", "--target", "urn:x"], "--target cannot go after --: every resource has to be read"],
    [["drift", "--", "--exclude=urn:x"], "--exclude cannot go after --: every resource has to be read"],
    [["drift", "--", "-h"], "-h cannot go after --: this command reads what the preview prints"],
    [["drift", "--", "--help"], "--help cannot go after --: this command reads what the preview prints"],
    [["drift", "--", "--event-log", "x"], "--event-log cannot go after --: it writes values of the state to a file"],
    [["drift", "--", "--stack", "other"], "--stack cannot go after --: put it before --"],
    [["drift", "--stack="], "--stack is empty"],
    [["drift", "--stack"], "Option '-s, --stack <value>' argument missing"],
    [["drift", "--json=yes"], "Option '--json' does not take an argument"],
    [["drift", "--others", "all"], '--others is one of list, count, ignore, not "all"'],
    [["drift", "--parallel", "4"], "Unknown option '--parallel'"],
  ] as const) {
    it(`are refused where they are ${args.length === 0 ? "none" : args.join(" ")}`, () => {
      expect(() => read(...args))
        .to.throw(`${message}; see pulumi-onvera --help`)
        .with.property("name", "CommandError");
    });
  }
});
