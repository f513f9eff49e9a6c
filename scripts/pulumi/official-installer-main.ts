import { PulumiCommand } from "@pulumi/pulumi/automation";
import semver from "semver";

// official-installer.ts forks this process. If the parent ends, everything that this process started must end, too.
process.on("disconnect", () => process.kill(process.platform === "win32" ? process.pid : -process.pid, "SIGKILL"));

const [root, version] = process.argv.slice(2);
PulumiCommand.install({ root: root ?? "", version: new semver.SemVer(version ?? "") }).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(error instanceof Error ? error.message.replaceAll("\n", " ") : String(error), () =>
      process.exit(1),
    );
  },
);
