/** The console: how soon its page is there, and how soon it shows a death. In Debian's Chromium. */
import fs from "node:fs";
import path from "node:path";
import type { Page } from "playwright-core";
import { launchChromium } from "../test/fixtures/chromium.ts";
import { childrenOf } from "./processes.ts";
import type { Result } from "./result.ts";
import { seriesOf } from "./statistics.ts";
import { plant, temporaryDirectory } from "./tree.ts";
import { undoLater } from "./undo.ts";
import { pause } from "./until.ts";

const NODES = 500;
const OPENINGS = 5;
const DEATHS = 40;
const DELAY_MS = 50;
/** So many processes take their time on a busy machine. */
const GROWTH_MS = 180_000;

export const consolePage = { name: "console", run };

async function run(): Promise<Result[]> {
  const browser = await launchChromium();
  if (browser === undefined) {
    console.log("  no Chromium here (Debian: apt-get install chromium): not measured");
    return [];
  }
  undoLater(() => browser.close());
  const directory = temporaryDirectory();
  const tree = await plant(SCRIPT, { directory });
  const port = fs.readFileSync(path.join(directory, "port"), "utf8");
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(`http://127.0.0.1:${port}/`);
  const running = page.locator("#counts .chip.is-running strong", { hasText: String(NODES) });
  await running.waitFor({ timeout: GROWTH_MS });
  const openings: number[] = [];
  for (let round = 0; round < OPENINGS; round++) {
    const begun = performance.now();
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.locator(`.row[data-key="node node-${NODES - 1}"]`).waitFor({ state: "attached" });
    openings.push(performance.now() - begun);
  }
  await page.evaluate(WATCH);
  const deaths: number[] = [];
  for (let round = 0; round < DEATHS; round++) {
    await pause(2 * DELAY_MS);
    const pid = childrenOf(tree.stem)[round % NODES]?.pid;
    if (pid === undefined) throw new Error("the node is not there");
    deaths.push(await shownAfter(page, pid));
  }
  await browser.close();
  await tree.end();
  const value = seriesOf(deaths);
  return [
    {
      what: `the console's page with ${NODES} nodes is there`,
      unit: "ms",
      value: seriesOf(openings),
    },
    {
      what: "from a death to the page that shows it",
      unit: "ms",
      value,
      goal: { text: "under 100 ms", met: value.median < 100 },
    },
  ];
}

/** Both clocks are this machine's: what the browser's answer takes on its way does not count. */
async function shownAfter(page: Page, pid: number): Promise<number> {
  const killed = performance.timeOrigin + performance.now();
  process.kill(pid, "SIGKILL");
  const shown = (await page.evaluate(`window.shownDeath(${pid})`)) as number;
  return shown - killed;
}

/** Notes when the feed had the end of a process. */
const WATCH = `(() => {
  const shown = new Map();
  const waiting = new Map();
  new MutationObserver((mutations) => {
    const at = performance.timeOrigin + performance.now();
    for (const { addedNodes } of mutations)
      for (const { textContent } of addedNodes) {
        const [, pid] = /\\(PID (\\d+)\\) ended/.exec(textContent) ?? [];
        if (pid === undefined) continue;
        shown.set(Number(pid), at);
        waiting.get(Number(pid))?.(at);
      }
  }).observe(document.getElementById("events"), { childList: true });
  window.shownDeath = (pid) =>
    shown.get(pid) ?? new Promise((resolve) => waiting.set(pid, resolve));
})()`;

const SCRIPT = `import { broker } from "coppice";
import fs from "node:fs";
on("init", async () => {
  fs.writeFileSync("port", String((await broker.listenWebSocket({ port: 0 })).port));
  const config = {
    command: ["sleep", "1000000"], after: [], revival: { delay: ${DELAY_MS}, factor: 1 },
  };
  for (let i = 0; i < ${NODES}; i++) void supervisor.create({ ...config, name: "node-" + i });
  console.error("grown");
});`;
