// node ci/github-issue.mjs FILE: keeps one issue open as long as a stack has drift. DRIFT is the exit code of
// `pulumi-onvera drift`: 2 opens or updates the issue, 0 closes it. Any other code is an error, and the issue stays as it is.
import { call, findInPages, need } from "./api.mjs";
import { body, markerOf } from "./body.mjs";

const label = "onvera-drift";
const [file] = process.argv.slice(2);
const stack = need("STACK");
const code = need("DRIFT");
if (code !== "0" && code !== "2") throw new Error(`The drift check failed with exit code ${code}.`);
const hasDrift = code === "2";
const repository = `${need("GITHUB_API_URL")}/repos/${need("GITHUB_REPOSITORY")}`;
const headers = { authorization: `Bearer ${need("GITHUB_TOKEN")}`, accept: "application/vnd.github+json" };
const runUrl = `${need("GITHUB_SERVER_URL")}/${need("GITHUB_REPOSITORY")}/actions/runs/${need("GITHUB_RUN_ID")}`;

const marker = markerOf("drift", stack);
const open = await findInPages(`${repository}/issues?state=open&labels=${label}`, {
  headers,
  matches: (issue) => issue.body?.startsWith(marker),
});
const title = `Onvera: stack ${stack} has drift`;

if (hasDrift) {
  const text = body({ what: "drift", stack, headline: title, file, runUrl });
  if (open === undefined) {
    await makeLabel();
    await call("POST", `${repository}/issues`, { headers, body: { title, body: text, labels: [label] } });
  } else {
    await call("PATCH", `${repository}/issues/${open.number}`, { headers, body: { body: text } });
  }
} else if (open !== undefined) {
  const said = { body: `No drift any more: ${runUrl}` };
  await call("POST", `${repository}/issues/${open.number}/comments`, { headers, body: said });
  await call("PATCH", `${repository}/issues/${open.number}`, { headers, body: { state: "closed" } });
}

async function makeLabel() {
  try {
    await call("POST", `${repository}/labels`, { headers, body: { name: label, color: "d93f0b" } });
  } catch (error) {
    // 422: it is there already.
    if (error.status !== 422) throw error;
  }
}
