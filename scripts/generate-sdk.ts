// `npm run generate:sdk -- LANGUAGE FOLDER`: the SDK of one language for the provider plugin.
import { resolve } from "node:path";
import { createReporter } from "./pulumi/progress";
import { generateSdk, sdkLanguages } from "./sdk-gen/generate";

const [wanted, folder, ...more] = process.argv.slice(2);
const language = sdkLanguages.find((known) => known === wanted);
if (language === undefined || folder === undefined || more.length > 0) {
  console.error(`usage: npm run generate:sdk -- ${sdkLanguages.join("|")} FOLDER`);
  process.exit(2);
}
const target = resolve(process.env["INIT_CWD"] ?? process.cwd(), folder);
generateSdk(language, target, { reporter: createReporter({ stream: process.stderr }) }).then(
  () => console.log(`the ${language} SDK is in ${target}`),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
