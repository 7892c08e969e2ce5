/** Remote control: how many requests a second, how late the answers, how soon a death is told. */

import { type Caller, callers, type Transport } from "./callers.ts";
import { echoServer } from "./echo.ts";
import { childrenOf } from "./processes.ts";
import { compared, type Result } from "./result.ts";
import { quantile, seriesOf } from "./statistics.ts";
import { type BenchTree, plant, temporaryDirectory } from "./tree.ts";
import { pause, until } from "./until.ts";

const NODES = 100;
const ROUNDS = 5;
const ROUND_MS = 1_000;
/** Requests under way at once. */
const WINDOW = 64;
const RATE = 1_000;
const DEATHS = 40;
const DELAY_MS = 50;

export const control = { name: "control", run };

async function run(): Promise<Result[]> {
  const directory = temporaryDirectory();
  const tree = await plantListening(directory);
  const echo = await echoServer();
  const results: Result[] = [];
  const echoed = await callers.echo(echo.path);
  const bareRates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) bareRates.push(await rateOf(echoed));
  for (const transport of ["unix", "websocket", "native", "native TLS"] as const) {
    const caller = await callers.supervisor(directory, transport);
    results.push(...(await measure(caller, transport, bareRates)));
    caller.close();
  }
  echoed.close();
  await echo.end();
  results.push(await relay(directory), await death(directory, tree));
  await tree.end();
  return results;
}

async function measure(
  caller: Caller,
  transport: Transport,
  bareRates: readonly number[],
): Promise<Result[]> {
  await rateOf(caller); // Until the code is compiled.
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) rates.push(await rateOf(caller));
  const middles: number[] = [];
  const lates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const times = await timesAt(caller, RATE);
    middles.push(quantile(times, 0.5));
    lates.push(quantile(times, 0.99));
  }
  const isUnix = transport === "unix";
  const late = seriesOf(lates);
  return [
    compared(
      `status of one node of ${NODES}, ${transport}`,
      "/s",
      rates,
      "echo by ws over a Unix socket",
      bareRates,
      isUnix ? (value) => ({ text: "10,000 /s", met: value.median >= 10_000 }) : undefined,
    ),
    { what: `… at ${RATE} /s: median answer`, unit: "ms", value: seriesOf(middles) },
    {
      what: `… at ${RATE} /s: 99th percentile`,
      unit: "ms",
      value: late,
      ...(isUnix ? { goal: { text: "under 5 ms", met: late.median < 5 } } : {}),
    },
  ];
}

/** Requests a second, with as many under way as fit. */
async function rateOf(caller: Caller): Promise<number> {
  const begun = performance.now();
  let answered = 0;
  await new Promise<void>((done) => {
    let open = 0;
    const next = (): void => {
      while (open < WINDOW && performance.now() - begun < ROUND_MS) {
        open++;
        caller.call(() => {
          open--;
          answered++;
          next();
        });
      }
      if (open === 0) done();
    };
    next();
  });
  return (answered * 1000) / (performance.now() - begun);
}

/** How long answers took, at so many requests a second (ms). */
async function timesAt(caller: Caller, rate: number): Promise<number[]> {
  const begun = performance.now();
  const times: number[] = [];
  let sent = 0;
  while (performance.now() - begun < ROUND_MS) {
    const due = ((performance.now() - begun) * rate) / 1000;
    for (; sent < due; sent++) {
      const at = performance.now();
      caller.call(() => times.push(performance.now() - at));
    }
    await pause(1);
  }
  await until("all answers", () => times.length === sent);
  return times;
}

/** Events that one WebSocket client publishes and another gets. */
async function relay(directory: string): Promise<Result> {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) rates.push(await callers.relay(directory, ROUND_MS));
  return {
    what: "events from one WebSocket client to another",
    unit: "/s",
    value: seriesOf(rates),
  };
}

/** From the death of a node that is revived at once to its `node_status` at a client. */
async function death(directory: string, tree: BenchTree): Promise<Result> {
  const watcher = await callers.watcher(directory);
  const times: number[] = [];
  for (let round = 0; round < DEATHS; round++) {
    await pause(2 * DELAY_MS);
    // The one that was revived last, or any.
    const children = childrenOf(tree.stem);
    const victim = children.find(({ pid }) => pid === watcher.pid()) ?? children[0];
    if (victim === undefined) throw new Error("the node is not there");
    const told = watcher.next();
    const killed = performance.now();
    process.kill(victim.pid, "SIGKILL");
    await told;
    times.push(performance.now() - killed);
  }
  watcher.close();
  const value = seriesOf(times);
  return {
    what: "from a death to the client's node_status",
    unit: "ms",
    value,
    goal: { text: "under 10 ms", met: value.median < 10 },
  };
}

async function plantListening(directory: string): Promise<BenchTree> {
  const config = { command: ["sleep", "1000000"], revival: { delay: DELAY_MS, factor: 1 } };
  return plant(
    `import { broker } from "coppice";
     import fs from "node:fs";
     on("init", async () => {
       const ports = {
         websocket: (await broker.listenWebSocket({ port: 0 })).port,
         native: (await broker.listen({ port: 0, tls: false })).port,
         "native TLS": (await broker.listen({ port: 0 })).port,
       };
       fs.writeFileSync("ports.json", JSON.stringify(ports));
       for (let i = 0; i < ${NODES}; i++)
         await supervisor.create({ ...${JSON.stringify(config)}, name: "node-" + i });
       console.error("grown");
     });`,
    { directory },
  );
}
