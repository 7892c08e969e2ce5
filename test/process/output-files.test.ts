/** Output that the Stem writes to files which are rotated: what a tree makes of it. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { describe, type TestContext, test } from "node:test";
import { gunzipSync } from "node:zlib";
import type { NodeConfig } from "coppice";
import { ask, create, plantToAsk, statusWhen } from "../fixtures/ask.ts";
import { nearlyFullDisk } from "../fixtures/disk.ts";
import { sh } from "../fixtures/system.ts";
import { type TestTree, temporaryDirectory, until } from "../fixtures/tree.ts";

const ONCE = { when: "never" } as const;

describe("output files", { concurrency: 2 }, () => {
  test("in a tree", async (t) => {
    const tree = plantToAsk(t);
    await t.test("all that a node printed before it was killed is there, once and in order", () =>
      everyLine(tree),
    );
    await t.test("`logs` has the last of it, and the Supervisor prints none", () => kept(tree));
    await t.test("a line by which it is ready is found", () => readyByLine(tree));
    await t.test("two nodes with one file: the second is refused", () => refused(tree));
    await t.test("a revival appends, and a fresh creation truncates if it is to", () =>
      appended(tree),
    );
    await t.test("a full disk is told, and costs neither the node nor the others", (t) =>
      fullDisk(t, tree),
    );
    await t.test("a Supervisor that stands still holds no node up", () => standing(tree));
    await t.test("a Stem that is killed costs no line that is in a file", () => stemKilled(tree));
  });

  test("the last words of a node that loses its Supervisor are in its file", async (t) => {
    // Not in the tree's directory, which nobody may be seen in at the end.
    const file = path.join(temporaryDirectory(t), "out");
    const tree = plantToAsk(t);
    const command = sh("trap 'echo last words; exit' TERM; echo up; while :; do sleep 0.05; done");
    await create(tree, { name: "n", command, output: { file } });
    await until("its first word", () => text(file).includes("up"));
    process.kill(tree.pid, "SIGKILL");
    await until("its last", () => text(file).includes("last words\n"));
  });
});

async function everyLine(tree: TestTree): Promise<void> {
  const count = 60_000;
  const command = sh(`seq 1 ${count}; seq 1 ${count} | sed s/^/e/ >&2; printf torn; kill -9 $$`);
  await create(tree, {
    name: "seq",
    command,
    revival: ONCE,
    directory: tree.file("logs"),
    output: { file: "seq.log", maxSize: "50K", keep: 50, compress: true },
  });
  const file = tree.file("logs/seq.log");
  await statusWhen(tree, "seq", ({ state }) => state === "stopped");
  // Each stream comes in its own time.
  const last = [/^torn$/m, new RegExp(`^e${count}$`, "m")];
  await until("its last words", () => {
    const all = filesOf(file).join("");
    return last.every((pattern) => pattern.test(all));
  });
  // The newest may still be about to be.
  await until("compression", () => fs.existsSync(`${file}.1.gz`) && !fs.existsSync(`${file}.1`));
  const files = filesOf(file);
  assert.ok(files.length > 10);
  for (const one of files) assert.ok(one.length <= 50 * 1024 && one.endsWith("\n"));
  const lines = files.join("").split("\n").slice(0, -1);
  for (const pattern of [/^\d+$/, /^e\d+$/]) {
    const numbers = lines.filter((line) => pattern.test(line));
    assert.equal(numbers.length, count);
    assert.ok(numbers.every((number, i) => Number(number.replace("e", "")) === i + 1));
  }
  assert.equal(lines.length, 2 * count + 1);
}

async function kept(tree: TestTree): Promise<void> {
  const command = sh("printf '1\\n2\\n3\\nlast'");
  await create(tree, { name: "few", command, revival: ONCE, output: { file: "few.log" } });
  const lines = await until("the last line", async () => {
    const found = await history(tree, "few", 3);
    return found.includes("last") ? found : undefined;
  });
  assert.deepEqual(lines, ["2", "3", "last"]);
  assert.ok((await history(tree, "seq", 10)).length === 10);
  assert.doesNotMatch(`${tree.stdout}${tree.stderr}`, /\[(few|seq)\]/);
}

async function readyByLine(tree: TestTree): Promise<void> {
  await create(tree, {
    name: "ready",
    command: sh("echo starting; while [ ! -e go ]; do sleep 0.02; done; echo up; exec sleep 1000"),
    ready: { line: "^up$" },
    output: { file: "ready.log" },
  });
  await until("its first line", () => text(tree.file("ready.log")) === "starting\n");
  assert.equal((await statusWhen(tree, "ready", ({ pid }) => pid !== undefined)).ready, false);
  fs.writeFileSync(tree.file("go"), "");
  await statusWhen(tree, "ready", ({ ready }) => ready === true);
}

async function refused(tree: TestTree): Promise<void> {
  const config = { name: "second", command: ["true"], output: { file: "../x/../ready.log.1" } };
  fs.mkdirSync(tree.file("x"));
  const message =
    /^node 'second': its output would mix with that of node 'ready' in .*ready\.log\.1/;
  await assert.rejects(create(tree, { ...config, directory: tree.file("x") }), { message });
}

async function appended(tree: TestTree): Promise<void> {
  const file = tree.file("again.log");
  fs.writeFileSync(file, "before\n");
  const config: NodeConfig = {
    name: "again",
    command: sh("echo one of two; [ -e died ] && exec sleep 1000; touch died; kill -9 $$"),
    revival: { delay: 1 },
    output: { file: "again.log" },
  };
  await create(tree, config);
  await until("two lines", () => text(file) === "before\none of two\none of two\n");
  await ask(tree, "supervisor.destroy('again')");
  await create(tree, { ...config, truncateOutput: true });
  await until("a new file", () => text(file) === "one of two\n");
  const { pid } = await statusWhen(tree, "again", (status) => status.pid !== undefined);
  process.kill(pid!, "SIGKILL");
  await until("both lines", () => text(file) === "one of two\none of two\n");
}

async function fullDisk(t: TestContext, tree: TestTree): Promise<void> {
  const directory = nearlyFullDisk(t);
  if (directory === undefined) return;
  const line = "x".repeat(999);
  const command = sh(
    `i=0; while :; do echo "$i ${line}"; i=$((i+1)); [ $i -gt 300 ] && sleep 0.02; done`,
  );
  const output = { file: path.join(directory, "full.log") };
  await create(tree, { name: "full", command, output });
  await tree.line(/^\[supervisor:STDERR\] \[full\] .* No space left on device: lines/m, "stderr");
  await create(tree, { name: "other", command: sh("echo unharmed"), revival: ONCE });
  await tree.line(/^\[supervisor:STDOUT\] \[other\] unharmed$/m);
  const before = text(output.file);
  assert.match(before, /^(\d+ x{999}\n)+$/);
  fs.rmSync(path.join(directory, "filler"));
  await tree.line(/^\[supervisor:STDERR\] \[full\] .* again: \d+ lines? w\w+ lost$/m, "stderr");
  await until("more lines", () => text(output.file).length > before.length);
  assert.match(text(output.file), /^(\d+ x{999}\n)+$/);
  assert.equal(tree.stderr.match(/No space left/g)?.length, 1, "it is said once");
  await ask(tree, "supervisor.destroy('full')");
}

async function standing(tree: TestTree): Promise<void> {
  const size = 4_000_000;
  const file = tree.file("standing.log");
  const command = sh(
    `while [ ! -e stopped ]; do sleep 0.02; done; head -c ${size} /dev/zero | tr '\\0' 'y' | fold -w 99; echo; echo done; exec sleep 1000`,
  );
  await create(tree, { name: "standing", command, output: { file: "standing.log" } });
  process.kill(tree.pid, "SIGSTOP");
  try {
    fs.writeFileSync(tree.file("stopped"), "");
    await until("all of it", () => text(file).endsWith("done\n"));
  } finally {
    process.kill(tree.pid, "SIGCONT");
  }
  assert.equal(text(file).replaceAll("\n", "").length, size + "done".length);
  // The Supervisor hears the end of it, and what it has missed.
  const lines = await until("the last line in `logs`", async () => {
    const found = await history(tree, "standing", 2_000);
    return found.includes("done") ? found : undefined;
  });
  assert.ok(
    lines.some((line) =>
      /^\[coppice: \d+ bytes of output here are in its file alone\]$/.test(line),
    ),
  );
}

async function stemKilled(tree: TestTree): Promise<void> {
  const file = tree.file("alive.log");
  const command = sh("echo $$; exec sleep 1000");
  const output = { file: "alive.log", maxSize: "1K" };
  const { pid } = await create(tree, { name: "alive", command, output, truncateOutput: true });
  await until("its pid", () => text(file) === `${pid}\n`);
  process.kill(await tree.stem(), "SIGKILL");
  const next = await statusWhen(tree, "alive", (one) => one.pid !== undefined && one.pid !== pid);
  await until("both pids", () => text(file) === `${pid}\n${next.pid}\n`);
}

/** A node's last lines, as the Supervisor keeps them. */
function history(tree: TestTree, node: string, lines: number): Promise<string[]> {
  return ask<string[]>(
    tree,
    `(async () => {
      const found = [];
      const options = { nodes: [${JSON.stringify(node)}], lines: ${lines}, follow: false };
      await supervisor.follow((line) => void found.push(line.text), options).ended;
      return found;
    })()`,
  );
}

/** What the files hold, from the oldest to the newest. */
function filesOf(file: string): string[] {
  const { dir, base } = path.parse(file);
  const age = (name: string) => Number(/\.(\d+)(\.gz)?$/.exec(name)?.[1] ?? 0);
  return fs
    .readdirSync(dir)
    .filter((name) => name.startsWith(base) && !name.endsWith(".new"))
    .sort((a, b) => age(b) - age(a))
    .map((name) => text(path.join(dir, name)));
}

function text(file: string): string {
  try {
    const bytes = fs.readFileSync(file);
    return (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return "";
  }
}
