/** `coppice crashes`: what it shows, of a Supervisor or of a directory. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { CrashRecord } from "../../src/core/crash.ts";
import { NoSupervisorError } from "../../src/errors.ts";
import { temporaryDirectory } from "../fixtures/tree.ts";
import { coppice, FakeRemote, NOW, node } from "./fake.ts";

const NOTHING = { lines: [], omitted: 0, complete: true };
const WEB: CrashRecord = {
  id: "9",
  at: NOW - 60_000,
  node: "web",
  kind: "exit",
  exit: { signal: "SIGSEGV" },
  coreFile: "/var/web/core.42",
  pid: 42,
  generation: 3,
  startedAt: NOW - 62_340,
  lived: 2_340,
  usage: {
    cpu: 1_230,
    isFinal: true,
    memory: 3 * 1024 * 1024,
    peakMemory: 8 * 1024 * 1024,
    sampledAt: NOW - 61_000,
  },
  next: { kind: "started", at: NOW - 59_000, pid: 43 },
  unrecorded: 2,
  stdout: { lines: ["\u001b[2Jhello", "a\udcff"], omitted: 17, complete: true },
  stderr: { ...NOTHING, complete: false },
  config: { name: "web", env: { A: "1" } },
};
const DB: CrashRecord = {
  id: "10",
  at: NOW - 1_000,
  node: "db",
  kind: "start",
  exit: {},
  generation: 0,
  next: { kind: "waits", at: NOW + 4_000 },
  stdout: { ...NOTHING, file: "/var/db/out", problem: "Permission denied" },
  stderr: { lines: ["no such file"], omitted: 0, complete: true },
  config: { name: "db" },
};

function tree(...records: CrashRecord[]): FakeRemote {
  const remote = new FakeRemote(node("web"), node("quiet"));
  remote.records = records;
  return remote;
}

test("all of them, the newest last", async () => {
  const { status, stdout, stderr } = await coppice(["crashes"], { remote: tree(WEB, DB) });
  assert.deepEqual([status, stderr], [0, ""]);
  assert.deepEqual(stdout.split("\n"), [
    "ID  TIME      NODE  HOW                   PID  LIVED   MEMORY  NEXT",
    " 9  14:02:22  web   signal SIGSEGV, core   42  2.34s  3.0 MiB  started 14:02:23 (PID 43)",
    "10  14:03:21  db    could not start         -      -        -  to start 14:03:26",
    "",
  ]);
});

test("those of some nodes, of gone ones too; one that nobody knows is told", async () => {
  const remote = tree(WEB, DB);
  const gone = await coppice(["crashes", "db"], { remote });
  assert.equal(gone.stdout.trimEnd().split("\n").length, 2);
  const quiet = await coppice(["crashes", "quiet"], { remote });
  assert.deepEqual([quiet.status, quiet.stdout], [0, "no crashes\n"]);
  const typo = await coppice(["crashes", "wbe", "db"], { remote });
  assert.equal(typo.status, 1);
  assert.equal(typo.stderr, "error: there is no node 'wbe'; did you mean 'web'?\n");
  assert.match(typo.stdout, /could not start/);
  const odd = await coppice(["crashes", "--", "show"], { remote });
  assert.match(odd.stderr, /there is no node 'show'/);
  const empty = await coppice(["crashes", ""], { remote });
  assert.equal(empty.status, 2);
});

test("one of them, with all that is known", async () => {
  const world = { remote: tree(WEB, DB) };
  const web = await coppice(["crashes", "show", "9"], world);
  assert.equal(web.status, 0);
  assert.deepEqual(web.bytes.toString("latin1").split("\n"), [
    "crash 9 of node 'web'",
    "  when          14:02:22",
    "  how           signal SIGSEGV, core",
    "  core          /var/web/core.42",
    "  process       PID 42, start 3",
    "  started       14:02:19, lived 2.34s",
    "  used          1.2s of CPU time, 3.0 MiB of memory 1.00s before, at most 8.0 MiB until then",
    "  next          started 14:02:23 (PID 43)",
    "  not recorded  2 crashes of it before this one: too many came at once",
    '  config        {"name":"web","env":{"A":"1"}}',
    "==== stdout: 2 lines, 17 bytes before",
    "\u001b[2Jhello",
    "a\xff",
    "==== stderr: nothing; it had not ended, and more may have come",
    "",
  ]);
  const db = await coppice(["crashes", "show", "10"], world);
  assert.match(
    db.stdout,
    /^==== stdout, the end of \/var\/db\/out: cannot be read: Permission denied$/m,
  );
  const terminal = await coppice(["crashes", "show", "9"], { ...world, isTerminal: true });
  assert.ok(!terminal.stdout.includes("\u001b[2J"), "nothing that moves a cursor");
});

test("for programs", async () => {
  const world = { remote: tree(WEB, DB) };
  const list = JSON.parse((await coppice(["crashes", "--json"], world)).stdout);
  const { stdout: _stdout, stderr: _stderr, config: _config, ...summary } = DB;
  assert.deepEqual(list.crashes[1], summary);
  assert.deepEqual(
    JSON.parse((await coppice(["crashes", "show", "9", "--json"], world)).stdout),
    WEB,
  );
  const none = await coppice(["crashes", "--json"], { remote: tree() });
  assert.equal(none.stdout, '{"crashes":[]}\n');
});

test("what is wrong is one line", async () => {
  const world = { remote: tree(WEB) };
  for (const [argv, status, message] of [
    [["show"], 2, /^error: which crash\? coppice crashes show ID; see coppice crashes --help\n$/],
    [["show", "1", "2"], 2, /^error: one crash at a time: what is '2'\?; see .*\n$/],
    [
      ["show", "7"],
      1,
      /^error: there is no crash '7', or it is no longer kept: coppice crashes lists them\n$/,
    ],
  ] as const) {
    const result = await coppice(["crashes", ...argv], world);
    assert.deepEqual([result.status, result.stdout], [status, ""]);
    assert.match(result.stderr, message);
  }
});

test("where no Supervisor runs, what lies in its state directory is told", async (t) => {
  const directory = temporaryDirectory(t);
  const connect = async () => {
    throw new NoSupervisorError("nobody is there");
  };
  const world = { directory, connect };
  assert.equal((await coppice(["crashes"], world)).status, 69, "there never was one");
  const crashes = path.join(directory, ".coppice", "crashes");
  fs.mkdirSync(path.dirname(crashes));
  assert.equal((await coppice(["crashes"], world)).stdout, "no crashes\n");
  fs.mkdirSync(crashes);
  for (const record of [WEB, DB])
    fs.writeFileSync(path.join(crashes, `${record.id}.json`), JSON.stringify(record));
  const list = await coppice(["crashes", "--json", "web"], world);
  assert.deepEqual(
    JSON.parse(list.stdout).crashes.map(({ id }: CrashRecord) => id),
    ["9"],
  );
  const all = await coppice(["crashes"], world);
  assert.match(all.stdout, /^ 9 .*\n10 .*\n$/m);
  assert.match((await coppice(["crashes", "show", "10"], world)).stdout, /no such file/);
  assert.equal((await coppice(["crashes", "show", "11"], world)).status, 1);
  const afar = await coppice(["crashes", "--connect", "ws://192.0.2.1:1"], world);
  assert.equal(afar.status, 69);
  fs.rmSync(crashes, { recursive: true });
  fs.writeFileSync(crashes, "");
  const broken = await coppice(["crashes"], world);
  assert.equal(broken.status, 1);
  assert.match(
    broken.stderr,
    /^error: cannot read the records of crashes in .*: Not a directory\n$/,
  );
});
