#!/usr/bin/env node
import { runCli } from "./cli";

runCli(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`onvera-emulator: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
