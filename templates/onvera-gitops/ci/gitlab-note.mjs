// node ci/gitlab-note.mjs FILE: shows a preview under the merge request, in the one note that this stack has there.
import { call, findInPages, need } from "./api.mjs";
import { body, markerOf } from "./body.mjs";

const [file] = process.argv.slice(2);
const stack = need("STACK");
const headers = { "private-token": need("GITLAB_TOKEN") };
const mergeRequest = `projects/${need("CI_PROJECT_ID")}/merge_requests/${need("CI_MERGE_REQUEST_IID")}`;
const notes = `${need("CI_API_V4_URL")}/${mergeRequest}/notes`;

const headline = need("CI_JOB_STATUS") === "success" ? `Preview of ${stack}` : `The preview of ${stack} failed`;
const text = body({ what: "preview", stack, headline, file, runUrl: need("CI_JOB_URL") });

const marker = markerOf("preview", stack);
// Only a note that this token's user has written: anybody may write the marker into one of their own.
const { id: self } = await call("GET", `${need("CI_API_V4_URL")}/user`, { headers });
const matches = (note) => note.author?.id === self && note.body?.startsWith(marker);
const earlier = await findInPages(notes, { headers, matches });
if (earlier === undefined) await call("POST", notes, { headers, body: { body: text } });
else await call("PUT", `${notes}/${earlier.id}`, { headers, body: { body: text } });
