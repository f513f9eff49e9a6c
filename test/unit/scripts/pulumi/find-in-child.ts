import { findPulumi } from "../../../../scripts/pulumi/find";
import { unreachable } from "./fakes";

// Forked by find.test.ts, which kills it in the middle of a build.
void findPulumi({ cacheDir: process.argv[2] ?? "", install: unreachable });
