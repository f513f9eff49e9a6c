import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { symbolOf } from "../../../../emulator/console/phases";
import { phaseNames } from "../../../../emulator/src/platform/plan";
import { useEmulators } from "../support";

const root = resolve(__dirname, "..", "..", "..", "..");
const folder = join(root, "emulator", "console");
const files = readdirSync(folder).filter((name) => /\.(html|css|js|svg)$/.test(name));
const textOf = (name: string): string => readFileSync(join(folder, name), "utf8");

const types: Record<string, string> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

describe("the console's page", () => {
  const start = useEmulators();

  it("is served at /, and each of its files with its content type", async () => {
    const { url } = await start();
    for (const name of files) {
      const path = name === "index.html" ? "/" : `/console/${name}`;
      const response = await fetch(url + path);
      expect(response.status, path).to.equal(200);
      expect(response.headers.get("content-type"), path).to.equal(types[name.slice(name.lastIndexOf(".") + 1)]);
      expect(await response.text(), path).to.equal(textOf(name));
    }
  });

  it("serves no other files", async () => {
    const { url } = await start();
    for (const path of [
      "/console",
      "/console/",
      "/console/tsconfig.json",
      "/console/..%2fpackage.json",
      "/console/x.js",
    ]) {
      expect((await fetch(url + path)).status, path).to.equal(404);
    }
    expect((await fetch(url, { method: "POST" })).status).to.equal(405);
  });

  it("forbids other origins, inline code and frames", async () => {
    const { url } = await start();
    for (const path of ["/", "/console/main.js", "/console/icon.svg"]) {
      const { headers } = await fetch(url + path);
      const policy = Object.fromEntries(
        (headers.get("content-security-policy") ?? "").split("; ").map((each) => {
          const [name = "", ...values] = each.split(" ");
          return [name, values.join(" ")];
        }),
      );
      expect(policy, path).to.deep.equal({
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
      });
      expect(headers.get("x-frame-options")).to.equal("DENY");
      expect(headers.get("x-content-type-options")).to.equal("nosniff");
      expect(headers.get("referrer-policy")).to.equal("no-referrer");
      expect(headers.get("cross-origin-resource-policy")).to.equal("same-origin");
      expect(headers.get("access-control-allow-origin")).to.equal(null);
    }
  });

  it("contains no inline code and no other host", () => {
    for (const name of files) {
      const text = textOf(name);
      // The SVG namespace is not a request.
      expect(text.replaceAll("http://www.w3.org/2000/svg", ""), name).not.to.match(/\/\/\w+[.:]\w/);
      if (name.endsWith(".html"))
        expect(text, name).not.to.match(/<style|\sstyle=|\son\w+=|<script(?! type="module" src=)/);
      if (name.endsWith(".js"))
        expect(text, name).not.to.match(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/);
    }
  });

  it("refers only to existing files", () => {
    const references = [
      ...[...textOf("index.html").matchAll(/(?:src|href)="\/console\/([^"]+)"/g)].map(([, name]) => name ?? ""),
      ...files
        .filter((name) => name.endsWith(".js"))
        .flatMap((name) =>
          [...textOf(name).matchAll(/^import .* from "\.\/([^"]+)";$/gm)].map(([, other]) => other ?? ""),
        ),
    ];
    expect(references).to.include.members(["main.js", "style.css", "icon.svg", "text.js"]);
    expect(references.filter((name) => !files.includes(name))).to.deep.equal([]);
  });

  it("uses unique IDs that exist in the page", () => {
    const html = textOf("index.html");
    const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id ?? "");
    expect(ids).to.deep.equal([...new Set(ids)]);
    const referenced = files
      .filter((name) => name.endsWith(".js"))
      .flatMap((name) => [...textOf(name).matchAll(/byId\("([^"]+)"/g)].map(([, id]) => id ?? ""));
    expect(referenced).to.include("deployments");
    expect(referenced.filter((id) => !ids.includes(id))).to.deep.equal([]);
  });

  it("has a symbol and a color for each phase", () => {
    const phases = new Set([
      "queued",
      ...phaseNames("deployment.create", "airflow"),
      ...phaseNames("deployment.create", "superset"),
      ...phaseNames("deployment.destroy", "airflow"),
    ]);
    const symbols = [...phases].map(symbolOf);
    expect(symbols).to.not.include("?");
    expect(new Set(symbols).size, "different symbols").to.equal(phases.size);
    for (const phase of phases) expect(textOf("style.css"), phase).to.include(`[data-phase="${phase}"]`);
  });

  describe("of the built emulator", () => {
    let child: ChildProcess | undefined;
    afterEach(async () => {
      if (child === undefined) return;
      child.kill();
      await once(child, "exit");
    });

    it("is part of the package, and its address is printed at startup", async () => {
      const { files: packed } = JSON.parse(readFileSync(join(root, "emulator", "package.json"), "utf8"));
      expect(packed).to.include("console");
      const main = join(root, "emulator", "dist", "main.js");
      expect(existsSync(main), `${main}, which "npm run build" creates`).to.equal(true);
      child = spawn(process.execPath, [main, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
      if (child.stdout === null) throw new Error("no output to read");
      let url = "";
      for await (const line of createInterface(child.stdout)) {
        url = /^ +Console +(http:\S+)$/.exec(line)?.[1] ?? "";
        if (url !== "") break;
      }
      expect(url, "the printed address").to.match(/^http:\/\/127\.0\.0\.1:\d+\/$/);
      expect(await (await fetch(url)).text()).to.equal(textOf("index.html"));
    });
  });
});
