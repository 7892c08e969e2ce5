/** What must not end a tree, nor cost it a node or a line: killed parents, bad nodes, a changed disk. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { NodeConfig, NodeStatus } from "coppice";
import { ASKED, ask, create, plantToAsk, status, statusWhen } from "../fixtures/ask.ts";
import { unixClient } from "../fixtures/remote.ts";
import { js, linesOf, pathWithout, sh } from "../fixtures/system.ts";
import {
  atEnd,
  isAlive,
  MAIN,
  plant,
  processesOf,
  run,
  temporaryDirectory,
  until,
} from "../fixtures/tree.ts";

const ROOT = path.join(import.meta.dirname, "..", "..");
const SLEEP = ["sleep", "1000"];
/** What a shell ignores, that which it becomes ignores too. */
const DEAF = sh("trap '' TERM; echo ready; exec sleep 1000");
const ONCE = { when: "never" } as const;

describe("faults", { concurrency: 3 }, () => {
  for (const tool of ["with", "without"] as const) {
    test(`Supervisor and Stem killed at once: all goes, and the next tree finds a clean place (${tool} setpriv)`, async (t) => {
      const env = tool === "with" ? {} : { PATH: pathWithout(t, "setpriv") };
      const tree = plantToAsk(t, "", { env });
      const deaf = await create(tree, { name: "deaf", command: DEAF });
      const command = sh("echo ready; exec sleep 1000");
      const polite = await create(tree, { name: "polite", command });
      const script = await create(tree, { name: "script" });
      await tree.line(/\[deaf\] ready/);
      // What it is started through sees to it that it ends with its Stem, and then becomes it.
      await tree.line(/\[polite\] ready/);
      const stem = await tree.stem();
      process.kill(tree.pid, "SIGSTOP"); // So that it cannot see its Stem die.
      process.kill(stem, "SIGKILL");
      process.kill(tree.pid, "SIGKILL");
      assert.deepEqual(await tree.end(), { code: null, signal: "SIGKILL" });
      await until("the script node's end", () => !isAlive(script.pid!));
      const left = tool === "with" ? ["deaf"] : ["deaf", "polite"];
      if (tool === "with") await until("the program's end", () => !isAlive(polite.pid!));
      assert.ok(isAlive(deaf.pid!));

      const next = plantToAsk(t, "", { directory: tree.directory, env });
      const again = await create(next, { name: "deaf", command: SLEEP });
      const [, ended = ""] = await next.line(
        /^ending what an earlier tree left here: (.*)$/m,
        "stderr",
      );
      assert.deepEqual(ended.match(/[a-z]+(?= \()/g)?.sort(), left);
      assert.ok(!isAlive(deaf.pid!) && !isAlive(polite.pid!));
      assert.ok(isAlive(again.pid!));
      assert.deepEqual(await next.stop(), { code: 0, signal: null });
    });
  }

  test("one tree, and what its nodes do to it", async (t) => {
    const tree = plantToAsk(t);
    const destroyAll = () => ask(tree, 'supervisor.destroy("")');

    await t.test("a node that closes its own stdout runs on, and so does its stderr", async () => {
      const command = sh("echo before; exec 1>&-; echo after >&2; exec sleep 1000");
      const { pid } = await create(tree, { name: "mute", command });
      await tree.line(/\[mute\] before/);
      await tree.line(/\[mute\] after/, "stderr");
      // Its pipe may now serve another node.
      for (let i = 0; i < 20; i++)
        await create(tree, { name: `n${i}`, command: sh(`echo I am n${i}; exec sleep 1000`) });
      for (let i = 0; i < 20; i++) await tree.line(new RegExp(`\\[n${i}\\] I am n${i}$`, "m"));
      assert.ok(isAlive(pid!));
      assert.equal(await ask(tree, 'supervisor.restart("mute")'), true);
      await tree.lines(/\[mute\] before/, 2);
      await tree.lines(/\[mute\] after/, 2, "stderr");
      assert.equal((await status(tree, "mute")).generation, 2);
    });
    await destroyAll();

    await t.test(
      "12, 16: directories and files that cannot work fail that start, and are tried again",
      async () => {
        fs.writeFileSync(tree.file("file"), "");
        const revival = { delay: 30, factor: 1 };
        await assert.rejects(
          create(tree, { name: "n", directory: "file/below" }),
          new RegExp(`^Error: failed to create working directory ${tree.directory}/file/below: .+`),
        );
        const cases: [NodeConfig, RegExp][] = [
          [
            { name: "err", stderrFile: "no/such/err" },
            /failed to create stderr file no\/such\/err: No such file or directory/,
          ],
          [{ name: "out", stdoutFile: "." }, /failed to create stdout file \.: Is a directory/],
          [
            { name: "program", command: ["no-such-program"] },
            /failed to execute no-such-program: No such file or directory/,
          ],
          [{ name: "directory", command: ["/"] }, /failed to execute \/: Is a directory/],
          [{ name: "text", command: ["./file"] }, /failed to execute \.\/file: Permission denied/],
        ];
        for (const [config, text] of cases) {
          const made = await create(tree, { command: SLEEP, revival, ...config });
          assert.equal(made.pid, undefined);
          assert.deepEqual(made.lastExit?.code, 1);
          const line = `^\\[supervisor:STDERR\\] \\[${config.name}\\] node '${config.name}' ${text.source}$`;
          await tree.lines(new RegExp(line, "m"), 3, "stderr");
        }
        const gone = await create(tree, {
          name: "gone",
          directory: "gone",
          command: SLEEP,
          revival,
        });
        fs.rmSync(tree.file("gone"), { recursive: true });
        process.kill(gone.pid!, "SIGKILL");
        await tree.line(
          new RegExp(
            `node 'gone' failed to set working directory to ${tree.directory}/gone: No such file or directory$`,
            "m",
          ),
          "stderr",
        );
        fs.mkdirSync(tree.file("gone"));
        fs.mkdirSync(tree.file("no/such"), { recursive: true });
        // What a node prints and what its status says come on two ways: the status may still be the dead one's.
        const { pid } = await statusWhen(
          tree,
          "gone",
          ({ state, pid }) => state === "running" && pid !== gone.pid,
        );
        assert.equal(fs.readlinkSync(`/proc/${pid}/cwd`), tree.file("gone"));
        await statusWhen(tree, "err", ({ state }) => state === "running");
      },
    );
    await destroyAll();

    await t.test("12: names that look odd work; names that cannot work are refused", async () => {
      const odd = [
        "--help",
        "-",
        "a:b",
        "%s%n",
        "$(id)",
        "'\"`\\",
        "*",
        "x.json",
        "ü—🌲",
        "…".repeat(66),
      ];
      for (const name of odd) {
        const { pid } = await create(tree, { name, command: sh("echo ready; exec sleep 1000") });
        await until(`a line of ${name}`, () => tree.stdout.includes(`[${name}] ready\n`));
        assert.equal((await status(tree, name)).pid, pid);
        assert.equal(await ask(tree, `supervisor.restart(${JSON.stringify(name)})`), true);
      }
      for (const name of ["", " ", "a b", "a/b", "..", ".", "a\nb", "\0", "x".repeat(201)])
        await assert.rejects(create(tree, { name, command: SLEEP }), /^Error: node names must not/);
      await create(tree, { name: "script-%s-🌲" });
      const { nodes } = await ask<{ nodes: Record<string, NodeStatus> }>(
        tree,
        "supervisor.status()",
      );
      assert.equal(Object.keys(nodes).length, odd.length + 1);
    });
    await destroyAll();

    await t.test(
      "40: a program that ignores SIGTERM holds up neither a restart, a destroy nor the end",
      async () => {
        const stop = { interval: 50, attempts: 3 };
        const first = await create(tree, { name: "deaf", command: DEAF, stop });
        const other = await create(tree, { name: "deaf-too", command: DEAF, stop });
        await tree.lines(/\[deaf(-too)?\] ready$/m, 2);
        assert.equal(await ask(tree, 'supervisor.restart("deaf")'), true);
        assert.ok(!isAlive(first.pid!));
        await tree.lines(/\[deaf\] ready$/m, 2);
        assert.equal(await ask(tree, 'supervisor.destroy("deaf-too")'), true);
        assert.ok(!isAlive(other.pid!));
        const last = (await status(tree, "deaf")).pid!;
        assert.deepEqual(await tree.stop(), { code: 0, signal: null });
        assert.ok(!isAlive(last));
      },
    );
  });

  test("what a node leaves behind", async (t) => {
    // With a control group nothing escapes.
    const tree = plantToAsk(t, "", { env: { COPPICE_NO_CGROUPS: "1" } });
    for (const where of ["in the node's group", "escaped with setsid"] as const) {
      await t.test(
        `42, 46: a grandchild that outlives its node and holds its output open, ${where}`,
        async (t) => {
          const leave = where === "escaped with setsid" ? "setsid" : "";
          const [name, file] = [`n${leave}`, tree.file(`children${leave}`)];
          // SIGTERM does not end it, so that it really is there when the node has gone.
          const child = `${leave} sh -c "trap '' TERM; echo \\$\\$ >>${file}; exec sleep 1000" &`;
          // The one of this life: of an earlier one there is a line already.
          const isThere = `grep -qx $! ${file}`;
          await create(tree, {
            name,
            command: sh(`${child} until ${isThere}; do sleep 0.02; done; printf 'no newline'`),
            revival: { delay: 50, limit: 1 },
            stop: { interval: 50 },
          });
          atEnd(t, () => {
            for (const pid of linesOf(file).map(Number))
              if (isAlive(pid)) process.kill(pid, "SIGKILL");
          });
          await statusWhen(
            tree,
            name,
            ({ state, generation }) => state === "stopped" && generation === 2,
          );
          await tree.lines(
            new RegExp(`^\\[supervisor:STDOUT\\] \\[${name}\\] no newline$`, "m"),
            2,
          );
          const children = linesOf(file).map(Number);
          assert.equal(children.length, 2);
          assert.deepEqual(
            children.filter(isAlive),
            leave === "" ? [] : children,
            "what is in the group ends with the node; what left it is on its own",
          );
          assert.equal(await ask(tree, `supervisor.destroy("${name}")`), true);
          // Pipes that were given up must not lead to someone else's output.
          await create(tree, { name: `after${leave}`, command: sh("echo mine"), revival: ONCE });
          await tree.line(new RegExp(`^\\[supervisor:STDOUT\\] \\[after${leave}\\] mine$`, "m"));
          for (const pid of children) if (isAlive(pid)) process.kill(pid, "SIGKILL");
        },
      );
    }
    assert.deepEqual(await tree.stop(), { code: 0, signal: null });
  });

  test("a Supervisor whose stdout loses its reader lives on, and its nodes with it", async (t) => {
    const tree = plantToAsk(t);
    const code = `const fs = require("node:fs"); let i = 0;
      setInterval(() => {
        process.stdout.write("x".repeat(99_999) + "\\n", () => {
          fs.writeFileSync("progress.new", String(++i));
          fs.renameSync("progress.new", "progress");
        });
      }, 5);`;
    const { pid } = await create(tree, { name: "talker", command: js(code) });
    await tree.line(/\[talker\] xxx/);
    tree.child.stdout?.destroy();
    await tree.line(/^error: cannot write to stdout any more.*Broken pipe$/m, "stderr");
    const progress = () => Number(linesOf(tree.file("progress"))[0] ?? 0);
    const then = progress();
    await until("the node to go on writing", () => progress() > then + 40);
    tree.child.stderr?.destroy();
    await create(tree, { name: "n", command: sh("echo lost >&2; exec sleep 1000") });
    process.kill((await status(tree, "n")).pid!, "SIGKILL");
    await statusWhen(tree, "n", ({ generation, state }) => generation === 2 && state === "running");
    assert.equal((await status(tree, "talker")).pid, pid);
    assert.deepEqual(await tree.stop(), { code: 0, signal: null });
  });
});

test("the runtime's files and the Node.js that runs it may change under a running tree", async (t) => {
  const { main, node, files } = privateRuntime(t);
  const directory = temporaryDirectory(t);
  fs.writeFileSync(path.join(directory, "tree.mjs"), SCRIPT);
  const tree = run(t, directory, [...ASKED, "tree.mjs"], {}, { main, node });
  const script = await create(tree, { name: "script" });
  await tree.line(/^\[supervisor:STDOUT\] \[script\] init of script$/m);
  await create(tree, { name: "program", command: SLEEP });

  for (const file of files) fs.writeFileSync(file, "this is ( no program");
  fs.rmSync(node);
  fs.writeFileSync(node, "#!/bin/sh\nexit 99\n", { mode: 0o755 });

  // What answers from afar is loaded only now, and is of the version that the tree is of.
  const remote = await unixClient(t, tree);
  await assert.rejects(remote.create({ name: "" }), { code: "COPPICE_NODE_CONFIG" });
  assert.equal(await remote.restart("script"), true);
  await tree.lines(/\[script\] init of script$/m, 2);
  assert.equal(
    await ask(tree, "coppice.broker.listen({ port: 0 }).then((listener) => listener.port > 0)"),
    true,
  );
  assert.equal(await ask(tree, 'supervisor.restart("script")'), true);
  await tree.lines(/\[script\] init of script$/m, 3);
  const stem = await tree.stem();
  process.kill(stem, "SIGKILL");
  await tree.lines(/\[script\] init of script$/m, 4);
  await create(tree, { name: "another" });
  await tree.line(/\[another\] init of another$/m);
  assert.notEqual(await tree.stem(), stem);
  const back = await statusWhen(tree, "script", ({ state }) => state === "running");
  assert.ok(back.pid !== script.pid && isAlive(back.pid!));
  await statusWhen(
    tree,
    "program",
    ({ generation, state }) => generation === 2 && state === "running",
  );
  assert.deepEqual(await tree.stop(), { code: 0, signal: null });
});

test("24: 100 nodes at once, restarted at once, and ended at once", async (t) => {
  const count = 100;
  const directory = temporaryDirectory(t);
  execFileSync("mkfifo", [path.join(directory, "hold")]);
  const tree = plant(
    t,
    `import { on, supervisor } from "coppice";
     on("init", async () => {
       const command = ["sh", "-c", "echo ready $$; read never <hold"];
       const names = Array.from({ length: ${count} }, (_, i) => "n" + i);
       const made = await Promise.all(names.map((name) => supervisor.create({ name, command })));
       console.log("made", new Set(made.map(({ pid }) => pid)).size);
     });`,
    { directory, options: ASKED },
  );
  await tree.line(new RegExp(`^made ${count}$`, "m"));
  const ready = /^\[supervisor:STDOUT\] \[(n\d+)\] ready (\d+)$/m;
  const first = new Map((await tree.lines(ready, count)).map(([, name, pid]) => [name, pid]));
  assert.equal(first.size, count);
  assert.equal(await ask(tree, "supervisor.restart()"), true);
  const all = await tree.lines(ready, 2 * count);
  assert.equal(new Set(all.map(([, , pid]) => pid)).size, 2 * count);
  const { nodes } = await ask<{ nodes: Record<string, NodeStatus> }>(tree, "supervisor.status()");
  for (const [, name, pid] of all.slice(count)) assert.equal(nodes[name!]?.pid, Number(pid));
  assert.deepEqual(
    [...first.values()].filter((pid) => isAlive(Number(pid))),
    [],
  );
  assert.equal(processesOf(tree.directory).length, count + 2);
  assert.deepEqual(await tree.stop(), { code: 0, signal: null });
});

test("48: 200 MB of lines through a slow reader: none is lost, and nobody hoards them", async (t) => {
  const tree = plant(t, "", { options: ASKED, readStdout: false });
  await create(tree, { name: "idle", command: SLEEP });
  const stem = await tree.stem();
  const before = { supervisor: peakOf(tree.pid), stem: peakOf(stem) };
  // Long lines: it is the bytes that could be hoarded.
  const [lines, width] = [200_000, 1_000];
  const { pid: flood } = await create(tree, {
    name: "flood",
    command: ["seq", "-f", `%0${width}.0f`, "1", String(lines)],
    revival: ONCE,
  });
  // The reader stands still. The node has to wait; commands and reports pass all the same.
  let last = 0;
  let since = performance.now();
  await until("a standstill", async () => {
    assert.equal((await status(tree, "flood")).state, "running", "the node has to wait");
    const written = writtenBy(flood!);
    if (written > last) [last, since] = [written, performance.now()];
    return performance.now() - since > 300;
  });
  assert.ok(last < 20e6, `${last} bytes are under way`);
  assert.equal(await ask(tree, 'supervisor.restart("idle")'), true);
  await create(tree, { name: "another", command: SLEEP });
  assert.equal(await ask(tree, 'supervisor.destroy("another")'), true);
  assert.equal((await status(tree, "flood")).state, "running");

  const check = checker("[supervisor:STDOUT] [flood] ", width);
  let busy: Promise<unknown> | undefined;
  for await (const chunk of tree.child.stdout!) {
    if (check(chunk as Buffer) > lines / 2) busy ??= ask(tree, 'supervisor.restart("idle")');
    if (check.next > lines) break;
  }
  assert.equal(check.next, lines + 1);
  assert.equal(await busy, true, "a command in the middle of it all");
  await statusWhen(tree, "flood", ({ state }) => state === "stopped");
  assert.equal((await status(tree, "flood")).lastExit?.code, 0);
  const grown = {
    supervisor: peakOf(tree.pid) - before.supervisor,
    stem: peakOf(stem) - before.stem,
  };
  assert.ok(grown.supervisor < 80 && grown.stem < 80, `grown by ${JSON.stringify(grown)} MB`);
});

const SCRIPT = `
  import { on, supervisor } from "coppice";
  on("init", () => { if (supervisor.isSupervised()) console.log("init of", supervisor.node().name); });`;

/** A copy of Coppice and of Node.js that the test may spoil. */
function privateRuntime(t: TestContext): { main: string; node: string; files: string[] } {
  const directory = temporaryDirectory(t);
  const home = path.join(MAIN, "..", "..");
  const copy = path.join(directory, path.basename(home));
  fs.cpSync(home, copy, { recursive: true });
  fs.copyFileSync(path.join(ROOT, "package.json"), path.join(directory, "package.json"));
  fs.symlinkSync(path.join(ROOT, "node_modules"), path.join(directory, "node_modules"));
  const node = path.join(directory, "node");
  fs.copyFileSync(process.execPath, node, fs.constants.COPYFILE_FICLONE);
  fs.chmodSync(node, 0o755);
  const files = fs
    .readdirSync(copy, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.[jt]s$/.test(name))
    .map((name) => path.join(copy, name));
  return { main: path.join(copy, path.relative(home, MAIN)), node, files };
}

/** Checks numbered lines of one width, in whatever pieces they come; tells the next number. */
function checker(prefix: string, width: number) {
  const expected = Buffer.from(`${prefix}${"0".repeat(width)}\n`);
  const size = expected.length;
  let rest: Buffer = Buffer.alloc(0);
  function check(chunk: Buffer): number {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (; at + size <= bytes.length; at += size) {
      expected.write(String(check.next).padStart(10, "0"), size - 11, "latin1");
      if (bytes.compare(expected, 0, size, at, at + size) !== 0)
        assert.fail(`not line ${check.next}: ${bytes.subarray(at, at + size)}`);
      check.next++;
    }
    rest = bytes.subarray(at);
    return check.next;
  }
  check.next = 1;
  return check;
}

/** The most memory that a process ever had, in MB. */
function peakOf(pid: number): number {
  const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024);
}

/** The bytes that a process has written so far. */
function writtenBy(pid: number): number {
  return Number(/^wchar: (\d+)/m.exec(fs.readFileSync(`/proc/${pid}/io`, "utf8"))?.[1]);
}
