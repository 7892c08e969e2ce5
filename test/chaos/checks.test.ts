/** The checks of a chaos run find what they are there to find, and nothing else. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../fixtures/tree.ts";
import { Complete } from "./checks/complete.ts";
import { checkFiles } from "./checks/file-lines.ts";
import { NumberedLines } from "./checks/lines.ts";
import { Lives } from "./checks/lives.ts";
import { Excuses } from "./excuses.ts";
import { kindsOf } from "./nodes/kinds.ts";
import { Plan } from "./plan.ts";
import { type Seen, signal } from "./processes.ts";
import { TROUBLES } from "./troubles/index.ts";
import { Wanted } from "./wanted.ts";

function lines(may: { skip?: boolean; cut?: boolean } = {}) {
  const faults: string[] = [];
  const numbers = new NumberedLines("stdout", {
    fault: (text) => faults.push(text),
    maySkip: () => may.skip === true,
    mayCut: () => may.cut === true,
  });
  const take = (...texts: string[]) => {
    for (const text of texts) numbers.take("a", text);
    return faults.splice(0);
  };
  return { numbers, take };
}

test("lines: what is missing, doubled, out of order or torn is found", () => {
  assert.deepEqual(lines().take("~ a 7-1 1 .", "~ a 7-1 2 .", "~ a 8-1 1 .", "~ a 7-1 3 ."), []);
  for (const wrong of [
    ["~ a 7-1 2 ."],
    ["~ a 7-1 1 .", "~ a 7-1 3 ."],
    ["~ a 7-1 1 .", "~ a 7-1 1 ."],
    ["~ a 7-1 1 .", "~ a 7-1 2 .", "~ a 7-1 1 ."],
    ["~ a 7-1 1 .", "~ a 7-1"],
    ["~ a 7-1 1 .", "7-1 2 ."],
    ["~ b 7-1 1 ."],
    ["~ a 7-1 1 !"],
  ])
    assert.equal(lines().take(...wrong).length, 1, `${wrong}`);
  assert.deepEqual(lines().take("something else"), []);
});

test("lines: what was lost with who was killed is a gap, and at most one part", () => {
  assert.deepEqual(lines({ skip: true }).take("~ a 7-1 1 .", "~ a 7-1 5 .", "~ a 7-1 6 ."), []);
  assert.equal(lines({ skip: true }).take("~ a 7-1 5 .", "~ a 7-1 4 .").length, 1, "never back");
  assert.deepEqual(lines({ cut: true }).take("~ a 7-1 1 .", "~ a 7-1 2"), []);
  assert.equal(
    lines({ cut: true }).take("~ a 7-1 1 .", "~ a 7-1 2", "~ a 7-1 2 .").length,
    1,
    "nothing comes after a part",
  );
});

function complete(came: number, isAlive: boolean) {
  return {
    came: () => ({ stdout: came, stderr: 0 }),
    isAlive: () => isAlive,
    forget: () => {},
  };
}

test("completeness: what a process has written and did not arrive is found, unless its Stem was killed", (t) => {
  const directory = temporaryDirectory(t);
  fs.writeFileSync(path.join(directory, "a.7-1.40"), "         5          0\n");
  const nodes = new Set(["a"]);
  const behind = new Complete(directory, complete(4, true));
  assert.equal(behind.missing(behind.due(nodes, 40)).length, 1);
  assert.deepEqual(behind.due(nodes, 41), [], "of another Stem");
  const whole = new Complete(directory, complete(5, true));
  assert.deepEqual(whole.missing(whole.due(nodes, 40)), []);
  behind.excuse(40);
  assert.deepEqual(behind.due(nodes, 40), []);
  assert.equal(behind.due(nodes, undefined).length, 1, "but what writes itself loses nothing");
});

test("files: both streams are followed through what was rotated", (t) => {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, "log");
  fs.writeFileSync(`${file}.10`, "~ a 7-1 1 .\n");
  fs.writeFileSync(`${file}.9`, "~ a 7-1 2 .\n~ a 7-1 1 !\n");
  fs.writeFileSync(file, "~ a 7-1 3 .\n");
  const faults: string[] = [];
  const check = (stdout: number, stderr: number) =>
    checkFiles("a", { both: file }, { fault: (text) => faults.push(text) }, [
      { node: "a", life: "7-1", stem: 1, stdout, stderr, file: "" },
    ]).behind;
  assert.deepEqual(check(3, 1), []);
  assert.equal(check(4, 1).length, 1);
  assert.deepEqual(faults, []);
  fs.appendFileSync(file, "~ a 7-1 5 .\nhalf");
  check(3, 1);
  assert.equal(faults.length, 2, `${faults}`);
});

test("lives: who dies without a reason, does not come back, or runs though it was stopped is found", (t) => {
  const faults: string[] = [];
  const directory = temporaryDirectory(t);
  const kinds = kindsOf({ directory, cramped: undefined, isRoot: false, hasCgroups: false }).filter(
    ({ config }) => config.name === "counter-1",
  );
  let now = 0;
  const excuses = new Excuses(() => now);
  const wanted = new Wanted(directory, kinds);
  const lives = new Lives(kinds, excuses, wanted, (text) => faults.push(text));
  const look = (at: number, pid?: number): string[] => {
    now = at;
    const leaders = new Map<string, Seen>();
    if (pid !== undefined)
      leaders.set("counter-1", {
        ...{ pid, startTime: pid, state: "S", parent: 1, group: pid },
        ...{ node: "counter-1", isLeader: true },
      });
    lives.look({ at, seen: [], leaders, stem: undefined });
    return faults.splice(0);
  };
  assert.deepEqual(look(0, 7), []);
  assert.match(look(1_000).join(), /'counter-1' \(PID 7\) has ended, and nothing was done to it/);
  assert.match(look(10_000_000).join(), /has not come back/);
  assert.deepEqual(look(10_000_100, 8), []);
  excuses.deathsOf(["counter-1"], "a trouble")();
  assert.deepEqual(look(10_000_200), [], "a trouble");
  const over = excuses.delaysOf("all", "a trouble");
  assert.deepEqual(look(20_000_000), [], "nor can it come back just now");
  over();
  assert.deepEqual(look(20_000_100), []);
  assert.match(look(30_000_000).join(), /has not come back/);
  wanted.ordered("counter-1", true);
  assert.match(look(30_000_100, 9).join(), /was told to stop, and runs as PID 9/);
});

test("a plan follows from its seed", () => {
  const drawn = (seed: number) => {
    const plan = new Plan(seed, TROUBLES);
    return [1, 2, 3].flatMap(() =>
      plan.phase().map(({ trouble, after, seed: own }) => `${trouble.name} ${after} ${own}`),
    );
  };
  assert.deepEqual(drawn(5), drawn(5));
  assert.notDeepEqual(drawn(5), drawn(6));
});

test("signals: a process that is not there is not taken for the run's own group", () => {
  assert.equal(signal(0, "SIGWINCH"), false);
});
