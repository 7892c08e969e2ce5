/** The archiver of a plan ends last, and looks into the queue once more. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { ClusterEndpoint, NodeConfig } from "../../src/core/config.ts";
import { signalGroup } from "../../src/os/signals.ts";
import { archivedToTheEnd } from "../../src/zeek/archiving.ts";
import { linesOf } from "../fixtures/system.ts";
import { atEnd, temporaryDirectory, until } from "../fixtures/tree.ts";

const at = (role: ClusterEndpoint["role"]): ClusterEndpoint => ({ role, host: "::1", port: 1 });
const ARCHIVER: NodeConfig = {
  name: "archiver",
  command: ["nice", "-n", "3", "/opt/zeek/bin/zeek-archiver", "-v", "/queue", "/logs"],
  after: [],
};

test("whoever writes logs comes after it, and so ends before it; the others keep their order", () => {
  const cluster = { m: at("MANAGER"), l: at("LOGGER"), w: at("WORKER") };
  const nodes = ["m", "l", "w"].map((name): NodeConfig => ({ name, cluster, zeek: {} }));
  const after = archivedToTheEnd([...nodes, ARCHIVER]).map((node) => node.after);
  assert.deepEqual(after, [undefined, ["archiver"], undefined, []]);
  const logging = { m: at("MANAGER"), w: at("WORKER") };
  const few = ["m", "w"].map((name): NodeConfig => ({ name, cluster: logging, zeek: {} }));
  assert.deepEqual(
    archivedToTheEnd([...few, ARCHIVER]).map((node) => node.after),
    [["archiver"], undefined, []],
  );
  const alone = archivedToTheEnd([{ name: "zeek", zeek: {} }, ARCHIVER]);
  assert.deepEqual(alone[0]?.after, ["archiver"]);
});

test("a plan without one stays as it is, as does one with an archiver of somebody else's", () => {
  const own: NodeConfig = { name: "archiver", command: ["/opt/mine", "/queue"] };
  const nodes: NodeConfig[] = [{ name: "zeek", zeek: {} }, own];
  assert.deepEqual(archivedToTheEnd(nodes), nodes);
});

test("what wraps it still does, and its options stay", () => {
  const [archiver] = archivedToTheEnd([ARCHIVER]);
  const { command = [] } = archiver ?? {};
  assert.deepEqual(command.slice(0, 5), ["nice", "-n", "3", "sh", "-c"]);
  assert.deepEqual(command.slice(6), ["/opt/zeek/bin/zeek-archiver", "-v", "/queue", "/logs"]);
  assert.ok((archiver?.stop?.interval ?? 0) >= 30_000, "a last pass takes its time");
});

test("told to end, it ends the archiver and runs it once more with -1; an archiver that dies is told as dead", async (t) => {
  const directory = temporaryDirectory(t);
  const program = path.join(directory, "zeek-archiver");
  const log = path.join(directory, "log");
  fs.writeFileSync(
    program,
    `#!/bin/sh\necho "$@" >> ${log}\ntest "$1" = -1 && exit 0\ntest "$1" = die && exit 5\nexec sleep 1000\n`,
    { mode: 0o755 },
  );
  const run = (...operands: string[]) => {
    const [node] = archivedToTheEnd([{ name: "archiver", command: [program, ...operands] }]);
    const [file = "", ...args] = node?.command ?? [];
    const child = spawn(file, args, { stdio: "ignore", detached: true });
    atEnd(t, () => signalGroup(child.pid ?? 0, "SIGKILL"));
    return child;
  };
  const child = run("a b", "c");
  const ended = once(child, "exit");
  await until("the archiver", () => linesOf(log).length > 0);
  child.kill("SIGTERM");
  assert.deepEqual(await ended, [0, null]);
  assert.equal(fs.readFileSync(log, "utf8"), "a b c\n-1 a b c\n");
  assert.deepEqual(await once(run("die"), "exit"), [5, null]);
});
