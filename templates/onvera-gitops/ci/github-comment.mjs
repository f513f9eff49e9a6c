// node ci/github-comment.mjs FILE: shows a preview under the pull request, in the one comment that this stack has there.
import { call, findInPages, need } from "./api.mjs";
import { body, markerOf } from "./body.mjs";

const [file] = process.argv.slice(2);
const stack = need("STACK");
const repository = `${need("GITHUB_API_URL")}/repos/${need("GITHUB_REPOSITORY")}`;
const headers = { authorization: `Bearer ${need("GITHUB_TOKEN")}`, accept: "application/vnd.github+json" };
const comments = `${repository}/issues/${need("PULL_REQUEST")}/comments`;

const headline = need("OUTCOME") === "success" ? `Preview of ${stack}` : `The preview of ${stack} failed`;
const runUrl = `${need("GITHUB_SERVER_URL")}/${need("GITHUB_REPOSITORY")}/actions/runs/${need("GITHUB_RUN_ID")}`;
const text = body({ what: "preview", stack, headline, file, runUrl });

const marker = markerOf("preview", stack);
// Only a comment of a bot: anybody may write the marker into one of their own.
const matches = (comment) => comment.user?.type === "Bot" && comment.body?.startsWith(marker);
const earlier = await findInPages(comments, { headers, matches });
if (earlier === undefined) await call("POST", comments, { headers, body: { body: text } });
else await call("PATCH", `${repository}/issues/comments/${earlier.id}`, { headers, body: { body: text } });
