import { expect } from "chai";
import { type KeptStack, keptStacks, ReleaseStack } from "../../scripts/engine/release-stack";
import { type EngineEvent, type ResourceState, type StackState, stackName, stepsByResource } from "../support/engine";

describe("a stack of an earlier release (test/fixtures/states)", () => {
  let stack: ReleaseStack | undefined;
  afterEach(async () => {
    await stack?.stop();
    stack = undefined;
  });

  for (const kept of keptStacks()) {
    it(`has no diff, resumes its unfinished create, and can be destroyed: ${kept.name}`, async () => {
      stack = await restore(kept);
      const { emulator, project } = stack;
      const { control } = emulator;
      const { deployment } = JSON.parse(kept.state) as { deployment: Pick<StackState, "resources"> };
      const before = deploymentsIn(deployment);
      expect(Object.keys(before)).to.have.members(["etl", "bi", "late"]);
      expect(before["late"]?.initErrors).to.have.length(1);

      const preview = await project.preview();
      expect(stepsByResource(preview.events)).to.deep.equal({ etl: ["same"], bi: ["same"], late: ["update"] });
      expect(changed(preview.events)).to.deep.equal(["late"]);

      const up = project.spawnUp();
      await up.command.waitForOutput(/late updating.*continuing/);
      await control.clock.finishAll();
      const upgraded = await project.finish(up);
      expect(changed(upgraded.events)).to.deep.equal(["late"]);
      const after = deploymentsIn(await project.state());
      expect([after["etl"], after["bi"]]).to.deep.equal([before["etl"], before["bi"]]);
      expect(after["late"]?.initErrors).to.equal(undefined);
      expect(after["late"]?.id).to.equal(before["late"]?.id);
      expect(after["late"]?.outputs).to.deep.include({ ...before["late"]?.outputs, status: "ready" });

      await project.preview({ flags: ["--expect-no-changes"] });
      await project.refresh({ flags: ["--expect-no-changes"] });
      expect(deploymentsIn(await project.state()), "after a refresh").to.deep.equal(after);
      expect(changingRequests(stack)).to.deep.equal([]);

      await project.run(["state", "unprotect", "--all", "--yes", "--stack", stackName]);
      await project.destroy();
      expect(control.state().deployments).to.deep.equal([]);
      expect((await project.state()).resources).to.deep.equal([]);
    });
  }
});

/** Restores the stack and the emulator. */
async function restore({ program, state, platform }: KeptStack): Promise<ReleaseStack> {
  const stack = await ReleaseStack.start(program, { platform });
  try {
    await stack.project.run(["stack", "import", "--stack", stackName], { stdin: state });
    return stack;
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

/** The recorded deployments by name, without the properties that the engine drops in a refresh. */
function deploymentsIn({ resources }: Pick<StackState, "resources">): Record<string, ReturnType<typeof relevantPart>> {
  const ours = resources.filter(({ type }) => type.endsWith(":Deployment"));
  return Object.fromEntries(ours.map((state) => [nameIn(state.urn), relevantPart(state)]));
}

function relevantPart(state: ResourceState & { dependencies?: string[]; customTimeouts?: object }) {
  const { urn, id, protect, initErrors, inputs, outputs, dependencies, customTimeouts } = state;
  return { urn, id, protect, initErrors, inputs, outputs, dependencies, customTimeouts };
}

/**
 * The resources that the engine changes, including providers and the seed. Except the provider of the engine's own functions,
 * which it adds if a program reads the stack's state. It is not displayed, and is no change for `--expect-no-changes`.
 */
function changed(events: readonly EngineEvent[]): string[] {
  return events.flatMap(({ resourcePreEvent }) => {
    if (resourcePreEvent === undefined || ["same", "refresh"].includes(resourcePreEvent.metadata.op)) return [];
    if (resourcePreEvent.metadata.urn.includes("::pulumi:providers:pulumi::")) return [];
    return [nameIn(resourcePreEvent.metadata.urn)];
  });
}

function nameIn(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

/** The requests that are not GET. */
function changingRequests({ emulator }: ReleaseStack): string[] {
  const { requests } = emulator.control.requests.list();
  return requests.filter(({ method }) => method !== "GET").map(({ method, path }) => `${method} ${path}`);
}
