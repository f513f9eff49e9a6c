// One component stands for two deployments, with the team's rules in one place: see data-platform.ts.
//
//   npm install                    (in a clone, before it: npm pack ../.. && npm install ./pulumi-onvera-*.tgz)
//   pulumi stack init production
//   pulumi config set --secret onvera:apiKey <key>     (or set ONVERA_API_KEY)
//   pulumi up
import * as pulumi from "@pulumi/pulumi";
import { DataPlatform } from "./data-platform";

const team = new pulumi.Config().get("team") ?? "data";

const platform = new DataPlatform("platform", { team }, { protect: pulumi.getStack() === "production" });

export const airflowUrl = platform.airflowUrl;
export const supersetUrl = platform.supersetUrl;
