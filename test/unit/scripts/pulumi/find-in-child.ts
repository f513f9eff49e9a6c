import { findPulumi } from "../../../../scripts/pulumi/find";
import { unreachable } from "./fakes";

// find.test.ts forks this and kills it during a build.
void findPulumi({ cacheDir: process.argv[2] ?? "", install: unreachable });
