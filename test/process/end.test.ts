/** Points 39 to 44 of the Supervisor's behaviour: what is told to end ends wholly, and in order. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import type { NodeStatus } from "coppice";
import { statFields } from "../../src/os/proc-stat.ts";
import { ask, create, plantToAsk, status, statusWhen } from "../fixtures/ask.ts";
import { js, linesOf, pathWithout, sh } from "../fixtures/system.ts";
import {
  atEnd,
  childrenOf,
  isAlive,
  run,
  TestTree,
  temporaryDirectory,
  until,
} from "../fixtures/tree.ts";

/** Prints every end of a node: its name, and how it ended. */
const ENDS = `
  import { on } from "coppice";
  on("nodeExit", (name, { code, signal }) => console.log("end of", name, code ?? signal));`;
/** Notes each signal; what it does after them is up to `then`. */
const noting = (then: string) =>
  js(`const signals = [];
      for (const name of ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1"])
        process.on(name, () => { console.log("got", name); signals.push(name); ${then} });
      setInterval(() => {}, 1000);
      console.log("ready");`);
const DEAF = "trap '' TERM; echo ready; while :; do sleep 0.1; done";

describe("the end", { concurrency: 3 }, () => {
  test("39: Ctrl-C at a terminal reaches only the Supervisor, which ends the tree", async (t) => {
    const directory = temporaryDirectory(t);
    fs.writeFileSync(
      path.join(directory, "tree.mjs"),
      `import { on, supervisor } from "coppice";
       const command = ${JSON.stringify(noting("process.exit();"))};
       on("init", async () => {
         if (!supervisor.isSupervisor()) return console.log("script is ready");
         await supervisor.create({ name: "program", command, stdoutFile: "program.out" });
         await supervisor.create({ name: "script", stderrFile: "script.err" });
       });`,
    );
    const main = path.join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");
    const command = [
      process.execPath,
      "--disable-warning=ExperimentalWarning",
      main,
      "-j",
      "tree.mjs",
    ];
    const terminal = spawn(
      "script",
      ["--quiet", "--return", "--command", `exec ${command.join(" ")}`, "/dev/null"],
      { cwd: directory, stdio: ["pipe", "pipe", "pipe"] },
    );
    const tree = new TestTree(directory, terminal);
    atEnd(t, () => {
      terminal.kill("SIGKILL"); // Hangs up, if the test did not get as far as Ctrl-C.
    });
    const program = path.join(directory, "program.out");
    await until(
      "a program",
      () => linesOf(program).includes("ready"),
      () => tree.report(),
    );
    await tree.line(/\[script\] script is ready/);
    terminal.stdin.write("\x03");
    assert.deepEqual(await tree.end(), { code: 0, signal: null });
    assert.deepEqual(linesOf(program), ["ready", "got SIGTERM"]);
    assert.deepEqual(linesOf(path.join(directory, "script.err")), ["received termination signal"]);
    assert.match(tree.stdout, /^(?:\^C)?received termination signal\r$/m);
  });

  test("43: a reader of the output that stands still for good does not keep the tree from ending", async (t) => {
    const tree = plantToAsk(t, "", { readStdout: false });
    atEnd(t, () => tree.child.stdout?.resume());
    const { pid } = await create(tree, { name: "flood", command: ["yes", "x".repeat(1000)] });
    let before = -1;
    await until("a writer that waits", () => {
      const written = Number(
        /^wchar: (\d+)/m.exec(fs.readFileSync(`/proc/${pid}/io`, "utf8"))?.[1],
      );
      const stands = written === before && written > 1_000_000;
      before = written;
      return stands;
    });
    const exit = once(tree.child, "exit");
    tree.child.kill("SIGTERM");
    assert.deepEqual(await exit, [0, null]);
    assert.ok(!isAlive(pid!), "the node has ended");
  });

  test("39: the Stem and every node lead sessions and groups of their own, without a terminal", async (t) => {
    const tree = plantToAsk(t);
    const { pid: program } = await create(tree, { name: "program", command: ["sleep", "1000"] });
    const { pid: script } = await create(tree, { name: "script" });
    for (const pid of [await tree.stem(), program!, script!]) {
      const { group, session, terminal } = groupingOf(pid);
      assert.deepEqual({ group, session, terminal }, { group: pid, session: pid, terminal: 0 });
    }
  });

  test("40: SIGTERM, again after each interval, then SIGKILL", async (t) => {
    const tree = plantToAsk(t, ENDS);
    // Longer than whatever may keep the node from looking at its signals.
    const stop = { interval: 1500, attempts: 3 };
    const { pid } = await create(tree, { name: "deaf", command: noting(""), stop });
    await tree.line(/\[deaf\] ready/);
    const began = performance.now();
    await ask(tree, 'supervisor.restart("deaf")');
    const took = performance.now() - began;
    await tree.line(/^end of deaf SIGKILL$/m);
    assert.ok(!isAlive(pid!));
    assert.ok(took >= 3 * 1500 - 5, `killed after ${took} ms`);
    await tree.line(/\[deaf\] got /);
    const heard = tree.stdout.match(/got \w+/g) ?? [];
    // Two signals of one kind are one for a process that is slow to look.
    assert.ok(heard.length >= 1 && heard.length <= 3, `${heard}`);
    assert.ok(heard.every((line) => line === "got SIGTERM"));
  });

  test("40: a node's own signal, after which it ends by itself", async (t) => {
    const tree = plantToAsk(t, ENDS);
    await create(tree, {
      name: "n",
      command: noting("process.exit(5);"),
      stop: { signal: "SIGUSR1" },
    });
    await tree.line(/\[n\] ready/);
    assert.equal(await ask(tree, 'supervisor.restart("n")'), true);
    await tree.line(/^end of n 5$/m);
    await tree.line(/\[n\] got /);
    assert.deepEqual(tree.stdout.match(/got \w+/g), ["got SIGUSR1"]);
    await tree.lines(/\[n\] ready/, 2);
    assert.deepEqual(await tree.stop(), { code: 0, signal: null });
    assert.doesNotMatch(tree.stderr, /prematurely/);
  });

  for (const variable of ["COPPICE_NO_SIGKILL", "ZEEK_SUPERVISOR_NO_SIGKILL"]) {
    test(`40: never SIGKILL if ${variable} is set`, async (t) => {
      const tree = plantToAsk(t, ENDS, { env: { [variable]: "1" } });
      await create(tree, {
        name: "n",
        command: noting("if (signals.length === 8) process.exit(7);"),
        stop: { interval: 30, attempts: 2 },
      });
      await tree.line(/\[n\] ready/);
      assert.equal(await ask(tree, 'supervisor.restart("n")'), true);
      await tree.line(/^end of n 7$/m);
    });
  }

  test("40: at the end of the tree all nodes end at once", async (t) => {
    const tree = plantToAsk(t);
    const names = ["a", "b", "c"];
    for (const name of names) {
      // Each ends only after all the others were told to.
      const isDone = names.map((other) => `[ -e ${other}.told ]`).join(" && ");
      const told = `trap 'touch ${name}.told' TERM; echo ready`;
      const command = sh(`${told}; while ! { ${isDone}; }; do sleep 0.02; done; echo all told`);
      await create(tree, { name, command });
    }
    await tree.lines(/\] ready$/m, 3);
    assert.deepEqual(await tree.stop(), { code: 0, signal: null });
    assert.equal(tree.stdout.match(/\] all told$/gm)?.length, 3, tree.report());
  });

  test("41: while one node is being stopped, everything else goes on", async (t) => {
    const tree = plantToAsk(t);
    const deaf = await create(tree, {
      name: "deaf",
      command: noting(""),
      stop: { interval: 600_000 },
    });
    await tree.line(/\[deaf\] ready/);
    await create(tree, { name: "other", command: ["sleep", "1000"], revival: { delay: 10 } });
    await ask(tree, 'void (globalThis.destroyed = supervisor.destroy("deaf"))');
    await tree.line(/\[deaf\] got SIGTERM/);

    const { pid } = await status(tree, "other");
    process.kill(pid!, "SIGKILL");
    await statusWhen(tree, "other", (n) => n.state === "running" && n.generation === 2);
    await create(tree, { name: "new", command: sh("echo hello; exec sleep 1000") });
    await tree.line(/\[new\] hello/);
    assert.equal(await ask(tree, 'supervisor.restart("new")'), true);
    assert.equal(await ask(tree, 'supervisor.destroy("other")'), true);
    assert.ok(isAlive(deaf.pid!), "and all that time it was being stopped");
    process.kill(deaf.pid!, "SIGKILL");
    assert.equal(await ask(tree, "globalThis.destroyed"), true);
  });

  for (const how of ["a stop", "a death"] as const) {
    test(`42: what a node started ends with it, by force if need be (${how})`, async (t) => {
      const tree = plantToAsk(t);
      // One that goes when told, one that does not; the node itself goes at once.
      const deaf = "(trap '' TERM; echo deaf; while :; do sleep 0.02; done) & echo $!";
      await create(tree, {
        name: "n",
        command: sh(
          `exec 2>&1; trap 'exit 0' TERM; sleep 1000 & echo $!; ${deaf}; echo ready; wait`,
        ),
        stop: { interval: 100 },
        revival: { delay: 10 },
      });
      await tree.line(/\[n\] deaf/);
      await tree.line(/\[n\] ready/);
      const started = [...tree.stdout.matchAll(/\[n\] (\d+)$/gm)].map(([, pid]) => Number(pid));
      assert.equal(started.length, 2);
      assert.ok(started.every(isAlive));
      if (how === "a stop") {
        assert.equal(await ask(tree, 'supervisor.destroy("n")'), true);
      } else {
        process.kill((await status(tree, "n")).pid!, "SIGKILL");
        await statusWhen(tree, "n", (n) => n.state === "running" && n.generation === 2);
      }
      assert.deepEqual(started.filter(isAlive), []);
    });
  }

  test("43: the last lines and the last messages come before the orderly end", async (t) => {
    const count = 20_000;
    const tree = plantToAsk(
      t,
      `import { on, supervisor } from "coppice";
       on("nodeExit", (name, { code }) => console.log("end of", name, code));
       on("init", () => { if (supervisor.isSupervised()) console.log("ready"); });
       on("done", () => {
         if (supervisor.isSupervisor()) return console.log("supervisor done");
         for (let i = 0; i < ${count}; i++) console.log("line", i);
         process.stdout.write("and no newline");
       });`,
    );
    await create(tree, { name: "n" });
    await create(tree, { name: "m", command: noting("process.exit(4);") });
    await tree.lines(/\] ready$/m, 2);
    const before = tree.stdout.length;
    assert.deepEqual(await tree.stop(), { code: 0, signal: null });
    const lines = tree.stdout.slice(before).split("\n");
    assert.equal(lines.pop(), "");
    const own = lines.filter((line) => line.startsWith("[supervisor:STDOUT] [n] "));
    assert.equal(own.length, count + 1);
    for (let i = 0; i < count; i++) assert.equal(own[i], `[supervisor:STDOUT] [n] line ${i}`);
    assert.equal(own[count], "[supervisor:STDOUT] [n] and no newline");
    const rest = lines.filter((line) => !line.includes("[n] "));
    assert.deepEqual(rest.sort(), [
      "[supervisor:STDOUT] [m] got SIGTERM",
      "end of m 4",
      "end of n 0",
      "supervisor done",
    ]);
    assert.deepEqual(fs.readdirSync(tree.file(".coppice")).sort(), [
      "cache",
      "image",
      "supervisor.lock",
    ]);
  });

  for (const tool of ["with", "without"] as const) {
    test(`44: a second Supervisor in the same place is refused (${tool} flock)`, async (t) => {
      const env = tool === "with" ? {} : { PATH: pathWithout(t, "flock") };
      const tree = plantToAsk(t, "", { env });
      const { pid } = await create(tree, { name: "n", command: ["sleep", "1000"] });
      const second = run(t, tree.directory, ["-j", "tree.mjs"], env);
      assert.deepEqual(await second.end(), { code: 1, signal: null });
      assert.equal(second.stdout, "");
      assert.match(
        second.stderr,
        new RegExp(`^error: a Supervisor \\(PID ${tree.pid}\\) already runs here[^\n]*\n$`),
      );
      assert.ok(isAlive(pid!));
      assert.equal((await status(tree, "n")).pid, pid);
      const elsewhere = run(t, tree.directory, ["-j", "--state-dir", "other", "tree.mjs"], env);
      await elsewhere.stem();
      assert.deepEqual(await elsewhere.stop(), { code: 0, signal: null });
      assert.deepEqual(await tree.stop(), { code: 0, signal: null });
    });
  }

  test("44: the next Supervisor waits while the Stem of a killed one ends its nodes", async (t) => {
    const tree = plantToAsk(t);
    const { pid } = await create(tree, {
      name: "slow",
      command: sh("trap : TERM; echo ready; while [ ! -e go ]; do sleep 0.02; done"),
      stop: { interval: 600_000 },
    });
    await tree.line(/\[slow\] ready/);
    const stem = await tree.stem();
    process.kill(tree.pid, "SIGKILL");
    await tree.end();
    const next = plantToAsk(t, 'console.log("scripts are loaded");', { directory: tree.directory });
    await next.line(
      new RegExp(
        `^the last Supervisor was killed, and its Stem \\(PID ${stem}\\) is still ending its nodes: waiting for it$`,
        "m",
      ),
      "stderr",
    );
    assert.ok(isAlive(stem) && isAlive(pid!));
    assert.equal(next.stdout, "");
    fs.writeFileSync(next.file("go"), "");
    await next.line(/^scripts are loaded$/m);
    assert.ok(!isAlive(stem) && !isAlive(pid!));
    const again = await create(next, { name: "slow", command: ["sleep", "1000"] });
    assert.equal((again as NodeStatus).state, "running");
  });

  test("36, 43: what a Stem that was killed has left ends with the tree, though no other has heard of it", async (t) => {
    // With control groups the Stem ends all that is left in the tree's.
    const tree = plantToAsk(t, "", { env: { COPPICE_NO_CGROUPS: "1" } });
    const { pid } = await create(tree, { name: "deaf", command: sh(DEAF) });
    await tree.line(/\[deaf\] ready/);
    const stem = await tree.stem();
    process.kill(stem, "SIGKILL");
    await until("another Stem", () => childrenOf(tree.pid).some((one) => one !== stem));
    // It can connect, but cannot be told of the node before it is told to end.
    process.kill(tree.pid, "SIGSTOP");
    atEnd(t, () => void tree.child.kill("SIGCONT"));
    await until("a Stem that connects", () => connectionsTo(tree.file(".coppice/stem.sock")) > 0);
    process.kill(tree.pid, "SIGTERM");
    process.kill(tree.pid, "SIGCONT");
    assert.deepEqual(await tree.end(), { code: 0, signal: null });
    assert.ok(!isAlive(pid!));
  });
});

function groupingOf(pid: number): { group: number; session: number; terminal: number } {
  const fields = statFields(pid)!;
  return { group: Number(fields[2]), session: Number(fields[3]), terminal: Number(fields[4]) };
}

/** Connections to a Unix socket, of which its listener need not know yet. */
function connectionsTo(socket: string): number {
  // Of the listener itself too.
  return linesOf("/proc/net/unix").filter((line) => line.endsWith(` ${socket}`)).length - 1;
}
