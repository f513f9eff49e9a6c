import type { OnveraClient } from "../api/client";
import { displayText } from "../api/display-text";
import { maxPerPage } from "../api/pages";
import { defaultPerPage } from "../api/schemas";
import type { CallContext } from "../call-context";
import { type AppType, appTypes, choiceOf } from "../deployment/properties";
import { RequestError, unknownValue } from "../resource-handler";
import { kindOf } from "./config";

export interface ListQuery {
  readonly query: Readonly<Record<string, unknown>>;
  /** The maximum number of results; zero means all. */
  readonly limit: number;
  /** The maximum number of results in a page; zero means the platform's default. */
  readonly pageSize: number;
  /** The token of the previous page; empty for the first page. */
  readonly continuationToken: string;
  /** The deployments that the stack is known to hold: they cannot be imported. */
  readonly heldIds?: ReadonlySet<string>;
}

export interface ListPage {
  readonly results: readonly { readonly id: string; readonly name: string }[];
  /** The token for the next page; absent after the last one. */
  readonly continuationToken?: string;
}

/** One page of the organization's deployments, newest first. "computed" if the query is not known yet. */
export async function listDeployments(
  client: Pick<OnveraClient, "listDeployments">,
  { query, limit, pageSize, continuationToken, heldIds }: ListQuery,
  options: CallContext = {},
): Promise<ListPage | "computed"> {
  const filter = readQuery(query);
  if (filter === "computed") return "computed";
  const { perPage, page: first } = readToken(continuationToken) ?? { perPage: perPageFor(pageSize), page: 1 };
  for (let page = first; ; page += 1) {
    const { items, pages } = await client.listDeployments({ page, perPage }, options);
    const matching = items.filter(
      ({ id, appType, status }) =>
        !heldIds?.has(id) &&
        (filter.appType === undefined || appType === filter.appType) &&
        (filter.status === undefined || status === filter.status),
    );
    const results = matching.map(({ id, name = "" }) => ({ id, name: displayText(name) }));
    if (limit > 0 && results.length >= limit) return { results: results.slice(0, limit) };
    if (page >= pages || items.length === 0) return { results };
    // If nothing on a page matches, read the next page.
    if (results.length > 0) return { results, continuationToken: `${page + 1}/${perPage}` };
  }
}

function readQuery(
  query: Readonly<Record<string, unknown>>,
): { appType: AppType | undefined; status: string | undefined } | "computed" {
  const wrong: string[] = [];
  for (const [key, value] of Object.entries(query)) {
    if (key !== "appType" && key !== "status")
      wrong.push(`${key}: deployments can be listed by appType and status only`);
    else if (value !== unknownValue && typeof value !== "string") {
      wrong.push(`${key}: expected a string, got ${kindOf(value)}`);
    } else if (key === "appType" && value !== unknownValue && !appTypes.some((known) => known === value)) {
      wrong.push(`${key}: must be ${choiceOf(appTypes)}`);
    }
  }
  if (wrong.length > 0) throw new RequestError(wrong.join("; "));
  if (Object.values(query).includes(unknownValue)) return "computed";
  return query as { appType: AppType | undefined; status: string | undefined };
}

/** The token contains the page size, because pages of different sizes overlap. */
function readToken(token: string): { page: number; perPage: number } | undefined {
  if (token === "") return undefined;
  const [, page, perPage] = /^([1-9]\d{0,8})\/([1-9]\d{0,2})$/.exec(token) ?? [];
  if (page === undefined || perPage === undefined) throw new RequestError("the continuation token is invalid");
  return { page: Number(page), perPage: Number(perPage) };
}

function perPageFor(pageSize: number): number {
  return pageSize > 0 ? Math.min(pageSize, maxPerPage) : defaultPerPage;
}
