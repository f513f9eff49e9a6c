import { runScript } from "../flags";
import { runDemo } from "./run";

const help = `npm run demo

Creates, changes and destroys two deployments on the emulator with the real Pulumi CLI. Takes about half a minute.
Everything that it writes is in a temporary folder, which is removed at the end.`;

runScript({ help, options: {} }, runDemo);
