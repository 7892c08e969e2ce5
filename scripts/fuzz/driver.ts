/** A thread that hammers one listener until enough was sent. */
import { parentPort, workerData } from "node:worker_threads";
import { Dice } from "../../test/simulation/dice.ts";
import type { Line, Target } from "./line.ts";
import { NATIVE_SCENARIOS } from "./native.ts";
import type { ListenerName } from "./options.ts";
import type { Scenario, Stage } from "./scenario.ts";
import { WEBSOCKET_SCENARIOS } from "./websocket.ts";

export interface Order {
  listener: ListenerName;
  target: Target;
  bare: Target;
  frames: number;
  seed: number;
  /** Only this one. */
  scenario?: number;
}

/** What was done so far. */
export interface Report {
  frames: number;
  connections: number;
  withheld: number;
  /** The highest number of a scenario so far. */
  scenario: number;
  problem?: string;
  isOver?: true;
}

/** Connections that say much at a time; and those that go on for long, and say little. */
const LANES = 8;
const SLOW_LANES = 4;
/** Connections that the other side has yet to let go of. Together they are less than it takes. */
const MOST_LEFT = 40;
/** A listener closes what does not get on after 3 s, lingers for 1 s, and misses pongs for 10 s. */
const LETTING_GO_MS = 20_000;
const REPORT_MS = 100;

const order = workerData as Order;
const scenarios = order.listener.startsWith("native") ? NATIVE_SCENARIOS : WEBSOCKET_SCENARIOS;
const report: Report = { frames: 0, connections: 0, withheld: 0, scenario: 0 };
const left = new Set<Promise<unknown>>();
/** Of each kind its own, so that a number means the same whoever is faster. */
const numbers = { fast: 0, slow: 1 };
let isStopped = false;

parentPort?.on("message", () => {
  isStopped = true;
});
const reporting = setInterval(() => parentPort?.postMessage(report), REPORT_MS);
if (order.scenario === undefined) {
  await Promise.all([
    ...Array.from({ length: LANES }, () => lane("fast")),
    ...Array.from({ length: SLOW_LANES }, () => lane("slow")),
  ]);
} else await run(order.scenario);
await Promise.all(left);
clearInterval(reporting);
parentPort?.postMessage({ ...report, isOver: true });
parentPort?.close();

async function lane(kind: keyof typeof numbers): Promise<void> {
  while (!isOver()) {
    const number = numbers[kind];
    numbers[kind] += 2;
    await run(number);
    while (left.size > MOST_LEFT) await Promise.race(left);
  }
}

/** A scenario is decided by the seed and its number alone. */
async function run(number: number): Promise<void> {
  report.scenario = Math.max(report.scenario, number);
  const dice = new Dice(order.seed + Math.imul(number, 0x9e3779b1));
  const isSlow = number % 2 === 1;
  const some = scenarios.filter((scenario) => (scenario.isSlow ?? false) === isSlow);
  const { name, run: play } = chosen(some, dice);
  await play(stageOf(dice, `${number}, ${name}`));
}

function isOver(): boolean {
  return isStopped || report.frames >= order.frames;
}

function chosen(some: readonly Scenario[], dice: Dice): Scenario {
  let at = dice.next() * some.reduce((sum, { weight }) => sum + weight, 0);
  for (const scenario of some) {
    at -= scenario.weight;
    if (at < 0) return scenario;
  }
  throw new Error("there are no scenarios");
}

function stageOf(dice: Dice, which: string): Stage {
  const problem = (text: string) => {
    if (isStopped) return;
    isStopped = true;
    parentPort?.postMessage({ ...report, problem: `${text} (scenario ${which})` });
  };
  return {
    dice,
    target: order.target,
    bare: order.bare,
    sent: (frames) => {
      report.frames += frames;
    },
    withheld: () => {
      report.withheld++;
    },
    problem,
    isOver,
    leave: (line) => leave(line, problem),
  };
}

function leave(line: Line, problem: (text: string) => void): Promise<void> {
  report.connections++;
  const gone = line.isClosedWithin(LETTING_GO_MS).then((isGone) => {
    left.delete(gone);
    if (isGone) return;
    problem(`a connection was not let go of for ${LETTING_GO_MS} ms`);
    line.socket.destroy();
  });
  left.add(gone);
  return gone;
}
