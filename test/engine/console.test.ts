import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Emulator, type EmulatorOptions, startEmulator } from "../../emulator/src/index";
import { freePort } from "../../scripts/engine/free-port";
import { quoted, useConsoles } from "../support/console-page";
import { stepsByResource } from "../support/engine";
import { useHarness } from "../support/harness";

const second = 1_000;

describe("the console, in a real browser", () => {
  // First, so that its hooks close consoles before their emulators.
  const open = useConsoles();
  const createWorld = useHarness();

  const cleanups: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function startEmulatorForTest(options?: EmulatorOptions): Promise<Emulator> {
    const emulator = await startEmulator(options);
    cleanups.push(() => emulator.close());
    return emulator;
  }

  async function createThroughApi({ baseUrl, apiKey }: Emulator, name: string, appType = "superset"): Promise<void> {
    const response = await fetch(`${baseUrl}/deployments`, {
      method: "POST",
      headers: { "x-api-key": apiKey, "content-type": "application/json" },
      body: JSON.stringify({ app_type: appType, name }),
    });
    expect(response.status).to.equal(202);
  }

  it("follows pulumi up phase by phase until every deployment is ready", async () => {
    const { project, emulator, control } = await createWorld({
      speed: 1,
      program: `
        exports.url = new Deployment("etl", { appType: "airflow", name: "etl-nightly" }).url;
        new Deployment("dashboards", { appType: "superset", name: "dashboards" });`,
    });
    // The test advances the clock.
    await control.clock.pause();
    const console = await open(emulator.url);
    await console.page.locator("#no-deployments").getByText("No deployments yet.").waitFor();

    const up = project.spawnUp();
    const etl = console.deployment("etl-nightly");
    await etl.getByText("provisioning", { exact: true }).waitFor();
    await console.deployment("dashboards").waitFor();
    const etlOperation = console.operations("etl-nightly");
    const phases: [number, string][] = [
      [0, "queued"],
      [5, "initialization"],
      [45, "database provisioning"],
      [100, "infrastructure provisioning"],
      [90, "application bootstrap"],
      [50, "migrations"],
      [35, "health checks"],
      [25, "subdomain configuration"],
    ];
    for (const [index, [seconds, phase]] of phases.entries()) {
      await control.clock.advance(seconds * second);
      await etl.getByText(phase, { exact: true }).waitFor();
      await etlOperation.getByText("running", { exact: true }).or(etlOperation.getByText("queued")).first().waitFor();
      await etlOperation.locator(".bar").nth(index).waitFor();
      expect(await etlOperation.locator(".bar").count(), `bars in phase ${phase}`).to.equal(index + 1);
      expect(await etlOperation.locator(".phases").textContent()).to.match(new RegExp(`now ${phase}$`));
    }
    await console.deployment("dashboards").getByText("ready", { exact: true }).waitFor();
    await control.clock.finishAll();
    await etl.getByText("ready", { exact: true }).waitFor();
    await etlOperation.getByText("succeeded", { exact: true }).waitFor();
    await project.finish(up);

    const { stdout } = await project.run(["stack", "output", "url", "--stack", "dev"]);
    expect(await etl.locator(".address").textContent()).to.equal(stdout.trim().replace("https://", ""));
    expect(await console.page.locator("main a").count(), "links to hosts that do not exist").to.equal(0);
    expect(await console.page.locator("#tiles").innerText()).to.match(/ready\s+2\s/i);
    expect(await console.page.content(), "the page").not.to.include(emulator.apiKey);
    await console.expectAccessible();
  });

  it("destroys a deployment by keyboard, and pulumi preview detects it", async () => {
    const { project, emulator, control } = await createWorld({
      program: `for (const name of ["kept", "lost"]) new Deployment(name, { appType: "superset", name });`,
    });
    await project.up();
    expect(stepsByResource((await project.preview()).events)).to.deep.equal({ kept: ["same"], lost: ["same"] });

    await control.clock.pause();
    const console = await open(emulator.url);
    await console.deployment("lost").waitFor();
    await console.tabTo("Simulate lost");
    await console.page.keyboard.press("Enter");
    await console.page.getByRole("menu", { name: "lost" }).waitFor();
    for (let presses = 0; presses < 5; presses++) await console.page.keyboard.press("ArrowDown");
    expect(await console.focused()).to.equal("Destroy");
    await console.page.keyboard.press("Enter");
    await console.feedback(`Started to destroy ${quoted("lost")}`);
    await console.deployment("lost").getByText("destroying", { exact: true }).waitFor();
    expect(await console.focused(), "the focus returns").to.equal("Simulate lost");
    expect(control.deployments.get("kept").status).to.equal("ready");

    const steps = stepsByResource((await project.preview()).events);
    expect(steps["lost"]).to.include("replace");
    expect(steps["kept"]).to.deep.equal(["same"]);

    await console.simulate("lost", "Destroy");
    await console.feedback(`${quoted("lost")} is already being destroyed`);
    expect(control.state().counts.operations.total).to.equal(3);
    await control.clock.finishAll();
    await console.deployment("lost").getByText("deleted", { exact: true }).waitFor();
    expect(await console.focused(), "the focus does not move to another deployment's button").to.match(/^Deployments/);
  });

  it("marks as failed, renames, destroys and removes deployments, and reports the result", async () => {
    const emulator = await startEmulatorForTest();
    const { control } = emulator;
    for (const name of ["a", "b", "c", "d"]) await control.deployments.create({ appType: "airflow", name });
    const console = await open(emulator.url);

    await console.button("Simulate a").press("Enter");
    await console.page.getByRole("menu", { name: "a" }).waitFor();
    await console.expectAccessible();
    await console.page.keyboard.press("Escape");
    await console.page.getByRole("menu").waitFor({ state: "hidden" });
    expect(await console.focused()).to.equal("Simulate a");
    await console.simulate("a", "Mark as failed");
    await console.feedback(`Marked ${quoted("a")} as failed`);
    await console.deployment("a").getByText("failed", { exact: true }).waitFor();

    await console.simulate("b", "Rename…");
    const dialog = console.page.getByRole("dialog", { name: `Rename ${quoted("b")}` });
    await dialog.waitFor();
    await console.page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    expect(control.deployments.get("b").name).to.equal("b");
    await console.simulate("b", "Rename…");
    await dialog.waitFor();
    await console.expectAccessible();
    await console.page.keyboard.type("renamed");
    await console.page.keyboard.press("Enter");
    await console.feedback(`Renamed ${quoted("b")} to ${quoted("renamed")}`);
    await console.button("Simulate renamed").waitFor();

    await console.simulate("c", "Destroy immediately");
    await console.feedback(`Destroyed ${quoted("c")}`);
    await console.operations("c").getByText("succeeded", { exact: true }).waitFor();
    await console.simulate("d", "Remove without a destroy");
    await console.feedback(`Removed ${quoted("d")} without a destroy`);
    await console.deployment("d").getByText("deleted", { exact: true }).waitFor();
    await console.simulate("renamed", "Complete its operation");
    await console.feedback(`${quoted("renamed")} has no operation in progress`);
    expect(control.state().deployments.map(({ name, status }) => [name, status])).to.deep.equal([
      ["renamed", "ready"],
      ["a", "failed"],
    ]);
    expect(control.state().counts.operations.total).to.equal(1);
  });

  it("creates a deployment, filters by status, shows details, and copies the ID", async () => {
    const emulator = await startEmulatorForTest();
    await emulator.control.deployments.create({ appType: "airflow", name: "broken", status: "failed" });
    const console = await open(emulator.url);
    const { page } = console;
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await console.button("Create deployment").click();
    await page.getByRole("dialog", { name: "Create deployment" }).waitFor();
    await console.expectAccessible();
    await page.getByLabel("Name", { exact: true }).fill("theirs");
    await page.getByLabel("Application").selectOption("superset");
    await console.button("Create").click();
    await console.feedback(`Created ${quoted("theirs")}`);
    await console.deployment("theirs").getByText("ready", { exact: true }).waitFor();

    const failed = page.getByRole("button", { name: "failed 1" });
    await failed.click();
    await console.deployment("theirs").waitFor({ state: "detached" });
    await console.deployment("broken").waitFor();
    expect(await failed.getAttribute("aria-pressed")).to.equal("true");
    await failed.click();

    await console.button("Details of theirs").press("Enter");
    const details = page.getByRole("dialog", { name: "theirs" });
    await details.getByText('"app_type": "superset"', { exact: false }).waitFor();
    await console.expectAccessible();
    await console.button("Copy ID").click();
    await console.feedback("Copied the ID");
    const { id } = emulator.control.deployments.get("theirs");
    expect(await page.evaluate("navigator.clipboard.readText()")).to.equal(id);
  });

  it("fails requests and operations, limits the rate, and logs requests while pulumi up runs", async () => {
    const names = Array.from({ length: 10 }, (_, index) => `bulk-${index}`);
    const { project, emulator, control, platformIds, stateIds } = await createWorld({
      speed: 300,
      program: `for (const name of ${JSON.stringify(names)}) new Deployment(name, { appType: "superset" });`,
    }).then((world) => ({
      ...{ project: world.project, emulator: world.emulator, control: world.control },
      ...{ platformIds: () => world.platformIds(), stateIds: () => world.stateIds() },
    }));
    const console = await open(emulator.url);
    const { page } = console;
    const rules = page.locator("#rules tbody tr");
    await console.button("Lose the response").click();
    await rules.filter({ hasText: "1 × POST /deployments, response lost" }).waitFor();
    await page.getByLabel("For", { exact: true }).selectOption("3");
    await page.getByLabel("Requests", { exact: true }).first().selectOption({ label: "polls of operations" });
    await console.button("Respond with 503").click();
    await rules.filter({ hasText: "3 × GET /operations*, response 503" }).waitFor();
    await console.expectAccessible();

    await page.getByLabel("Filter").fill("post");
    const up = project.spawnUp();
    const log = page.locator("#requests tbody tr");
    await log.filter({ hasText: "POST /deployments" }).filter({ hasText: "no response" }).waitFor();
    // Not by "503", which random IDs of other failures or keys can contain.
    await page.getByLabel("Filter").fill(control.faults.list()[1]?.id ?? "no second failure");
    await log.filter({ hasText: "GET /operations" }).filter({ hasText: "fault_" }).first().waitFor();
    await log.filter({ hasText: "POST" }).first().waitFor({ state: "detached" });
    await log.first().getByRole("button").press("Enter");
    const details = page.getByRole("dialog", { name: "GET /api/v1/operations", exact: false });
    await details.getByText("Response 503").waitFor();
    await details.getByText('"SERVICE_UNAVAILABLE"', { exact: false }).waitFor();
    await console.button("Close").click();
    await page.getByLabel("Filter").fill("");
    await project.finish(up);
    expect(platformIds()).to.deep.equal(await stateIds());
    expect(platformIds()).to.have.length(10);
    expect(await page.content(), "the page").not.to.include(emulator.apiKey);

    await rules.first().getByRole("button").press("Enter");
    await rules.nth(1).waitFor({ state: "detached" });
    await page.getByLabel("of", { exact: true }).fill("bulk-*");
    await console.button("Never ends").click();
    await rules.filter({ hasText: `1 × create of ${quoted("bulk-*")}, hang` }).waitFor();
    expect(control.outcomes.list()).to.have.length(1);
    await page.locator("#rate-requests").fill("5");
    await console.button("Set the limit").click();
    await page.getByText("Limit: 5 requests in 60 s.").waitFor();
    await console.button("Remove the limit").click();
    await page.getByText("No rate limit.").waitFor();
    await console.button("Clear").click();
    await console.feedback("Cleared the request log");
    await page.getByText("No requests yet.", { exact: true }).waitFor();
  });

  it("keeps the list of requests while updates are paused, except after a change of the filter", async () => {
    const emulator = await startEmulatorForTest();
    const request = (path: string) =>
      fetch(`${emulator.baseUrl}${path}`, { headers: { "x-onvera-api-key": emulator.apiKey } });
    await request("/deployments");
    await request("/environments");
    const console = await open(emulator.url);
    const log = console.page.locator("#requests tbody tr");
    await log.nth(1).waitFor();
    await console.button("Pause updates").click();
    await console.page.getByLabel("Filter").fill("environments");
    await log.nth(1).waitFor({ state: "detached" });
    await request("/environments");
    await request("/operations");
    await console.page.getByLabel("Filter").fill("");
    await log.nth(3).waitFor();

    await request("/deployments");
    await console.page.locator("#requests-count").getByText("4", { exact: true }).waitFor();
    await console.button("Pause updates").click();
    await log.nth(4).waitFor();
  });

  it("ignores a click when the row under the pointer has just changed", async () => {
    const emulator = await startEmulatorForTest();
    await emulator.control.deployments.create({ appType: "airflow", name: "first" });
    const console = await open(emulator.url);
    await console.button("Simulate first").waitFor();
    // Clicks while the rows move, before any other event.
    await console.page.evaluate(`
      new MutationObserver((_, observer) => {
        observer.disconnect();
        document.querySelector("#deployments [aria-haspopup]").dispatchEvent(new MouseEvent("click", { detail: 1, bubbles: true }));
      }).observe(document.querySelector("#deployments tbody"), { childList: true });
    `);
    await emulator.control.deployments.create({ appType: "airflow", name: "second" });
    await console.feedback("The rows just moved, so the click was ignored. Try again");
    expect(emulator.control.state().deployments.map(({ name }) => name)).to.deep.equal(["second", "first"]);
    expect(await console.page.getByRole("menu").count()).to.equal(0);
    await console.simulate("second", "Remove without a destroy");
    await console.feedback(`Removed ${quoted("second")} without a destroy`);
  });

  it("labels the buttons of deployments with the same name by their IDs", async () => {
    const emulator = await startEmulatorForTest();
    const first = await emulator.control.deployments.create({ appType: "airflow", name: "twin" });
    await emulator.control.deployments.create({ appType: "airflow", name: "twin" });
    const console = await open(emulator.url);
    await console.simulate(`twin (${first.id})`, "Remove without a destroy");
    await console.button("Simulate twin").waitFor();
    expect(emulator.control.state().gone.map(({ id }) => id)).to.deep.equal([first.id]);
  });

  it("sets the speed of the clock and pauses it", async () => {
    const emulator = await startEmulatorForTest();
    const { control } = emulator;
    const console = await open(emulator.url);
    await console.page.getByLabel("Speed").selectOption("60");
    await console.feedback("Operations now run at 60 × speed");
    expect(control.clock.get().speed).to.equal(60);
    await console.button("Pause the clock").click();
    await console.button("Resume the clock").waitFor();
    await console.page.locator("#clock-note").getByText("paused", { exact: true }).waitFor();
    expect(control.clock.get().paused).to.equal(true);
    await console.button("Resume the clock").press("Enter");
    await console.button("Pause the clock").waitFor();
    expect(control.clock.get().paused).to.equal(false);
    // While the list has the focus its selection stays; afterwards it shows the platform's speed.
    await console.page.getByLabel("Speed").focus();
    await control.clock.setSpeed(7);
    await console.page.locator("#speed option").getByText("7 ×").waitFor({ state: "attached" });
    expect(await console.page.locator("#speed option:checked").textContent()).to.equal("60 ×");
    await console.page.getByRole("heading", { name: "Clock" }).click();
    await console.page.locator("#speed option:checked").getByText("7 ×").waitFor({ state: "attached", timeout: 5_000 });
  });

  it("shows untrusted names as text", async () => {
    const emulator = await startEmulatorForTest();
    const name = `<img src=x onerror="document.title='caught'"><b>bold</b>`;
    await createThroughApi(emulator, name);
    await emulator.control.deployments.create({ appType: "airflow", name: "javascript:alert(1)//\u202Egnp" });
    await emulator.control.deployments.create({ appType: "airflow", name: "x".repeat(255) });
    const console = await open(emulator.url, { viewport: { width: 360, height: 740 } });
    await console.deployment(name).waitFor();
    await console.simulate(name, "Mark as failed");
    await console.feedback(`Marked ${quoted(name)} as failed`);
    await console.operations(name).getByText("failed", { exact: true }).waitFor();
    expect(await console.page.locator("main img, main b").count()).to.equal(0);
    expect(await console.page.title()).to.not.include("caught");
    expect(await console.page.evaluate("document.documentElement.scrollWidth")).to.equal(360);
  });

  it("reports a lost connection, keeps the last state, and reconnects", async () => {
    const folder = mkdtempSync(join(tmpdir(), "console-"));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    const data = join(folder, "data");
    const port = await freePort();
    const first = await startEmulator({ data, port });
    cleanups.push(() => first.close());
    await first.control.deployments.create({ appType: "airflow", name: "survivor" });
    const console = await open(first.url);
    console.mayDisconnect = true;
    await console.page.getByText("Live", { exact: true }).waitFor();
    await console.deployment("survivor").waitFor();

    await first.close();
    await console.page.getByText("Disconnected", { exact: true }).waitFor();
    await console.page.locator("#outage").getByText("Cannot reach the emulator; retrying.").waitFor();
    await console.page.locator("#announcements").getByText("Cannot reach the emulator; retrying.").waitFor();
    await console.deployment("survivor").waitFor();
    await console.expectAccessible();
    await console.simulate("survivor", "Mark as failed");
    await console.feedback("The emulator did not respond. Check its state to see whether the change was made");

    const second = await startEmulatorForTest({ data, port });
    await console.page.getByText("Live", { exact: true }).waitFor();
    await console.page.locator("#outage").waitFor({ state: "hidden" });
    await console.page.locator("#announcements").getByText("Reconnected to the emulator.").waitFor();
    await second.control.deployments.rename("survivor", "survivor-2");
    await console.deployment("survivor-2").waitFor();

    await second.control.outage({ forMs: 1_500 });
    await console.page.getByText("Disconnected", { exact: true }).waitFor();
    await console.page.getByText("Live", { exact: true }).waitFor();
  });

  it("stays usable with a thousand operations in progress", async () => {
    const emulator = await startEmulatorForTest();
    const names = Array.from({ length: 1_000 }, (_, index) => `bulk-${String(index).padStart(4, "0")}`);
    for (let start = 0; start < names.length; start += 50) {
      await Promise.all(names.slice(start, start + 50).map((name) => createThroughApi(emulator, name)));
    }
    const console = await open(emulator.url);
    const rows = (table: string) => console.page.locator(`#${table} tbody tr:not(.gone)`);
    await console.deployment("bulk-0999").waitFor();
    expect(await rows("deployments").count()).to.equal(10);
    expect(await rows("operations").count()).to.equal(25);
    expect(await console.page.locator("#deployments-count").textContent()).to.equal("10 of 1,000");
    expect(await console.page.locator("#operations-count").textContent()).to.equal("25 of 1,000");

    await console.page.getByLabel("Find").fill("BULK-0123");
    await console.deployment("bulk-0123").waitFor();
    await console.page.locator("#deployments-count").getByText("1", { exact: true }).waitFor();
    expect(await rows("deployments").count()).to.equal(1);
    await console.page.locator("#announcements").getByText("1 found.").waitFor();
    await console.simulate("bulk-0123", "Destroy immediately");
    await console.feedback(`Destroyed ${quoted("bulk-0123")}`);
    await console.page.getByLabel("Find").fill("x".repeat(20_000));
    await console.page.getByText("No deployment matches", { exact: false }).waitFor();
    await console.page.getByText("Live", { exact: true }).waitFor();
    await console.page.getByLabel("Find").fill("");

    for (const [size, label] of [
      [50, "Show 50 deployments"],
      [200, "Show 200 deployments"],
    ] as const) {
      await console.button(label).press("Enter");
      await rows("deployments")
        .nth(size - 1)
        .waitFor();
    }
    await console.button("Show 100 operations").press("Enter");
    await rows("operations").nth(99).waitFor();
    expect(await rows("deployments").count()).to.equal(200);
    await emulator.control.clock.finishAll();
    await console.deployment("bulk-0999").getByText("ready", { exact: true }).waitFor();
  });

  it("announces changes to screen readers in batches", async () => {
    const emulator = await startEmulatorForTest({ speed: 1 });
    const console = await open(emulator.url);
    await console.page.getByText("Live", { exact: true }).waitFor();
    await console.page.evaluate(`
      window.announced = [];
      new MutationObserver(() => announced.push(document.getElementById("announcements").textContent))
        .observe(document.getElementById("announcements"), { childList: true, characterData: true, subtree: true });
    `);
    for (let n = 0; n < 8; n++) await createThroughApi(emulator, `bulk-${n}`);
    for (let n = 0; n < 24; n++) await emulator.control.clock.advance(10 * second);
    await console.page.locator("#announcements").getByText("8 deployments are ready.").waitFor();
    const announced: string[] = await console.page.evaluate("window.announced");
    expect(announced.length, announced.join(" | ")).to.be.at.most(3);
    expect(await console.page.locator("#announcements").getAttribute("role")).to.equal("status");
  });

  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [1280, 760, 390]) {
      it(`passes axe and does not scroll sideways: ${colorScheme}, ${width} px`, async () => {
        const emulator = await startEmulatorForTest();
        await createThroughApi(emulator, "etl-with-a-rather-long-name-for-a-deployment", "airflow");
        await createThroughApi(emulator, "dashboards");
        await createThroughApi(emulator, "doomed");
        await emulator.control.clock.advance(100 * second);
        await emulator.control.deployments.markFailed("doomed");
        const { id } = await emulator.control.deployments.create({ appType: "airflow", name: "destroying" });
        await emulator.control.deployments.destroy(id);
        await emulator.control.deployments.create({ appType: "airflow", name: "ready" });
        await emulator.control.deployments.create({ appType: "airflow", name: "  " });
        await emulator.control.deployments.create({ appType: "airflow", name: "שלום (1)" });
        emulator.control.faults.add({ match: { method: "GET" }, action: { type: "answer", status: 500 } });
        const console = await open(emulator.url, {
          ...{ colorScheme, viewport: { width, height: 800 }, reducedMotion: "reduce" },
        });
        await console.operations("doomed").waitFor();
        await console.expectAccessible();
        await console.button("Phases as text").click();
        await console.operations("doomed").locator(".phases").getByText("database provisioning").waitFor();
        await console.expectAccessible();
        expect(await console.page.evaluate("document.documentElement.scrollWidth"), "width of the page").to.equal(
          width,
        );
        const background = await console.page.evaluate("getComputedStyle(document.body).backgroundColor");
        expect(background).to.equal(colorScheme === "light" ? "rgb(244, 245, 248)" : "rgb(13, 16, 21)");
        expect(await console.page.evaluate("document.getAnimations().length"), "running animations").to.equal(0);
      });
    }
  }

  it("keeps the table semantics on narrow screens", async () => {
    const emulator = await startEmulatorForTest();
    await createThroughApi(emulator, "etl", "airflow");
    const console = await open(emulator.url, { viewport: { width: 360, height: 740 } });
    const table = console.page.getByRole("table", { name: "Deployments, newest first", exact: false });
    await table.getByRole("rowheader", { name: "etl" }).waitFor();
    expect(await table.getByRole("columnheader").allInnerTexts()).to.have.length(6);
    expect(await table.getByRole("row").count()).to.equal(2);
    for (const name of ["banner", "main", "contentinfo", "navigation"] as const) {
      expect(await console.page.getByRole(name).count(), name).to.equal(1);
    }
    const headings = await console.page.getByRole("heading").allTextContents();
    expect(headings.map((each) => each.trim().split(" ")[0])).to.deep.equal([
      "Onvera",
      "Deployments",
      "Clock",
      "Deployments",
      "Operations",
      "Simulate",
      "Requests",
      "Operations",
      "Rate",
      "Requests",
    ]);
  });

  for (const host of ["localhost", "127.0.0.1"]) {
    it(`cannot be controlled by a page of another origin, such as ${host} with another port`, async () => {
      const emulator = await startEmulatorForTest();
      const { id } = await emulator.control.deployments.create({ appType: "airflow", name: "mine" });
      const change = `${emulator.url}/_emulator/deployments/${id}`;
      const otherServer = createServer((request, response) => {
        response.setHeader("content-type", "text/html");
        response.end(`<!doctype html><link rel="icon" href="data:,">
          <iframe src="${emulator.url}"></iframe>
          <form method="post" enctype="text/plain" action="${change}"><input name='{"change":"vanish","name":"' value='"}'></form>
          <script>
            const body = '{"change":"vanish"}';
            const json = { "content-type": "application/json" };
            const quiet = { method: "POST", mode: "no-cors" };
            window.done = Promise.allSettled([
              fetch("${emulator.url}/_emulator/reset", quiet),
              fetch("${change}", { ...quiet, body }),
              fetch("${change}", { ...quiet, body: new URLSearchParams({ change: "vanish" }) }),
              fetch("${change}", { method: "POST", headers: json, body }),
              fetch("${emulator.url}/_emulator/clock", { method: "PATCH", headers: json, body: '{"paused":true}' }),
              fetch("${emulator.url}/_emulator/faults", { method: "DELETE" }),
              fetch("${emulator.url}/_emulator/state").then((response) => response.text()),
              new Promise((_, reject) => new EventSource("${emulator.url}/_emulator/events").onerror = reject),
            ]).then((all) => all.map(({ status }) => status));
          </script>`);
        request.resume();
      });
      otherServer.listen(0, "127.0.0.1");
      await once(otherServer, "listening");
      cleanups.push(() => {
        otherServer.close();
        otherServer.closeAllConnections();
      });

      const page = await open(`http://${host}:${(otherServer.address() as AddressInfo).port}`);
      const statuses: number[] = [];
      page.page.on("response", (response) => {
        if (response.url().startsWith(`${emulator.url}/_emulator/`)) statuses.push(response.status());
      });
      await page.page.reload();
      const outcomes: string[] = await page.page.evaluate("window.done");
      // Requests without a preflight are sent, but the page cannot read the response. The others are not sent.
      expect(outcomes.slice(3)).to.deep.equal(Array(5).fill("rejected"));
      const [frame] = page.page.frames().slice(1);
      expect(await frame?.locator("#deployments").count(), "the console in a frame").to.equal(0);
      await Promise.all([page.page.waitForResponse(change), page.page.evaluate("document.forms[0].submit()")]);

      expect(statuses.length, "responses to requests without a preflight").to.be.at.least(4);
      expect([...new Set(statuses)]).to.deep.equal([403]);
      expect(emulator.control.deployments.get("mine").status).to.equal("ready");
      expect(emulator.control.clock.get().paused).to.equal(false);
      // The browser logs what it blocked.
      page.isOtherOrigin = true;
    });
  }
});
