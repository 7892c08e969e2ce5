/** `coppice zeek diag`: what is shown of a node, whatever there is of it. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { noCoreText } from "../../src/cli/zeek/diag-program.ts";
import type { NodeStatus } from "../../src/core/status.ts";
import { temporaryDirectory } from "../fixtures/tree.ts";
import { coppice, FakeRemote, NOW, node } from "./fake.ts";

const ENV = { PATH: process.env["PATH"] ?? "" };

async function diag(remote: FakeRemote, ...names: string[]) {
  return coppice(["zeek", "diag", ...names], { remote, env: ENV });
}

/** No process of this test's. */
function ended(config: Partial<NodeStatus["node"]>, status: Partial<NodeStatus> = {}): NodeStatus {
  const base = node("w", { state: "waiting", ...status });
  return { ...base, node: { name: "w", ...config } };
}

test("each file has its section: so many of its last lines, or that there is none", async (t) => {
  const directory = temporaryDirectory(t);
  const lines = (count: number) => Array.from({ length: count }, (_, i) => `line ${i + 1}.`);
  for (const name of ["reporter.log", "packet_filter.log", "loaded_scripts.log"])
    fs.writeFileSync(path.join(directory, name), `${lines(50).join("\n")}\n`);
  fs.writeFileSync(path.join(directory, ".status"), "TERMINATED [fatal_error]\n");
  const { stdout, status } = await diag(new FakeRemote(ended({ directory, command: ["x"] })), "w");
  assert.equal(status, 0);
  const sections = new Map(
    stdout
      .split(/^(?=====)/m)
      .map((text) => [text.split("\n")[0] ?? "", text.trimEnd().split("\n").slice(1)]),
  );
  assert.deepEqual(sections.get("==== reporter.log"), lines(50).slice(-10));
  assert.deepEqual(sections.get("==== packet_filter.log"), lines(50).slice(-30));
  assert.deepEqual(sections.get("==== loaded_scripts.log"), lines(50));
  assert.deepEqual(sections.get("==== .status"), ["TERMINATED [fatal_error]"]);
  const order = [...sections.keys()].map((title) => title.replace(/^==== (No )?/, ""));
  assert.deepEqual(order.slice(1), [
    ...["reporter.log", "stderr.log", "stdout.log", ".cmdline (as configured)", ".env_vars"],
    ...[".status", "prof.log", "packet_filter.log", "loaded_scripts.log", "limits"],
  ]);
  assert.ok(sections.has("==== No stderr.log"));
  assert.match(stdout, /^\[w\]\n/);
});

test("streams that are in no file come from what the Supervisor keeps, ten lines of each", async (t) => {
  const directory = temporaryDirectory(t);
  const remote = new FakeRemote(ended({ directory, command: ["x"] }));
  for (let i = 1; i <= 30; i++) {
    const stream = i % 2 === 0 ? "stdout" : "stderr";
    remote.lines.push({ node: "w", stream, at: NOW, text: `said ${i}.`, complete: true });
  }
  const { stdout } = await diag(remote, "w");
  const [, err = ""] = stdout.split("==== stderr.log (from what the Supervisor keeps)\n");
  const expected = Array.from({ length: 10 }, (_, i) => `said ${11 + 2 * i}.`);
  assert.deepEqual(err.split("\n").slice(0, 10), expected);
  assert.match(stdout, /==== stdout\.log \(from what the Supervisor keeps\)\nsaid 12\.\n/);
  fs.writeFileSync(path.join(directory, "stderr.log"), "from the file\n");
  assert.match((await diag(remote, "w")).stdout, /==== stderr\.log\nfrom the file\n/);
});

test("where the configuration sends a stream to a file, that file is shown", async (t) => {
  const directory = temporaryDirectory(t);
  fs.writeFileSync(path.join(directory, "errors.txt"), "its own\n");
  const remote = new FakeRemote(ended({ directory, command: ["x"], stderrFile: "errors.txt" }));
  assert.match((await diag(remote, "w")).stdout, /==== errors\.txt\nits own\n/);
});

test("values of the environment are hidden, and the command is there", async (t) => {
  const remote = new FakeRemote(
    ended({
      directory: temporaryDirectory(t),
      env: { API_KEY: "s3cret", PATH: "/my/own" },
      interface: "eth0",
      zeek: { executable: "/nowhere/zeek", args: ["-C"], scripts: ["local"] },
    }),
  );
  const { stdout } = await diag(remote, "w");
  assert.doesNotMatch(stdout, /s3cret|\/my\/own/);
  assert.match(stdout, /==== \.env_vars \(as configured\)\nAPI_KEY=\(hidden\)\nPATH=\(hidden\)\n/);
  assert.match(stdout, /==== \.cmdline \(as configured.*\)\n\/nowhere\/zeek -i eth0 -C local\n/);
  assert.match(stdout, /cannot execute \/nowhere\/zeek: No such file or directory\n/);
});

test("what a Zeek that does not run would be started with is shown to the last word", async (t) => {
  const directory = temporaryDirectory(t);
  const executable = path.join(directory, "bin/zeek");
  fs.mkdirSync(path.dirname(executable));
  fs.writeFileSync(executable, "#!/bin/sh\necho zeek version 8.2.2\n", { mode: 0o755 });
  const state = path.join(directory, ".coppice");
  fs.mkdirSync(state);
  const handedDown = { directory, bareMode: true, ignoreChecksums: false };
  fs.writeFileSync(path.join(state, "args.json"), JSON.stringify(handedDown));
  const shown = async (supervised: boolean) => {
    const zeek = { executable, supervised, scripts: ["./own"], backend: "zeromq" as const };
    const remote = new FakeRemote(ended({ directory, interface: "eth0", zeek }));
    return (await coppice(["zeek", "diag", "w"], { remote, env: ENV, directory })).stdout;
  };
  const stdout = await shown(false);
  const script = "frameworks/cluster/backend/zeromq";
  const words = `${executable} -b -i eth0 -U .status ${script} ${state}/zeek/w/`;
  assert.ok(stdout.includes(`==== .cmdline (as configured)\n${words}`), stdout);
  assert.match(stdout, new RegExp(`/zeek/w/\\S+ ${directory}/own\\n`));
  assert.match(
    await shown(true),
    /==== \.cmdline \(as configured, which Zeek's own Stem has read eth0\)\n\S+\/zeek -j -b -U /,
  );
});

test("of a process that runs, command, environment and limits are those that it has", async (t) => {
  const own = { directory: temporaryDirectory(t), env: { PATH: "x" }, command: ["y"] };
  const remote = new FakeRemote({
    ...node("w", { pid: process.pid }),
    node: { name: "w", ...own },
  });
  const { stdout } = await diag(remote, "w");
  assert.match(stdout, new RegExp(`==== \\.cmdline \\(of process ${process.pid}\\)\n\\S*node `));
  assert.match(stdout, /==== \.env_vars \(of process \d+\)\nPATH=\(hidden\)\n/);
  assert.match(stdout, /==== limits\nLimit +Soft Limit/);
});

test("its last end is told, revivals are counted, and SIGKILL is explained", async (t) => {
  const directory = temporaryDirectory(t);
  const lastExit = { signal: "SIGKILL" as const, at: NOW };
  const status = { generation: 3, lastExit, nextStart: NOW + 4_000 };
  const { stdout } = await diag(new FakeRemote(ended({ directory, command: ["x"] }, status)), "w");
  assert.match(stdout, /starts so far: 3, 2 of them revivals or restarts\n/);
  assert.match(stdout, /last end: ended by SIGKILL, 2026-/);
  assert.match(stdout, /next start: in 4\.0 s\n/);
  assert.match(stdout, /for want of memory/);
  const code = { ...status, lastExit: { code: 3, at: NOW } };
  const other = await diag(new FakeRemote(ended({ directory, command: ["x"] }, code)), "w");
  assert.match(other.stdout, /last end: exit status 3, /);
  assert.doesNotMatch(other.stdout, /for want of memory/);
});

test("a node without a directory says so; one that there is not, too", async () => {
  const remote = new FakeRemote(ended({ command: ["x"] }));
  const { stdout, stderr, status } = await diag(remote, "w", "x");
  assert.match(stdout, /it has no directory of its own: there are no files to show\n/);
  assert.match(stderr, /^error: there is no node 'x'/);
  assert.equal(status, 1);
  const far = new FakeRemote(ended({ directory: "/no/such/place", command: ["x"] }));
  assert.match(
    (await diag(far, "w")).stdout,
    /its directory \/no\/such\/place is not on this machine/,
  );
});

test("a named pipe in place of a log does not keep it waiting", async (t) => {
  const directory = temporaryDirectory(t);
  const { spawnSync } = await import("node:child_process");
  spawnSync("mkfifo", [path.join(directory, "prof.log")]);
  const { stdout } = await diag(new FakeRemote(ended({ directory, command: ["x"] })), "w");
  assert.match(stdout, /==== prof\.log\n/);
});

test("a core in its directory is read with gdb, the newest of them", async (t) => {
  const directory = temporaryDirectory(t);
  for (const [name, time] of [
    ["core.1", 2_000],
    ["core.2", 1_000],
    ["score.txt", 3_000],
  ] as const) {
    fs.writeFileSync(path.join(directory, name), "no core at all");
    fs.utimesSync(path.join(directory, name), time, time);
  }
  const { stdout } = await diag(new FakeRemote(ended({ directory, command: ["x"] })), "w");
  assert.match(stdout, /^core file \S+\/core\.1(:\n.*\S|, and no gdb here to read it with)/m);
});

test("where there is no core it is told where cores go, or why none is written", () => {
  const limits = (size: string) =>
    `Limit   Soft Limit   Hard Limit   Units\nMax core file size   ${size}   unlimited   bytes\n`;
  const off = ", and none will be written: start coppice after 'ulimit -c unlimited'";
  assert.equal(noCoreText("core", limits("0")), `no core file${off}`);
  assert.equal(noCoreText("core", limits("unlimited")), "no core file");
  assert.equal(noCoreText("core"), "no core file");
  assert.equal(
    noCoreText("/c/%e.%p", limits("0")),
    `no core file here: the kernel writes cores to /c/%e.%p${off}`,
  );
  assert.equal(
    noCoreText("|/lib/systemd/systemd-coredump %P", limits("0")),
    "no core file here: the kernel gives cores to /lib/systemd/systemd-coredump: coredumpctl shows them",
  );
});
