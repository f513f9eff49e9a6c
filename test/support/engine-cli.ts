import { prepareEngine } from "../../scripts/engine/cli";

export { engineCli } from "../../scripts/engine/cli";

/** Mocha calls this once before the first test, also with parallel workers: preparing a CLI can take longer than a test may. */
export const mochaGlobalSetup = prepareEngine;
