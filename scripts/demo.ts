// `npm run demo`: the life of two deployments on a local platform, run by the real Pulumi CLI in the reader's terminal.
import { runDemo } from "./demo/run";

runDemo().then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
