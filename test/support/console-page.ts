import { readFileSync } from "node:fs";
import { expect } from "chai";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { findChromium, missingChromium, startChromium } from "../../scripts/console/chromium";

/** A name as the page writes it in sentences: isolated from the direction of the text around it. */
export const quoted = (name: string): string => `“\u2068${name}\u2069”`;

/** The console, open in a real browser. */
export class ConsolePage {
  /** The platform goes away meanwhile: then each request that failed for it is no reason to complain. */
  mayLosePlatform = false;
  /** Another's page, with which everything may be wrong. */
  isForeign = false;
  /** What the browser complained of. */
  readonly #complaints: string[] = [];
  /** Where requests went. */
  readonly #origins = new Set<string>();

  constructor(
    readonly page: Page,
    readonly url: string,
  ) {
    page.setDefaultTimeout(30_000);
    page.on("pageerror", (error) => this.#complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") this.#complaints.push(message.text());
    });
    page.on("request", (request) => this.#origins.add(new URL(request.url()).origin));
  }

  /** The row of a deployment. */
  deployment(name: string): Locator {
    return this.#row("#deployments", name);
  }

  /** The rows of its operations, the newest first. */
  operations(name: string): Locator {
    return this.#row("#operations", name);
  }

  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  /** Opens the menu of a deployment, by keyboard so that rows that move do not matter, and chooses an item. */
  async simulate(name: string, label: string): Promise<void> {
    await this.button(`Simulate ${name}`).press("Enter");
    await this.page.getByRole("menuitem", { name: label, exact: true }).press("Enter");
  }

  /** What the last press has come to. */
  async feedback(text: string): Promise<void> {
    await this.page.locator("#feedback").getByText(text, { exact: true }).waitFor();
  }

  /** Presses Tab until the focus is on that button, as somebody without a mouse does. */
  async tabTo(name: string): Promise<void> {
    const seen: string[] = [];
    for (let presses = 0; presses < 100; presses++) {
      await this.page.keyboard.press("Tab");
      const focused = await this.focused();
      if (focused === name) return;
      seen.push(focused);
    }
    throw new Error(`the focus never came to "${name}", but to ${seen.join(", ")}`);
  }

  /** The text of the focused element. */
  focused(): Promise<string> {
    return this.page.evaluate("document.activeElement.textContent.trim()");
  }

  /** Fails with each thing that axe finds wrong with the page as it is now. */
  async expectAccessible(): Promise<void> {
    const has = await this.page.evaluate("'axe' in window");
    if (!has) await this.page.evaluate(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
    const found: { id: string; nodes: { html: string; failureSummary: string }[] }[] = await this.page.evaluate(
      "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
    );
    const told = found.flatMap(({ id, nodes }) => nodes.map((each) => `${id}: ${each.html}\n${each.failureSummary}`));
    expect(told, "violations that axe has found").to.deep.equal([]);
  }

  /** Fails where the browser complained, or asked anything of another host. */
  expectQuiet(): void {
    if (this.isForeign) return;
    const isLoss = (text: string) => this.mayLosePlatform && /^Failed to load resource: net::ERR_/.test(text);
    const complaints = this.#complaints.filter((text) => !isLoss(text));
    expect(complaints, "what the browser complained of").to.deep.equal([]);
    expect([...this.#origins], "where requests went").to.deep.equal([new URL(this.url).origin]);
  }

  #row(table: string, name: string): Locator {
    return this.page
      .locator(`${table} tbody tr`)
      .filter({ has: this.page.locator("strong").getByText(name, { exact: true }) });
  }
}

/**
 * For a `describe` block: opens consoles, closes them after each test, and fails where one complained or asked anything of
 * another host. Where there is no Chromium the tests are skipped, which is said.
 */
export function useConsoles(): (url: string, options?: BrowserContextOptions) => Promise<ConsolePage> {
  let browser: Browser | undefined;
  const open: ConsolePage[] = [];
  before(async function () {
    const executable = await findChromium();
    if (executable === undefined) {
      process.stderr.write(`    not run: ${missingChromium}\n`);
      this.skip();
    }
    browser = await startChromium(executable);
  });
  after(() => browser?.close());
  afterEach(async function () {
    const opened = open.splice(0);
    for (const { page } of opened) await page.context().close();
    if (this.currentTest?.state === "passed") for (const each of opened) each.expectQuiet();
  });
  return async (url, options = {}) => {
    if (browser === undefined) throw new Error("the browser has not been started");
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const opened = new ConsolePage(await context.newPage(), url);
    open.push(opened);
    await opened.page.goto(url);
    return opened;
  };
}
