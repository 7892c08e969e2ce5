import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import type { Exit } from "../../src/core/revival.ts";
import { openLibc } from "../../src/os/native/libc.ts";
import { openSpawner } from "../../src/os/native/posix-spawn.ts";
import { type SpawnRequest, startProcess } from "../../src/os/spawn.ts";

const start = openSpawner(openLibc({}));

interface Run {
  pid: number;
  exit: Exit;
  cpu: number | undefined;
  text: string;
}

/** Runs something with its stdout to a file; what it is given besides. */
async function run(
  command: readonly string[],
  { env = {}, ...more }: Partial<SpawnRequest> = {},
): Promise<Run> {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "spawn-")), "out");
  const out = fs.openSync(file, "w");
  const [program = "", ...args] = command;
  const request = { file: program, args, env, stdout: out, stderr: out, ...more };
  try {
    return await new Promise((resolve, reject) => {
      let pid = 0;
      let exit: Exit = {};
      start(request, {
        started: (started) => {
          pid = started;
        },
        failed: reject,
        exited: (how) => {
          exit = how;
        },
        used: (cpu) => resolve({ pid, exit, cpu, text: fs.readFileSync(file, "utf8") }),
      });
    });
  } finally {
    fs.closeSync(out);
    fs.rmSync(path.dirname(file), { recursive: true });
  }
}

test("koffi is there, on the machines that the tests run on", () => {
  assert.notEqual(start, startProcess);
});

test("without native code, processes are started as Node.js starts them", () => {
  assert.equal(openSpawner(openLibc({ COPPICE_NO_NATIVE: "1" })), startProcess);
});

test("a process has its words, its environment and its directory, and nothing else", async () => {
  const { text } = await run(["/bin/sh", "-c", 'echo "$0|$1|$A|$HOME|$PWD|"', "a b", "ü"], {
    env: { A: "=1 2", B: undefined },
    cwd: "/usr",
  });
  assert.equal(text, "a b|ü|=1 2||/usr|\n");
});

test("a process leads a session, reads nothing, and has default signals and no descriptors of ours", async () => {
  const { pid, text } = await run(["/bin/cat", "/proc/self/stat", "-", "/proc/self/status"]);
  const fields = text.slice(text.lastIndexOf(") ", text.indexOf("\n")) + 2).split(" ");
  assert.deepEqual(fields.slice(1, 4).map(Number), [process.pid, pid, pid]);
  for (const kind of ["SigBlk", "SigIgn"]) assert.match(text, new RegExp(`${kind}:\\s0+\n`));
  const { text: open } = await run(["/bin/ls", "/proc/self/fd"]);
  // Whoever started us may have left something open, which Node.js hands down as well.
  assert.equal(open, spawnSync("/bin/ls", ["/proc/self/fd"], { encoding: "utf8" }).stdout);
});

test("further descriptors come under their numbers", async () => {
  const fd = fs.openSync("/dev/zero", "r");
  const { text } = await run(["/bin/readlink", "/proc/self/fd/5"], { others: new Map([[5, fd]]) });
  fs.closeSync(fd);
  assert.equal(text, "/dev/zero\n");
});

test("an end is told as it was, with the CPU time of this very process", async () => {
  const working = "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; exit 7";
  const [busy, killed, realTime] = await Promise.all([
    run(["/bin/sh", "-c", working]),
    run(["/bin/sh", "-c", "kill -KILL $$"]),
    run(["/bin/sh", "-c", "kill -36 $$"]),
  ]);
  assert.deepEqual(busy.exit, { code: 7 });
  assert.deepEqual(killed.exit, { signal: "SIGKILL" });
  assert.deepEqual(realTime.exit, { signal: "SIGRTMIN+2" });
  assert.ok(busy.cpu !== undefined && killed.cpu !== undefined && busy.cpu > 2 * killed.cpu);
});

test("what cannot be executed fails, with the system's reason", async () => {
  await assert.rejects(run(["/bin/no-such-thing"]), { code: "ENOENT", path: "/bin/no-such-thing" });
  await assert.rejects(run(["/etc/passwd"]), { code: "EACCES" });
  await assert.rejects(run(["/bin/true"], { cwd: "/no-such-place" }), { code: "ENOENT" });
  await assert.rejects(run(["/bin/true", "a\0b"]), { code: "ERR_INVALID_ARG_VALUE" });
});

test("a script that does not say what runs it is run by the shell", async () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "spawn-"));
  const script = path.join(directory, "script");
  fs.writeFileSync(script, "echo it runs\n", { mode: 0o700 });
  const { text } = await run([script]);
  fs.rmSync(directory, { recursive: true });
  assert.equal(text, "it runs\n");
});

test("more words than usual", async () => {
  const { text } = await run(["/bin/sh", "-c", "echo $#", ...Array(15_000).fill("y".repeat(80))]);
  assert.equal(text, "14999\n");
});

test("every end is heard of, in the midst of the ends of Node.js' own children", async () => {
  const others = Array.from(
    { length: 20 },
    () => new Promise((ended) => spawn("/bin/true").once("exit", ended)),
  );
  const codes = Array.from({ length: 60 }, (_, i) => i);
  const ours = codes.map((code) => run(["/bin/sh", "-c", `exit ${code}`]));
  const runs = await Promise.all(ours);
  await Promise.all(others);
  assert.deepEqual(
    runs.map(({ exit }) => exit),
    codes.map((code) => ({ code })),
  );
});

test("a process with children waits for them, and for nothing else", async () => {
  const module = (name: string) =>
    JSON.stringify(new URL(`../../src/os/native/${name}.ts`, import.meta.url).href);
  const code = `const { openSpawner } = await import(${module("posix-spawn")});
    const { openLibc } = await import(${module("libc")});
    openSpawner(openLibc({}))({ file: "/bin/sleep", args: ["0.2"], env: {}, stdout: "ignore", stderr: "ignore" },
      { started() {}, failed() {}, exited: (exit) => console.log(JSON.stringify(exit)) });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code]);
  let text = "";
  child.stdout.on("data", (bytes) => {
    text += bytes;
  });
  const status = await new Promise((ended) => child.once("close", ended));
  assert.deepEqual([text, status], ['{"code":0}\n', 0]);
});
