import { resolve } from "node:path";
import { expect } from "chai";
import { readArguments } from "../../../cli/arguments";

describe("the arguments of pulumi-onvera", () => {
  const read = (...args: string[]) => readArguments(args, {});

  it("are those of drift, with their defaults", () => {
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

  it("are those of doctor and import, with their defaults", () => {
    const common = { cwd: ".", pulumi: "pulumi" };
    expect(read("doctor")).to.deep.equal({ name: "doctor", options: { ...common, isJson: false } });
    expect(read("import")).to.deep.equal({ name: "import", options: { ...common, names: [], isPrint: false } });
    expect(
      read("import", "--name", "a*", "--name=b", "--type", "airflow", "--program", "manifest", "--print", "-s", "dev"),
    ).to.deep.equal({
      name: "import",
      options: { ...common, stack: "dev", names: ["a*", "b"], appType: "airflow", program: "manifest", isPrint: true },
    });
  });

  it("pass flags after -- to Pulumi, with their values", () => {
    const forPulumi = ["--config-file", "other.yaml", "-c", "r=h", "-p4", "-mrefresh", "--parallel=8", "--", "--json"];
    const command = read("drift", "--json", "--", ...forPulumi);
    expect(command).to.have.nested.property("options.forPulumi").that.deep.equals(forPulumi);
  });

  it("use the CLI in PULUMI_COMMAND unless it is empty or --pulumi is given", () => {
    const pulumiOf = (args: string[], value: string) => {
      const command = readArguments(["drift", ...args], { PULUMI_COMMAND: value });
      return command.name === "drift" ? command.options.pulumi : undefined;
    };
    expect(pulumiOf([], "/opt/pulumi")).to.equal("/opt/pulumi");
    expect(pulumiOf(["--pulumi", "/usr/pulumi"], "/opt/pulumi")).to.equal("/usr/pulumi");
    expect(pulumiOf([], "")).to.equal("pulumi");
    expect(pulumiOf([], "bin/pulumi"), "relative to the current folder, not to --cwd").to.equal(resolve("bin/pulumi"));
  });

  it("ask for the help of a command, the overview, or the version, in any position", () => {
    const helpOf = (...args: string[]) => {
      const command = read(...args);
      return command.name === "help" ? command.text.split(/ [[]|\n/)[0] : undefined;
    };
    expect(helpOf("--help")).to.equal("Usage: pulumi-onvera COMMAND");
    expect(helpOf("help")).to.equal("Usage: pulumi-onvera COMMAND");
    expect(helpOf("drift", "-h")).to.equal("Usage: pulumi-onvera drift");
    expect(helpOf("-h", "doctor")).to.equal("Usage: pulumi-onvera doctor");
    expect(helpOf("help", "import")).to.equal("Usage: pulumi-onvera import");
    expect(read("-v").name).to.equal("version");
  });

  for (const [args, message] of [
    [[], "a command is missing"],
    [["drft"], 'there is no command "drft"'],
    [["drift", "dev"], 'unexpected argument "dev"; arguments for Pulumi go after --'],
    [["drift", "--", "--refresh=false"], "--refresh cannot go after --: the command always refreshes"],
    [["drift", "--", "-r=false"], "-r cannot go after --: the command always refreshes"],
    [["drift", "--", "-dr=false"], "-r cannot go after --: the command always refreshes"],
    [["drift", "--", "--target", "urn:x"], "--target cannot go after --: the command has to read every resource"],
    [["drift", "--", "--exclude=urn:x"], "--exclude cannot go after --: the command has to read every resource"],
    [["drift", "--", "-h"], "-h cannot go after --: the command reads the output of the preview"],
    [["drift", "--", "--help"], "--help cannot go after --: the command reads the output of the preview"],
    [["drift", "--", "--event-log", "x"], "--event-log cannot go after --: it writes values of the state to a file"],
    [["drift", "--", "--stack", "other"], "--stack cannot go after --: put it before --"],
    [["drift", "--stack="], "--stack is empty"],
    [["drift", "--stack"], "Option '-s, --stack <value>' argument missing"],
    [["drift", "--json=yes"], "Option '--json' does not take an argument"],
    [["drift", "--others", "all"], '--others is one of list, count, ignore, not "all"'],
    [["doctor", "--others", "list"], "doctor has no flag --others"],
    [["drift", "--print"], "drift has no flag --print"],
    [["import", "--json"], "import has no flag --json"],
    [["import", "etl"], 'unexpected argument "etl"'],
    [["import", "--", "--target", "x"], "import takes no arguments after --"],
    [["import", "--name", "a", "--name="], "--name is empty"],
    [["import", "--type", "spark"], '--type is one of airflow, superset, not "spark"'],
    [["import", "--program", "go"], '--program is one of yaml, typescript, typescript-plugin, manifest, not "go"'],
    [["drift", "--parallel", "4"], "Unknown option '--parallel'"],
  ] as const) {
    it(`are refused: ${args.length === 0 ? "none" : args.join(" ")}`, () => {
      expect(() => read(...args))
        .to.throw(`${message}; see pulumi-onvera --help`)
        .with.property("name", "CommandError");
    });
  }
});
