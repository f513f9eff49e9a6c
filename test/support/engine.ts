import { EngineProject, type ProjectOptions } from "../../scripts/engine/project";

export type { RunningCommand } from "../../scripts/engine/command";
export { countSteps, type EngineEvent, messages, stepsByResource } from "../../scripts/engine/events";
export * from "../../scripts/engine/project";

/** For a `describe` block: creates projects, and removes them after each test. */
export function useProjects(): (options: ProjectOptions) => Promise<EngineProject> {
  const projects: EngineProject[] = [];
  afterEach(async () => {
    for (const project of projects.splice(0)) {
      await project.dispose();
    }
  });
  return async (options) => {
    const project = await EngineProject.create(options);
    projects.push(project);
    return project;
  };
}
