/**
 * Shows what Coppice is for, on real processes and a real network interface: a tree grows, is cut
 * twice, grows back twice, and ends in order. Every act is checked: a fact that does not come in
 * time ends the demo with status 1 and the act's name.
 */
import { isRunning, type ProcessStat } from "../src/os/process-table.ts";
import { Curtain, FactMissing, Interrupted } from "./demo/facts.ts";
import { chooseInterface, makeTraffic } from "./demo/interface.ts";
import { draw } from "./demo/processes.ts";
import { DemoTree } from "./demo/tree.ts";

const NODES = ["watcher", "load", "memory"];
/** A line of the watcher's, and how many of them (one a second) a person gets to see in each act. */
const WATCHED = /\[watcher\] \S+: received/;
const LINES = 4;

const curtain = new Curtain();
/** What has to be undone at the end, whatever happened. */
const undo: (() => unknown)[] = [];
let act = "before the first act";
process.exitCode = await play();

/** @returns the exit status */
async function play(): Promise<number> {
  const begun = performance.now();
  try {
    const tree = await grow();
    await cutNode(tree);
    await cutStem(tree);
    await end(tree);
    say(`\nAll four acts went as they should, in ${(since(begun) / 1000).toFixed(1)} s.`);
    return 0;
  } catch (error) {
    if (error instanceof Interrupted) return error.exitStatus;
    if (!(error instanceof FactMissing)) throw error;
    say(`\nFAILED: act ${act}: ${error.message}`);
    return 1;
  } finally {
    for (const step of undo) await step();
    curtain.close();
  }
}

async function grow(): Promise<DemoTree> {
  const { name, hasTraffic } = await chooseInterface(curtain);
  begin(`1. Grow a tree whose node 'watcher' watches the interface '${name}'`);
  if (!hasTraffic) {
    say("   (The network is silent: the demo sends itself UDP packets over the loopback.)");
    undo.push(makeTraffic());
  }
  const scripts = ["examples/simple-supervisor.ts", "scripts/demo/nodes.ts"];
  const tree = new DemoTree(["-i", name, ...scripts], curtain, (line) => say(`   │ ${line}`));
  undo.push(() => tree.remove());
  await tree.grown(NODES);
  await tree.line("packets", /\[watcher\] .*(received|sent) [1-9]\d* packets/);
  await tree.line("the interface", WATCHED, LINES);
  await tree.line("the program 'load'", /\[load\] \d/);
  ok("the tree is there, and its nodes do their work:");
  show(tree);
  return tree;
}

async function cutNode(tree: DemoTree): Promise<void> {
  const before = await tree.grown(NODES);
  const victim = named(before.nodes, "watcher");
  begin(`2. Kill the node 'watcher' (PID ${victim.pid}) with SIGKILL`);
  const cut = performance.now();
  tree.cut(victim);
  await tree.line("the death", /'watcher' \(PID \d+\) terminated prematurely by signal 9/);
  const [, pid] = await tree.line("the revival", /'watcher' \(PID (\d+)\) revived/);
  ok(`it grew back as PID ${pid}: that was known ${Math.round(since(cut))} ms after the kill`);
  const after = await tree.grown(NODES, [victim]);
  check(
    "the new process is the one that was told of",
    named(after.nodes, "watcher").pid === Number(pid),
  );
  check("the old process is gone", isGone(victim));
  check("the Stem is the same", after.stem.pid === before.stem.pid);
  for (const name of NODES.slice(1)) {
    const same = named(after.nodes, name).pid === named(before.nodes, name).pid;
    check(`'${name}' was left alone`, same);
  }
  await tree.line("the interface", WATCHED, LINES);
  ok("it watches again:");
  show(tree);
}

async function cutStem(tree: DemoTree): Promise<void> {
  const before = await tree.grown(NODES);
  const old = [before.stem, ...before.nodes.values()];
  begin(`3. Kill the Stem (PID ${before.stem.pid}), which owns every node, with SIGKILL`);
  const cut = performance.now();
  tree.cut(before.stem);
  await tree.line("the death", /Supervisor stem \(PID \d+\) died by signal 9/);
  const after = await tree.grown(NODES, old);
  ok(
    `Stem ${after.stem.pid} and all its nodes were there ${Math.round(since(cut))} ms after the kill`,
  );
  for (const one of old) check(`the old process ${one.pid} is gone`, isGone(one));
  await tree.line("the interface", WATCHED, LINES);
  await tree.line("the program 'load'", /\[load\] \d/);
  ok("they do their work again, below the same Supervisor:");
  show(tree);
}

async function end(tree: DemoTree): Promise<void> {
  begin(`4. End the tree: SIGTERM to the Supervisor (PID ${tree.pid})`);
  const told = performance.now();
  const { code, signal } = await tree.end();
  if (signal !== null) throw new FactMissing(`the Supervisor ended with ${signal}`);
  ok(`it ended with status ${code} after ${Math.round(since(told))} ms`);
  check("the exit status is 0", code === 0);
  check("nothing is left running", tree.left().length === 0);
}

function begin(title: string): void {
  act = title;
  say(`\n── ${title} …`);
}

function check(fact: string, holds: boolean): void {
  if (!holds) throw new FactMissing(`it does not hold that ${fact}`);
  ok(fact);
}

function ok(fact: string): void {
  say(`   ✓ ${fact}`);
}

function show(tree: DemoTree): void {
  for (const line of draw(tree.pid)) say(`       ${line}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function named(nodes: Map<string, ProcessStat>, name: string): ProcessStat {
  const node = nodes.get(name);
  if (node === undefined) throw new FactMissing(`there is no node '${name}'`);
  return node;
}

function isGone({ pid, startTime }: ProcessStat): boolean {
  return !isRunning(pid, startTime);
}

function since(then: number): number {
  return performance.now() - then;
}
