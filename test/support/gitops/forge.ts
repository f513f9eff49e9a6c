import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface ForgeCall {
  readonly method: string;
  readonly path: string;
  readonly token: string;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Comment {
  id: number;
  body: string;
  user: { type: string };
  author: { id: number };
}

interface Issue {
  number: number;
  title: string;
  body: string;
  state: string;
  labels: string[];
  comments: string[];
}

/** A server with the parts of GitHub's and GitLab's APIs that the example uses. It keeps comments, issues and all calls. */
export class Forge {
  readonly calls: ForgeCall[] = [];
  readonly comments: Comment[] = [];
  readonly issues: Issue[] = [];
  readonly labels: string[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Forge> {
    const server = createServer();
    const forge = new Forge(server);
    server.on("request", (request, response) => {
      void forge.respond(request).then(({ status, body }) => {
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return forge;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Adds a comment of another user. */
  addComment(body: string, { type = "User", author = 1 } = {}): void {
    this.comments.push({ id: this.comments.length + 1, body, user: { type }, author: { id: author } });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async respond(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const { pathname, searchParams } = new URL(request.url ?? "/", this.url);
    const authorization = request.headers.authorization ?? request.headers["private-token"] ?? "";
    const token = String(authorization).replace(/^Bearer /, "");
    const body = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
    const call = { method: request.method ?? "", path: pathname, token, body };
    this.calls.push(call);
    if (token === "") return { status: 401, body: { message: "Requires authentication" } };
    return this.route(call, Number(searchParams.get("page") ?? "1"));
  }

  private route({ method, path, body }: ForgeCall, page: number): { status: number; body: unknown } {
    const is = (verb: string, pattern: RegExp) => (method === verb ? pattern.exec(path) : null);
    const pageOf = (all: readonly unknown[]) => ({ status: 200, body: all.slice((page - 1) * 100, page * 100) });
    const missing = { status: 404, body: { message: "Not Found" } };
    const comments = /^\/repos\/acme\/onvera-gitops\/issues\/7\/comments$|^\/projects\/12\/merge_requests\/7\/notes$/;
    if (is("GET", /^\/user$/)) return { status: 200, body: { id: botId } };
    if (is("GET", comments)) return pageOf(this.comments);
    if (is("POST", comments)) {
      this.addComment(String(body["body"]), { type: "Bot", author: botId });
      return { status: 201, body: {} };
    }
    const edited =
      is("PATCH", /^\/repos\/acme\/onvera-gitops\/issues\/comments\/(\d+)$/) ?? is("PUT", /\/notes\/(\d+)$/);
    if (edited) {
      const comment = this.comments.find(({ id }) => id === Number(edited[1]));
      if (comment === undefined) return missing;
      comment.body = String(body["body"]);
      return { status: 200, body: {} };
    }
    if (is("POST", /^\/repos\/acme\/onvera-gitops\/labels$/)) {
      if (this.labels.includes(String(body["name"]))) return { status: 422, body: { message: "Validation Failed" } };
      this.labels.push(String(body["name"]));
      return { status: 201, body: {} };
    }
    if (is("GET", /^\/repos\/acme\/onvera-gitops\/issues$/)) {
      return pageOf(this.issues.filter(({ state }) => state === "open"));
    }
    if (is("POST", /^\/repos\/acme\/onvera-gitops\/issues$/)) {
      const { title, body: written, labels } = body as { title: string; body: string; labels: string[] };
      this.issues.push({ number: this.issues.length + 1, title, body: written, state: "open", labels, comments: [] });
      return { status: 201, body: {} };
    }
    const issue = this.issues.find(({ number }) => path.startsWith(`/repos/acme/onvera-gitops/issues/${number}`));
    if (issue === undefined) return missing;
    if (is("POST", /\/comments$/)) issue.comments.push(String(body["body"]));
    else Object.assign(issue, body);
    return { status: 200, body: {} };
  }
}

const botId = 99;
