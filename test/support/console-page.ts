import { readFileSync } from "node:fs";
import { expect } from "chai";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { findChromium, missingChromium, startChromium } from "../../scripts/console/chromium";

/** A name as the console shows it within a sentence: isolated, so that a right-to-left name does not reorder it. */
export const quoted = (name: string): string => `“\u2068${name}\u2069”`;

/** The console in a real browser. */
export class ConsolePage {
  /** The emulator stops during the test, so failed requests are expected. */
  mayDisconnect = false;
  /** The page belongs to another origin, so its errors do not count. */
  isOtherOrigin = false;
  /** Errors and warnings in the browser. */
  readonly #problems: string[] = [];
  /** Origins to which the page sent requests. */
  readonly #origins = new Set<string>();

  constructor(
    readonly page: Page,
    readonly url: string,
  ) {
    page.setDefaultTimeout(30_000);
    page.on("pageerror", (error) => this.#problems.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") this.#problems.push(message.text());
    });
    page.on("request", (request) => this.#origins.add(new URL(request.url()).origin));
  }

  /** The row of a deployment. */
  deployment(name: string): Locator {
    return this.#row("#deployments", name);
  }

  /** The rows of a deployment's operations, newest first. */
  operations(name: string): Locator {
    return this.#row("#operations", name);
  }

  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  /** Chooses an item from the menu of a deployment. Uses the keyboard, so that moving rows do not matter. */
  async simulate(name: string, label: string): Promise<void> {
    await this.button(`Simulate ${name}`).press("Enter");
    await this.page.getByRole("menuitem", { name: label, exact: true }).press("Enter");
  }

  /** Waits for the result of the last action. */
  async feedback(text: string): Promise<void> {
    await this.page.locator("#feedback").getByText(text, { exact: true }).waitFor();
  }

  /** Presses Tab until the button has the focus. */
  async tabTo(name: string): Promise<void> {
    const seen: string[] = [];
    for (let presses = 0; presses < 100; presses++) {
      await this.page.keyboard.press("Tab");
      const focused = await this.focused();
      if (focused === name) return;
      seen.push(focused);
    }
    throw new Error(`the focus did not reach "${name}", but ${seen.join(", ")}`);
  }

  /** The text of the focused element. */
  focused(): Promise<string> {
    return this.page.evaluate("document.activeElement.textContent.trim()");
  }

  /** Fails if axe finds accessibility violations in the current page. */
  async expectAccessible(): Promise<void> {
    const isLoaded = await this.page.evaluate("'axe' in window");
    if (!isLoaded) await this.page.evaluate(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
    const found: { id: string; nodes: { html: string; failureSummary: string }[] }[] = await this.page.evaluate(
      "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
    );
    const violations = found.flatMap(({ id, nodes }) =>
      nodes.map((each) => `${id}: ${each.html}\n${each.failureSummary}`),
    );
    expect(violations, "accessibility violations").to.deep.equal([]);
  }

  /** Fails if the browser logged a problem, or if the page sent a request to another origin. */
  expectQuiet(): void {
    if (this.isOtherOrigin) return;
    const isDisconnect = (text: string) => this.mayDisconnect && /^Failed to load resource: net::ERR_/.test(text);
    const problems = this.#problems.filter((text) => !isDisconnect(text));
    expect(problems, "problems in the browser").to.deep.equal([]);
    expect([...this.#origins], "origins of requests").to.deep.equal([new URL(this.url).origin]);
  }

  #row(table: string, name: string): Locator {
    return this.page
      .locator(`${table} tbody tr`)
      .filter({ has: this.page.locator("strong").getByText(name, { exact: true }) });
  }
}

/**
 * Opens consoles for the tests of one `describe`, and closes them after each test. Fails if a browser logged a problem, or
 * if a page sent a request to another origin. Without Chromium, reports that the tests are skipped.
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
