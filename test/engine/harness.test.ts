import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect } from "chai";
import { countSteps, messages, repositoryRoot, stepsByResource, useProjects } from "../support/engine";

/** A dynamic provider without a backend. `delayMs` delays a create after its message. */
const program = (value: string, delayMs = 0) => `
  const pulumi = require("@pulumi/pulumi");
  const provider = {
    diff: async (id, olds, news) => ({ changes: olds.value !== news.value, replaces: ["value"] }),
    create: async (inputs) => {
      console.log("creating for " + inputs.delayMs + " ms");
      await new Promise((resolve) => setTimeout(resolve, inputs.delayMs));
      return { id: "id-" + inputs.value, outs: inputs };
    },
  };
  class Thing extends pulumi.dynamic.Resource {
    constructor(name, props, opts) { super(provider, name, props, opts); }
  }
  const thing = new Thing("thing", { value: ${JSON.stringify(value)}, delayMs: ${delayMs} });
  pulumi.log.info("running as " + (process.env.ONVERA_API_KEY || "nobody"));
  exports.secret = new pulumi.Config().getSecret("token");
  exports.id = thing.id;
`;

describe("the engine harness", () => {
  const createProject = useProjects();

  it("rejects with the output of the CLI if a command fails", async () => {
    // Without a stack, because some Node.js releases take minutes to color a stack with the SDK in it (nodejs/node#64011).
    const program = `const error = new Error("on purpose"); error.stack = ""; throw error;`;
    const project = await createProject({ program });
    const error = await project.up().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(String(error)).to.match(/pulumi up .* ended with code \d+/);
    expect(String(error)).to.include("on purpose");
    const { code, events } = await project.up({ mayFail: true });
    expect(code).to.be.greaterThan(0);
    expect(messages(events, { severities: ["error"] }).join("\n")).to.include("on purpose");
  });

  it("keeps the create of a killed run in the pending operations", async () => {
    const project = await createProject({ program: program("a", 60_000) });
    const run = project.spawnUp();
    await run.command.waitForOutput(/creating for 60000 ms/);
    run.command.killAll();
    expect((await project.finish(run, { mayFail: true })).signal).to.equal("SIGKILL");
    const { pendingOperations } = await project.state();
    expect(pendingOperations.map(({ type, resource }) => `${type} ${resource.urn.split("::").at(-1)}`)).to.deep.equal([
      "creating thing",
    ]);
  });

  it("creates, replaces and deletes a resource, independent of this machine's settings", async () => {
    process.env["ONVERA_API_KEY"] = "the developer";
    const project = await createProject({ program: program("a"), config: { token: { secret: "s3cret" } } });
    delete process.env["ONVERA_API_KEY"];

    const first = await project.up();
    expect(countSteps(first.events)).to.deep.equal({ create: 1 });
    expect(messages(first.events)).to.include("running as nobody");
    expect(await project.resource("thing")).to.include({ id: "id-a" });
    expect(project.stateText()).to.not.include("s3cret");

    expect(countSteps((await project.up()).events)).to.deep.equal({ same: 1 });

    project.setProgram(program("b"));
    const replaced = await project.up({ env: { ONVERA_API_KEY: "the test" } });
    expect(stepsByResource(replaced.events)).to.deep.equal({
      thing: ["create-replacement", "replace", "delete-replaced"],
    });
    expect(messages(replaced.events)).to.include("running as the test");

    await project.destroy();
    expect((await project.state()).resources).to.deep.equal([]);
  });

  it("runs YAML programs", async () => {
    const project = await createProject({ yaml: { outputs: { greeting: "hello" } } });
    await project.up();
    const { stdout } = await project.run(["stack", "output", "--json"]);
    expect(JSON.parse(stdout)).to.deep.equal({ greeting: "hello" });
  });

  it("gives programs both hosts of the package, on one copy of the SDK", async () => {
    const project = await createProject({ program: "" });
    const fromProgram = createRequire(join(project.folder, "index.js"));
    const sdk = fromProgram.resolve("@pulumi/pulumi");
    for (const host of ["pulumi-onvera", "pulumi-onvera/provider"]) {
      const file = fromProgram.resolve(host);
      expect(existsSync(file), file).to.equal(true);
      expect(createRequire(file).resolve("@pulumi/pulumi")).to.equal(sdk);
    }
    expect(sdk.startsWith(realpathSync(join(repositoryRoot, "node_modules")))).to.equal(true);
  });
});
