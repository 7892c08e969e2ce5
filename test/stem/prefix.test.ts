/** What a program is executed through, and in which order. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { launchPrefix } from "../../src/stem/prefix.ts";
import { temporaryDirectory } from "../fixtures/tree.ts";

const TOOLS = { setpriv: "/s/setpriv", taskset: "/s/taskset" };
const silent = () => {};

test("a node without limits goes through setpriv alone, as far as there is one", () => {
  const orphan = ["/s/setpriv", "--pdeathsig", "TERM", "--"];
  assert.deepEqual(launchPrefix({ name: "a" }, TOOLS, silent), orphan);
  assert.deepEqual(launchPrefix({ name: "a" }, {}, silent), []);
});

test("what takes root's rights comes first, and identity and death signal last, in one call", () => {
  const prefix = launchPrefix({ name: "a", cpuAffinity: 0 }, TOOLS, silent, {
    cgroup: "/cg/node-a",
    umask: "027",
    nice: ["/s/nice", "-n", "5"],
    limits: ["/s/prlimit", "--nofile=9", "--"],
    identity: { uid: 1, gid: 2, groups: "none" },
  });
  const [shell, , script, name, group, ...rest] = prefix;
  assert.deepEqual([shell, name, group], ["/bin/sh", "node 'a'", "/cg/node-a"]);
  assert.match(script ?? "", /cgroup\.procs.*\nshift\numask 027\nexec "\$@"$/);
  assert.deepEqual(rest, [
    ...["/s/nice", "-n", "5"],
    ...["/s/prlimit", "--nofile=9", "--"],
    ...["/s/taskset", "--cpu-list", "0"],
    ...["/s/setpriv", "--reuid=1", "--regid=2", "--clear-groups", "--pdeathsig", "TERM", "--"],
  ]);
});

test("a control group that cannot be entered matters only to a node that is limited by it", (t) => {
  const nowhere = path.join(temporaryDirectory(t), "nowhere");
  const through = (mustEnter: boolean) => {
    const means = { cgroup: nowhere, mustEnter };
    const [file = "", ...args] = [
      ...launchPrefix({ name: "a" }, {}, silent, means),
      "echo",
      "here",
    ];
    return execFileSync(file, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  };
  assert.equal(through(false), "here\n");
  assert.throws(
    () => through(true),
    (error: Error & { status?: number; stderr?: string }) =>
      error.status === 126 &&
      error.stderr === `node 'a' failed to enter its control group ${nowhere}\n`,
  );
});

test("files are opened by the process itself, in Zeek's order, for itself alone", (t) => {
  const directory = temporaryDirectory(t);
  const files = { stdout: path.join(directory, "o u t"), stderr: path.join(directory, "err") };
  const through = (own: Parameters<typeof launchPrefix>[4]) => {
    const prefix = launchPrefix({ name: "a" }, {}, silent, { umask: "002" }, own);
    const command = ["sh", "-c", "echo out; echo err >&2; umask >&2"];
    const [file = "", ...args] = [...prefix, ...command];
    return execFileSync(file, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  };
  assert.equal(through({ ...files, truncate: false }), "");
  assert.equal(through({ ...files, truncate: false }), "");
  assert.equal(fs.readFileSync(files.stdout, "utf8"), "out\nout\n");
  assert.equal(fs.readFileSync(files.stderr, "utf8"), "err\n0002\nerr\n0002\n");
  assert.equal(fs.statSync(files.stdout).mode & 0o777, 0o600);
  assert.equal(through({ ...files, truncate: true }), "");
  assert.equal(fs.readFileSync(files.stdout, "utf8"), "out\n");
  assert.equal(through({ stderr: files.stderr, truncate: true }), "out\n");
  const bad = { stdout: path.join(directory, "not", "there"), truncate: false };
  assert.throws(
    () => through(bad),
    (error: Error & { status?: number; stderr?: string }) =>
      error.status === 126 && /^node 'a': .*not\/there/.test(error.stderr ?? ""),
  );
});
