// One call of GitHub's or GitLab's API, and the lists that come in pages.

/** Answers with the parsed body. An error names the call and what was answered, never the token. */
export async function call(method, url, { headers, body } = {}) {
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) {
    const error = new Error(`${method} ${new URL(url).pathname} answered ${response.status}: ${text.slice(0, 300)}`);
    throw Object.assign(error, { status: response.status });
  }
  return text === "" ? undefined : JSON.parse(text);
}

/** The first element, on any page, that `matches`. */
export async function findInPages(url, { headers, matches }) {
  for (let page = 1; ; page += 1) {
    const address = new URL(url);
    address.searchParams.set("per_page", "100");
    address.searchParams.set("page", String(page));
    const items = await call("GET", address, { headers });
    const found = items.find(matches);
    if (found !== undefined || items.length < 100) return found;
  }
}

/** The variable's value; without it nothing can be done. */
export function need(name) {
  const value = process.env[name];
  if (!value) throw new Error(`the environment variable ${name} is missing`);
  return value;
}
