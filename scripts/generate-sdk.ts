// `npm run generate:sdk -- LANGUAGE FOLDER`: the SDK of one language for the provider plugin.
import { resolve } from "node:path";
import { runScript, UsageError } from "./flags";
import { createReporter } from "./pulumi/progress";
import { generateSdk, sdkLanguages } from "./sdk-gen/generate";

const help = `npm run generate:sdk -- ${sdkLanguages.join("|")} FOLDER

Writes the SDK of one language for the provider plugin to the folder.`;

runScript({ help, options: {}, maxPositionals: 2 }, async ({ positionals: [wanted, folder] }) => {
  const language = sdkLanguages.find((known) => known === wanted);
  if (language === undefined)
    throw new UsageError(`the language is one of ${sdkLanguages.join(", ")}, not "${wanted}"`);
  if (folder === undefined) throw new UsageError("the folder is missing");
  const target = resolve(process.env["INIT_CWD"] ?? process.cwd(), folder);
  await generateSdk(language, target, { reporter: createReporter({ stream: process.stderr }) });
  console.log(`the ${language} SDK is in ${target}`);
});
