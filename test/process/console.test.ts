/** The console, in a real browser, over a line that can be cut, at a real tree. */
import assert from "node:assert/strict";
import http from "node:http";
import type net from "node:net";
import { type TestContext, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { openBrowser, PAGE_DEADLINE_MS } from "../fixtures/chromium.ts";
import { freePort } from "../fixtures/ports.ts";
import { TestProxy } from "../fixtures/proxy.ts";
import { replaceFile } from "../fixtures/system.ts";
import { atEnd, plant, type TestTree, until } from "../fixtures/tree.ts";

const TOKEN = "let-me-in";
const READ_TOKEN = "let-me-look";
/** As hostile as a name may be. */
const HOSTILE = "<u>\u202e&lt;img";
const TEXT = `<img src=x onerror="window.harmed=1"><script>window.harmed=2</script>`;

/** @param port on which it listens again after a reload; @param more of the script */
const scriptOf = (port: number, more = "") => `import { broker, on, supervisor } from "coppice";
const limits = { handshake: 600_000, upgradeTime: 600_000, pingInterval: 600_000 };
on("init", async () => {
  if (!supervisor.isSupervisor()) return;
  await broker.listenWebSocket({
    port: ${port}, token: "${TOKEN}", readToken: "${READ_TOKEN}", limits,
  });
  const revival = { delay: 50, factor: 1 };
  const sleeper = ["sh", "-c", "echo hello from $$; exec sleep 100000"];
  await supervisor.create({ name: "victim", command: sleeper, revival });
  const says = ["printf", "%s\\\\033[31m red\\\\033[0m\\\\n", ${JSON.stringify(`${TEXT}\u202e`)}];
  await supervisor.create({
    name: ${JSON.stringify(HOSTILE)}, command: says, revival: { when: "never" },
  });
${more}
  console.log("set up");
});`;

interface Scene {
  tree: TestTree;
  /** On which it listens. */
  port: number;
  proxy: TestProxy;
  browser: Browser;
  page: Page;
  url: string;
  /** Of all pages: where they asked for something, and what went wrong in them. */
  asked: Set<string>;
  troubles: string[];
}

test("the console shows a tree and drives it", async (t) => {
  const scene = await enter(t);
  if (scene === undefined) return;
  // One page and one tree for all: each begins where the one before has ended.
  let skip: string | false = false;
  for (const [name, act] of ACTS)
    await t.test(name, { skip }, async () => {
      skip = "one before it has failed";
      await act(scene, t);
      skip = false;
    });
});

const ACTS: [string, (scene: Scene, t: TestContext) => Promise<void>][] = [
  ["it asks for the token, and takes no other", login],
  ["titles stand above their columns, beside a scroll bar too", aligned],
  ["what nodes are called and print stays text", hostileText],
  ["a node that is killed is seen to grow back", killed],
  ["what it has left behind is read", crashRecord],
  ["a node is restarted by keyboard, and the page says so", restarted],
  ["output is searched", searched],
  ["a connection that was cut is made again, and what happened meanwhile is seen", cut],
  ["a Supervisor that stands still is said not to answer", standstill],
  ["a token in the address is taken out of it; one to look gives no orders", looking],
  ["a reload shows its plan first, and can be left at that", planned],
  ["a reload is carried out, and the page goes on where it was", reloaded],
  ["what is stopped or destroyed by keyboard leaves the focus near by", destroyed],
  ["it fits a phone", phone],
  ["a page of another site cannot connect, though it knows the token", elsewhere],
  ["it has asked no other host for anything, and broken none of its own rules", clean],
];

async function enter(t: TestContext): Promise<Scene | undefined> {
  const browser = await openBrowser(t);
  if (browser === undefined) return undefined;
  const port = await freePort();
  const tree = plant(t, scriptOf(port));
  await tree.line(/^set up$/m);
  const proxy = await TestProxy.to(t, port);
  const url = `http://127.0.0.1:${proxy.port}/`;
  const scene = { tree, port, proxy, browser, url, asked: new Set<string>(), troubles: [] };
  return { ...scene, page: await open(scene, url) };
}

/** A page of its own, with what it does noted. */
async function open(
  { browser, asked, troubles }: Pick<Scene, "browser" | "asked" | "troubles">,
  url: string,
  options: Parameters<Browser["newPage"]>[0] = {},
): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options });
  page.setDefaultTimeout(PAGE_DEADLINE_MS);
  page.on("request", (request) => asked.add(new URL(request.url()).host));
  page.on("websocket", (socket) => asked.add(new URL(socket.url()).host));
  page.on("pageerror", (error) => troubles.push(String(error)));
  page.on("console", (message) => {
    // The browser itself notes each attempt to connect while nobody is there.
    const isLoss = /Failed to load resource|WebSocket connection to/.test(message.text());
    if (message.type() === "error" && !isLoss) troubles.push(message.text());
  });
  await page.goto(url);
  return page;
}

const row = (page: Page, name: string) =>
  page.locator(`.row[data-key=${JSON.stringify(`node ${name}`)}]`);
const fact = (page: Page, title: string) =>
  page.locator(`.facts div:has(dt:text-is("${title}")) dd`);
const shows = (page: Page, selector: string, text: string) =>
  page.locator(selector, { hasText: text }).first().waitFor();

async function pidShown(page: Page): Promise<number> {
  return until("a PID", async () => Number(await fact(page, "PID").textContent()) || undefined);
}

async function otherPid(page: Page, old: number): Promise<number> {
  return until("another PID", async () => {
    const pid = Number(await fact(page, "PID").textContent());
    return pid > 0 && pid !== old ? pid : undefined;
  });
}

async function login({ page }: Scene): Promise<void> {
  const token = page.locator("#token");
  await token.fill("let-me-not");
  await token.press("Enter");
  await shows(page, "#login-problem", "That is not the token.");
  for (let i = 0; i < 3; i++) await page.keyboard.press("Escape");
  await token.fill(TOKEN);
  await token.press("Enter");
  await shows(page, "#link", "live");
  await row(page, "victim").waitFor();
  assert.equal(await page.locator("dialog[open]").count(), 0);
}

async function aligned({ page }: Scene): Promise<void> {
  const edges = (selector: string) =>
    page.locator(selector).evaluateAll((cells) =>
      cells.map((cell) => {
        const { left, right } = cell.getBoundingClientRect();
        return [left, right];
      }),
    );
  for (const width of [1280, 1200, 1100, 1000, 900, 390]) {
    await page.setViewportSize({ width, height: 800 });
    const cells = await edges(".row:first-child > *");
    assert.deepEqual(cells, await edges(".tree-head > *"));
    const [[, end = 0] = []] = await edges(".row:first-child");
    const last = Math.max(...cells.map(([, right = 0]) => right));
    assert.ok(last <= end, `all columns have room in a window of ${width}: ${last} of ${end}`);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}

async function hostileText({ page }: Scene): Promise<void> {
  const hostile = row(page, HOSTILE);
  assert.equal(await hostile.locator(".name-text").textContent(), "<u>\\u{202e}&lt;img");
  await hostile.click();
  // Of this node alone: lines of several have their names before them.
  const lines = page.locator(".line:not(:has(.line-node)) .line-text");
  const line = await lines.filter({ hasText: TEXT }).textContent();
  assert.equal(line, `${TEXT}\\u{202e} red`);
  assert.equal(await lines.locator(".text-red").textContent(), " red");
  assert.equal(await page.locator("#details-title").textContent(), "<u>\\u{202e}&lt;img");
  assert.equal(await page.locator("img, u, script:not([src])").count(), 0);
  assert.equal(await page.evaluate("window.harmed"), undefined);
}

async function killed({ page }: Scene): Promise<void> {
  await row(page, "victim").click();
  const before = await pidShown(page);
  process.kill(before, "SIGKILL");
  await otherPid(page, before);
  await shows(page, ".event.of-exited", `node 'victim' (PID ${before}) ended by signal 9`);
  await shows(page, ".event.of-revived", "node 'victim' was revived");
  await shows(page, ".details-state", "running");
  await shows(page, ".facts dd", "signal SIGKILL");
  assert.ok((await page.locator(".life-line .tick.is-ended").count()) > 0);
}

async function crashRecord({ page }: Scene): Promise<void> {
  const pid = await pidShown(page);
  await page.getByRole("tab", { name: "Crashes" }).click();
  const crash = page.locator(".crash", { hasText: "signal SIGKILL" });
  // What came next is written into the record when it has come.
  const next = page.locator(".crash-record dd", { hasText: `started again (PID ${pid})` });
  await until("the whole record", async () => {
    await crash.click();
    await shows(page, ".crash-record h3", "victim, ");
    return (await next.count()) > 0;
  });
  await shows(page, ".crash-record .lines .line-text", "hello from ");
  // The next one comes above it, and takes the focus from nobody.
  await crash.focus();
  process.kill(pid, "SIGKILL");
  await page.locator(".crash").nth(1).waitFor();
  await otherPid(page, pid);
  assert.equal(await page.evaluate("document.activeElement.className"), "crash");
  await shows(page, ".crash-record h3", "victim, ");
  await page.getByRole("tab", { name: "Output" }).click();
}

async function restarted({ page, tree }: Scene): Promise<void> {
  const before = await pidShown(page);
  await row(page, HOSTILE).click();
  await shows(page, "#details-title", "img");
  await page.keyboard.press("/");
  await page.keyboard.type("vic");
  await page.keyboard.press("ArrowDown");
  // The only node that is called so; its details, and back.
  const focused = () =>
    page.evaluate("document.activeElement.dataset.key ?? document.activeElement.id");
  assert.equal(await focused(), "node victim");
  await page.keyboard.press("Enter");
  assert.equal(await focused(), "details-title");
  await page.keyboard.press("Escape");
  assert.equal(await focused(), "node victim");
  await page.keyboard.press("r");
  await shows(page, "#confirm-title", "Restart 'victim'?");
  await page.keyboard.press("Enter");
  await otherPid(page, before);
  await shows(page, ".toast", "restarted 'victim'");
  assert.match(tree.stderr, /info: restart 'victim', ordered by 127\.0\.0\.1/);
  await page.locator("#find").fill("");
}

async function searched({ page }: Scene): Promise<void> {
  const pid = await pidShown(page);
  await shows(page, ".line-text", `hello from ${pid}`);
  const search = page.getByLabel("Search in output");
  await search.fill(`FROM ${pid}`);
  await shows(page, ".output .note", "1 of ");
  assert.equal(await page.locator(".line mark").textContent(), `from ${pid}`);
  await search.fill("");
}

async function cut({ page, proxy }: Scene): Promise<void> {
  const before = await pidShown(page);
  proxy.isOpen = false;
  proxy.cut();
  await shows(page, "#link", "connection lost");
  await shows(page, "#banner", "how things were");
  process.kill(before, "SIGKILL");
  proxy.isOpen = true;
  await shows(page, "#link", "live");
  const after = await otherPid(page, before);
  await shows(page, ".line-text", `hello from ${after}`);
  // What came before the cut is not shown twice.
  assert.equal(await page.locator(".line-text", { hasText: `from ${before}` }).count(), 1);
  // Of another node nothing can be had meanwhile, and what is there is not taken for its own.
  proxy.isOpen = false;
  proxy.cut();
  await shows(page, "#link", "connection lost");
  await row(page, HOSTILE).click();
  await page.locator(".output .line").first().waitFor({ state: "detached" });
  proxy.isOpen = true;
  await shows(page, ".output .line-text", TEXT);
  await row(page, "victim").click();
}

async function standstill({ page, tree }: Scene): Promise<void> {
  process.kill(tree.pid, "SIGSTOP");
  try {
    await shows(page, "#link", "no answer for");
  } finally {
    process.kill(tree.pid, "SIGCONT");
  }
  await page.locator("#link", { hasText: /^live$/ }).waitFor();
}

async function looking(scene: Scene): Promise<void> {
  const page = await open(scene, `${scene.url}#token=${READ_TOKEN}`);
  await shows(page, "#link", "live, to look only");
  assert.equal(page.url(), scene.url);
  await row(page, "victim").click();
  await shows(page, ".commands .note", "may look");
  assert.ok(await page.getByRole("button", { name: "Restart" }).isDisabled());
  await row(page, "victim").press("r");
  assert.equal(await page.locator("dialog[open]").count(), 0);
  await page.close();
}

async function planned({ page, tree }: Scene): Promise<void> {
  await page.getByRole("button", { name: "Reload…" }).click();
  await shows(page, "#plan-text", "Nothing would change.");
  await shows(page, "#plan-changes tr.plan-keep th", "victim");
  await page.keyboard.press("Escape");
  await page.locator("#plan").waitFor({ state: "hidden" });
  assert.match(tree.stderr, /info: plan a reload, ordered by/);
  assert.doesNotMatch(tree.stderr, /info: reload, ordered by/);
}

const pointsOf = (curve: string | null) => curve?.match(/[ML]/g)?.length ?? 0;

async function reloaded({ page, tree, port, proxy }: Scene): Promise<void> {
  const keys = () =>
    page.locator(".row").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-key")));
  const curve = () => page.locator(".chart.of-memory .chart-line").getAttribute("d");
  await row(page, "victim").click();
  const pid = await pidShown(page);
  const stem = await tree.stem();
  const before = await keys();
  const samples = await until("a curve", async () => pointsOf(await curve()));
  const { connections } = proxy;
  // What the page has said of its connection, from now on: another one would know nothing of it.
  await page.evaluate(`
    window.said = [];
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes)
        for (const { data } of addedNodes) window.said.push(data);
    }).observe(document.getElementById("link"), { childList: true });
  `);
  const newcomer = `  await supervisor.create({ name: "newcomer", command: sleeper, revival });`;
  replaceFile(tree.file("tree.mjs"), scriptOf(port, newcomer));

  await page.getByRole("button", { name: "Reload…" }).press("Enter");
  await shows(page, "#plan-text", "1 node starts, 2 stay as they are.");
  await shows(page, "#plan-changes tr.plan-start th", "newcomer");
  await shows(page, "#plan-changes tr.plan-keep th", "victim");
  assert.deepEqual(await keys(), before);
  await page.locator("#plan-yes").click();

  await shows(page, ".toast", "Reloaded: 1 node starts, 2 stay as they are.");
  await row(page, "newcomer").locator(".state-text", { hasText: "running" }).waitFor();
  await page.locator("#link", { hasText: /^live$/ }).waitFor();
  await page.locator("#banner").waitFor({ state: "hidden" });
  assert.ok(proxy.connections > connections, "it has connected once more");
  const said = (await page.evaluate("window.said")) as string[];
  assert.equal(said[0], "reloading");
  assert.equal(await page.evaluate("document.activeElement.id"), "reload");
  assert.deepEqual(await keys(), [...before, "node newcomer"]);
  assert.equal(await page.locator("body").getAttribute("data-stale"), "false");
  // Nodes and Stem have not noticed, and the page has forgotten nothing of them.
  assert.equal(await pidShown(page), pid);
  assert.equal(await tree.stem(), stem);
  assert.equal(await page.locator(".line-text", { hasText: `from ${pid}` }).count(), 1);
  const drawn = await curve();
  assert.ok(pointsOf(drawn) >= samples, `the curve goes on: ${drawn}`);
  await until("the next sample", async () => (await curve()) !== drawn);
  process.kill(pid, "SIGKILL");
  await shows(page, ".line-text", `hello from ${await otherPid(page, pid)}`);
}

async function destroyed({ page }: Scene): Promise<void> {
  const focused = () =>
    page.evaluate("document.activeElement.dataset.key ?? document.activeElement.id");
  await row(page, "victim").click();
  await shows(page, "#details-title", "victim");
  // The button that was pressed goes, since what is stopped cannot be stopped.
  await page.locator(".button.is-stop").press("Enter");
  await shows(page, ".details-state", "stopped");
  await page.locator(".button.is-start").waitFor();
  assert.equal(await focused(), "details-title");
  await page.locator(".button.is-start").press("Enter");
  await shows(page, ".details-state", "running");

  await row(page, HOSTILE).click();
  await row(page, HOSTILE).press("d");
  await shows(page, "#confirm-title", "Destroy '");
  await page.keyboard.press("Enter");
  await row(page, HOSTILE).waitFor({ state: "detached" });
  assert.equal(await focused(), "node newcomer");
  await shows(page, "#details-title", "newcomer");
}

async function phone(scene: Scene): Promise<void> {
  const options = { viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true };
  const page = await open(scene, `${scene.url}#token=${TOKEN}`, {
    ...options,
    colorScheme: "dark",
  });
  await row(page, "victim").tap();
  await page.getByRole("button", { name: "Restart" }).waitFor();
  assert.ok(!(await page.locator("#tree").isVisible()));
  // The next one is shown from its beginning, wherever this one was scrolled to.
  await page.evaluate("document.getElementById('details').scrollTop = 200");
  await page.locator(".pane-tabs").getByRole("button", { name: "Tree" }).tap();
  await row(page, "newcomer").tap();
  await page.locator("#details").waitFor();
  assert.equal(await page.evaluate("document.getElementById('details').scrollTop"), 0);
  await page.locator(".pane-tabs").getByRole("button", { name: "Events" }).tap();
  await page.locator("#events").waitFor();
  assert.equal(
    await page.evaluate("document.documentElement.scrollWidth <= innerWidth"),
    true,
    "nothing is wider than the screen",
  );
  assert.equal(await page.evaluate("getComputedStyle(document.body).colorScheme"), "light dark");
  await page.getByRole("button", { name: "Switch to light" }).tap();
  assert.equal(await page.evaluate("getComputedStyle(document.body).colorScheme"), "light");
  await page.close();
}

async function elsewhere({ browser, page: own, proxy }: Scene, t: TestContext): Promise<void> {
  const server = http.createServer((_request, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end("<!doctype html><title>elsewhere</title>");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  atEnd(t, () => server.closeAllConnections());
  atEnd(t, () => server.close());
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}/`);
  const protocols = ["coppice", `coppice.bearer.${Buffer.from(TOKEN).toString("base64url")}`];
  const target = `ws://127.0.0.1:${proxy.port}/v1/messages/json`;
  const attempt = `new Promise((resolve) => {
    const socket = new WebSocket(${JSON.stringify(target)}, ${JSON.stringify(protocols)});
    socket.onopen = () => resolve("open");
    socket.onerror = () => resolve("refused");
  })`;
  assert.equal(await page.evaluate(attempt), "refused");
  assert.equal(await own.evaluate(attempt), "open");
  await page.close();
}

async function clean({ asked, troubles, proxy }: Scene): Promise<void> {
  assert.deepEqual([...asked], [`127.0.0.1:${proxy.port}`]);
  assert.deepEqual(troubles, []);
}
