/** Points 31 to 36 of the Supervisor's behaviour: what dies grows back. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { describe, type TestContext, test } from "node:test";
import type { NodeStatus } from "coppice";
import { statFields } from "../../src/os/proc-stat.ts";
import { ask, create, plantToAsk, status, statusWhen } from "../fixtures/ask.ts";
import { unixClient } from "../fixtures/remote.ts";
import { linesOf, pathWithout, sh } from "../fixtures/system.ts";
import { isAlive, type TestTree, until } from "../fixtures/tree.ts";

/** Prints every start and every end of a node with its status. */
const CHRONICLE = `
  import { on } from "coppice";
  on("nodeStatus", (name, pid, status) => console.log("start of", name, JSON.stringify(status)));
  on("nodeExit", (name, exit, status) => console.log("end of", name, JSON.stringify(status)));`;

describe("revival", { concurrency: 6 }, () => {
  test("31: every exit is revived, status 0 too, and without end", async (t) => {
    const tree = plantToAsk(t);
    await create(tree, { name: "n", command: sh("exit 0"), revival: { delay: 5, factor: 1 } });
    await tree.lines(
      /^error: Supervised node 'n' \(PID \d+\) exited prematurely with status 0$/m,
      40,
      "stderr",
    );
    assert.ok((await status(tree, "n")).generation >= 40);
  });

  test("31: nodes that crash all the time leave the Stem time for orders, and end with the tree", async (t) => {
    const tree = plantToAsk(t);
    const client = await unixClient(t, tree);
    const names = ["a", "b", "c", "d", "e", "f"];
    const revival = { delay: 1, factor: 1 };
    for (const name of names) await client.create({ name, command: sh("exit 0"), revival });
    const deaths = (text: string) => [...text.matchAll(/exited prematurely/g)].length;
    // By then there are always some who have ended while another was started.
    await until("a hundred deaths", () => deaths(tree.stderr) > 100);
    assert.equal(await client.destroy("a"), true);
    await client.create({ name: "calm", command: ["sleep", "1000"] });
    const seen = deaths(tree.stderr);
    await until("others that go on", () => deaths(tree.stderr) > seen + 20);
    const { code } = await tree.stop();
    assert.equal(code, 0);
  });

  test("31: `when` and `limit` are for those who want less", async (t) => {
    const tree = plantToAsk(t);
    const quick = { delay: 5, factor: 1 };
    const failure = { ...quick, when: "failure" } as const;
    const never = { ...quick, when: "never" } as const;
    await create(tree, { name: "fine", command: sh("exit 0"), revival: failure });
    await create(tree, { name: "bad", command: sh("exit 3"), revival: failure });
    await create(tree, { name: "killed", command: sh("kill -9 $$"), revival: failure });
    await create(tree, { name: "never", command: sh("exit 3"), revival: never });
    await create(tree, {
      name: "limited",
      command: sh("exit 3"),
      revival: { ...quick, limit: 2 },
    });
    for (const name of ["fine", "never", "limited"]) {
      await statusWhen(tree, name, ({ state }) => state === "stopped");
    }
    await statusWhen(tree, "bad", ({ generation }) => generation >= 10);
    await statusWhen(tree, "killed", ({ generation }) => generation >= 10);
    const generationOf = async (name: string) => (await status(tree, name)).generation;
    assert.equal(await generationOf("fine"), 1);
    assert.equal(await generationOf("never"), 1);
    assert.equal(await generationOf("limited"), 3);
    const { lastExit, pid } = await status(tree, "limited");
    assert.equal(lastExit?.code, 3);
    assert.equal(pid, undefined);
  });

  test("32: Zeek's delays: 1 s three times, then 2 s", async (t) => {
    const tree = plantToAsk(t, CHRONICLE);
    const created = Date.now();
    await create(tree, { name: "n", command: sh("exit 1") });
    assertDelays(await livesOf(tree, "n", 4, created), [1000, 1000, 1000, 2000]);
  });

  test("32: delays as a node's policy has them, up to the longest", async (t) => {
    const tree = plantToAsk(t, CHRONICLE);
    const created = Date.now();
    await create(tree, {
      name: "n",
      command: sh("exit 1"),
      revival: { delay: 300, attemptsPerDelay: 2, factor: 2, maxDelay: 900 },
    });
    assertDelays(await livesOf(tree, "n", 6, created), [300, 300, 600, 600, 900, 900]);
  });

  test("32: a delay longer than a timer can hold", async (t) => {
    const tree = plantToAsk(t, CHRONICLE);
    const month = 30 * 24 * 3600 * 1000;
    const created = Date.now();
    await create(tree, { name: "late", command: sh("exit 1"), revival: { delay: month } });
    const { nextStart = 0, since } = await statusWhen(
      tree,
      "late",
      ({ state }) => state === "waiting",
    );
    // It counts from the launch, which was after the creation and before the end.
    assert.ok(nextStart >= created + month - READING_MS, `next start at ${nextStart}`);
    assert.ok(nextStart <= since + month + READING_MS, `next start after ${nextStart - since}`);
    await create(tree, { name: "soon", command: sh("exit 1"), revival: { delay: 5, factor: 1 } });
    await statusWhen(tree, "soon", ({ generation }) => generation >= 20);
    assert.equal((await status(tree, "late")).generation, 1);
  });

  test("33: a node that outlived its delay is revived at once", async (t) => {
    const tree = plantToAsk(t, CHRONICLE);
    const delay = 600;
    const created = Date.now();
    await create(tree, {
      name: "n",
      command: ["sleep", "1000"],
      revival: { delay, factor: 1 },
    });
    const took: number[] = [];
    const isQuick = () => Math.min(...took) < delay / 2;
    // One of them, since the machine may be busy with something else: more if it is for long.
    for (let generation = 1; generation <= 3 || (!isQuick() && generation <= 12); generation++) {
      const isOld = (n: NodeStatus) =>
        n.state === "running" && n.generation === generation && Date.now() > n.since + delay + 50;
      const { pid } = await statusWhen(tree, "n", isOld);
      process.kill(pid!, "SIGKILL");
      const { since } = await statusWhen(tree, "n", (n) => n.generation === generation + 1);
      const life = (await livesOf(tree, "n", generation, created)).at(-1)!;
      assert.equal(life.due, undefined, "no time was set for it");
      took.push(since - life.ended);
    }
    assert.ok(isQuick(), `revived after ${took} ms`);
  });

  test("34: a node that was up long enough starts afresh", async (t) => {
    const tree = plantToAsk(t, CHRONICLE);
    const created = Date.now();
    await create(tree, {
      name: "n",
      command: ["sleep", "1000"],
      revival: { delay: 300, attemptsPerDelay: 1, factor: 4, resetAfter: 2500 },
    });
    const kill = async (generation: number, age: number): Promise<void> => {
      const isOld = (n: NodeStatus) =>
        n.state === "running" && n.generation === generation && Date.now() > n.since + age;
      process.kill((await statusWhen(tree, "n", isOld)).pid!, "SIGKILL");
    };
    await kill(1, 0);
    await kill(2, 0);
    await kill(3, 2600);
    await kill(4, 0);
    const lives = await livesOf(tree, "n", 4, created);
    assertDelays(lives, [300, 1200]);
    assert.equal(lives[2]!.due, undefined, "revived at once after a long life");
    // Without the fresh start it would be 19,200.
    assertDelays(lives.slice(3), [1200]);
  });

  test("35: Zeek's lines about a death and a revival", async (t) => {
    const tree = plantToAsk(t);
    const revival = { delay: 20 };
    const signalled = await create(tree, {
      name: "signalled",
      command: ["sleep", "1000"],
      revival,
    });
    const exits = await create(tree, { name: "exits", command: sh("read x; exit 3"), revival });
    await tree.line(
      new RegExp(
        `^error: Supervised node 'exits' \\(PID ${exits.pid}\\) exited prematurely with status 3$`,
        "m",
      ),
      "stderr",
    );
    process.kill(signalled.pid!, "SIGKILL");
    await deathAndRevival(signalled.pid!);
    const dead = (await statusWhen(tree, "signalled", (n) => n.generation === 2)).pid!;

    await ask(tree, 'supervisor.restart("signalled")');
    const { pid } = await status(tree, "signalled");
    assert.notEqual(pid, dead);
    process.kill(pid!, "SIGKILL");
    await deathAndRevival(pid!);
    assert.doesNotMatch(tree.stderr, new RegExp(`\\(PID ${dead}\\) \\w+ prematurely`), "asked for");

    async function deathAndRevival(pid: number): Promise<void> {
      const name = "Supervised node 'signalled'";
      const [, next] = await tree.line(
        new RegExp(
          `^error: ${name} \\(PID ${pid}\\) terminated prematurely by signal 9\n(?:.*\n)*?` +
            `error: ${name} \\(PID (\\d+)\\) revived after premature exit$`,
          "m",
        ),
        "stderr",
      );
      assert.notEqual(Number(next), pid);
    }
  });

  for (const tool of ["with", "without"] as const) {
    test(`36: a killed Stem is revived, nodes and all, never two of one node (${tool} setpriv)`, (t) =>
      neverTwo(t, tool === "with" ? {} : { PATH: pathWithout(t, "setpriv") }));
  }

  test("36: the Stem's revivals are delayed, longer and longer if it keeps dying", async (t) => {
    const tree = plantToAsk(t);
    await create(tree, { name: "n", command: ["sleep", "1000"] });
    const starts: number[] = [];
    let firstKilled = Number.POSITIVE_INFINITY;
    let stem = 0;
    for (let i = 0; i < 5; i++) {
      const last = stem;
      stem = await until("another Stem", async () => {
        const pid = await tree.stem();
        return pid !== last && pid;
      });
      starts.push(startOf(stem));
      if (i === 4) break;
      firstKilled = Math.min(firstKilled, sinceBoot());
      process.kill(stem, "SIGKILL");
      await tree.line(
        new RegExp(`^error: Supervisor stem \\(PID ${stem}\\) died by signal 9`, "m"),
        "stderr",
      );
    }
    // The first one may have lived for more than the second that the next is due after. What comes
    // later adds up, however long each launch takes: 1 s, 1 s and 2 s.
    const after = starts.map((at) => at - firstKilled + 2 * TICK_MS);
    assert.ok(after[2]! >= 1000 && after[3]! >= 2000 && after[4]! >= 4000, `after ${after} ms`);
    await statusWhen(tree, "n", ({ pid }) => pid !== undefined && isAlive(pid));
    assert.equal(await ask(tree, "supervisor.stemPid()"), stem);
  });

  test("36: what is asked while there is no Stem is done by the next", async (t) => {
    const tree = plantToAsk(t);
    const command = ["sleep", "1000"];
    await create(tree, { name: "stays", command });
    await create(tree, { name: "goes", command });
    const again = await create(tree, { name: "again", command });
    const config = JSON.stringify({ name: "comes", command });
    const [came, went, restarted] = await ask<[NodeStatus, boolean, boolean]>(
      tree,
      // One that lived for a second is revived at once, but then its successor is not.
      `(async () => {
        let dead = 0;
        while (supervisor.stemPid() !== -1) {
          if (supervisor.stemPid() !== dead) {
            dead = supervisor.stemPid();
            process.kill(dead, "SIGKILL");
          }
          await new Promise(setImmediate);
        }
        return Promise.all([
          supervisor.create(${config}), supervisor.destroy("goes"), supervisor.restart("again"),
        ]);
      })()`,
    );
    assert.ok(came.pid !== undefined && isAlive(came.pid));
    assert.equal(went, true);
    assert.equal(restarted, true);
    const isBack = (n: NodeStatus) => n.state === "running" && n.generation >= 2;
    await statusWhen(tree, "stays", isBack);
    const after = await status(tree, "again");
    assert.ok(after.pid !== again.pid && after.generation >= 2, JSON.stringify(after));
    const { nodes } = await ask<{ nodes: Record<string, NodeStatus> }>(tree, "supervisor.status()");
    assert.deepEqual(Object.keys(nodes).sort(), ["again", "comes", "stays"]);
  });
});

/** One life of a node, as the tree announced it; all times in milliseconds. */
interface Life {
  /** It was not launched before this: it was not due, or the one before it still lived. */
  notBefore: number;
  /** Its process was there by then. However busy the machine, it was launched between the two. */
  there: number;
  /** When the next life was due; undefined if that was at once. */
  due: number | undefined;
  ended: number;
}

/** The first lives of a node that was created after this moment. */
async function livesOf(
  tree: TestTree,
  name: string,
  count: number,
  created: number,
): Promise<Life[]> {
  const starts = await tree.lines(new RegExp(`^start of ${name} (.*)$`, "m"), count);
  const ends = await tree.lines(new RegExp(`^end of ${name} (.*)$`, "m"), count);
  const parse = (match: RegExpMatchArray) => JSON.parse(match[1]!) as NodeStatus;
  const lives: Life[] = [];
  for (let i = 0; i < count; i++) {
    const before = lives.at(-1);
    const { since: ended, nextStart: due } = parse(ends[i]!);
    const notBefore = before === undefined ? created : (before.due ?? before.ended);
    lives.push({ notBefore, there: parse(starts[i]!).since, due, ended });
  }
  return lives;
}

/** Clocks are read one after the other, and in whole milliseconds. */
const READING_MS = 5;

/** The delay counts from the launch: the next life is due then, or at once if that has passed. */
function assertDelays(lives: Life[], expected: number[]): void {
  const told = JSON.stringify(lives);
  for (const [i, wanted] of expected.entries()) {
    const { notBefore, there, due, ended } = lives[i]!;
    assert.ok(there >= notBefore - READING_MS, `life ${i + 1} began too early: ${told}`);
    assert.ok((due ?? ended) >= notBefore + wanted - READING_MS, `${wanted} ms: ${told}`);
    assert.ok((due ?? there) <= there + wanted + READING_MS, `${wanted} ms: ${told}`);
  }
}

/** The kernel's unit for both of these. */
const TICK_MS = 10;

/** When a process was started, in milliseconds since boot, as the kernel has it. */
function startOf(pid: number): number {
  return Number(statFields(pid)![19]) * TICK_MS;
}

/** This moment, on the same clock. */
function sinceBoot(): number {
  return Number(fs.readFileSync("/proc/uptime", "latin1").split(" ")[0]) * 1000;
}

/**
 * Every start takes a lock that the kernel gives back when the last process of that start has
 * gone, and notes whether it was alone. The Stem is killed while the nodes run, as soon as it is
 * there, and while it starts them.
 */
async function neverTwo(t: TestContext, env: Record<string, string>): Promise<void> {
  const tree = plantToAsk(t, SCRIPT_NODE, { env });
  const log = tree.file("log");
  const alone = (name: string, then: string) =>
    sh(
      `exec 9>>${name}.lock; if flock -n 9; then s=alone; else s=together; fi
       echo "$s ${name} $$ $PPID" >>${log}; ${then}`,
    );
  const stop = { interval: 50, attempts: 3 };
  const names = ["polite", "slow", "stubborn", "script"];
  await create(tree, { name: "polite", command: alone("polite", "exec sleep 1000") });
  await create(tree, {
    name: "slow",
    command: alone("slow", "trap 'sleep 0.3; exit' TERM; while :; do sleep 0.02; done"),
  });
  await create(tree, {
    name: "stubborn",
    command: alone("stubborn", "trap '' TERM; while :; do sleep 0.02; done"),
    stop,
  });
  await create(tree, { name: "script", env: { LOG: log } });
  await logged(1);

  let stem = await tree.stem();
  process.kill(stem, "SIGKILL");
  await logged(2);
  stem = await another(stem);
  process.kill(stem, "SIGKILL");
  stem = await another(stem);
  process.kill(stem, "SIGKILL");
  stem = await another(stem);
  // Not one of the last Stem's, whose processes may note theirs later.
  const isItsChild = (line: string) => line.endsWith(` ${stem}`);
  await until("its first start", () => linesOf(log).some(isItsChild));
  process.kill(stem, "SIGKILL");
  stem = await another(stem);
  for (const name of names) {
    const isLast = ({ pid }: NodeStatus) => linesOf(log).includes(`alone ${name} ${pid} ${stem}`);
    const { pid } = await statusWhen(tree, name, isLast);
    assert.ok(isAlive(pid!), `${name} runs`);
  }
  assert.deepEqual(
    linesOf(log).filter((line) => !line.startsWith("alone")),
    [],
  );
  assert.equal(await ask(tree, "supervisor.stemPid()"), stem);
  assert.deepEqual(await tree.stop(), { code: 0, signal: null });

  async function logged(times: number): Promise<void> {
    await until(
      `${times} starts of each`,
      () =>
        names.every(
          (name) => linesOf(log).filter((line) => line.includes(` ${name} `)).length >= times,
        ),
      () => `${linesOf(log).join("\n")}\n${tree.report()}`,
    );
  }
  async function another(last: number): Promise<number> {
    return until("another Stem", async () => {
      const pid = await tree.stem();
      return pid !== last && pid;
    });
  }
}

const SCRIPT_NODE = `
  import { spawnSync } from "node:child_process";
  import fs from "node:fs";
  import { on, supervisor } from "coppice";
  if (supervisor.isSupervised()) {
    const lock = fs.openSync("script.lock", "a");
    const { status } = spawnSync("flock", ["-n", "3"], { stdio: ["ignore", "ignore", "ignore", lock] });
    fs.appendFileSync(process.env.LOG, \`\${status === 0 ? "alone" : "together"} script \${process.pid} \${process.ppid}\\n\`);
    on("done", () => new Promise((done) => setTimeout(done, 200)));
  }`;
