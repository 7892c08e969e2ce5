/** A Supervisor that is replaced by the newest on disk: its nodes never notice. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import type { RemoteSupervisor } from "../../src/control/client.ts";
import type { OutputLine } from "../../src/core/api.ts";
import type { NodeConfig } from "../../src/core/config.ts";
import { coppice } from "../cli/process.ts";
import { plantReloadable, slowImage, want } from "../fixtures/reloadable.ts";
import { unixClient } from "../fixtures/remote.ts";
import { js, linesOf, sh } from "../fixtures/system.ts";
import { isAlive, MAIN, temporaryDirectory, until } from "../fixtures/tree.ts";

/** Prints numbered lines, for as long as it is not told to end. */
const FLOOD: NodeConfig = {
  name: "flood",
  command: js(`let i = 0;
    setInterval(() => {
      for (let n = 0; n < 10; n++) {
        console.log("line", ++i);
        console.error("other", i);
      }
    }, 5);`),
};
/** Prints half a line, and the rest once a file is there. */
const HALF: NodeConfig = {
  name: "half",
  command: sh(
    "printf 'first half, '; until test -e second-half; do sleep 0.05; done; echo second half; exec sleep 1000",
  ),
};
const SLEEPER: NodeConfig = { name: "sleeper", command: ["sleep", "1000"] };

describe("reload", { concurrency: 3 }, () => {
  test("nodes keep their processes, and no line of a flood is lost, doubled or torn", async (t) => {
    const tree = plantReloadable(t, [FLOOD, { name: "script" }, HALF]);
    const client = await unixClient(t, tree);
    await until("all nodes", async () => (await pids(client)).length === 3);
    const before = await pids(client);
    await tree.line(/^\[supervisor:STDOUT\] \[flood\] line 300$/m);
    const followed: OutputLine[] = [];
    client.follow((line) => followed.push(line), { nodes: ["flood"], lines: 0 });
    await until("lines that are followed", () => followed.length > 100);
    for (let round = 0; round < 2; round++) {
      const reloaded = await client.reload();
      assert.deepEqual(
        { ...reloaded, kept: reloaded.kept.sort() },
        { kept: ["flood", "half", "script"], changed: [], started: [], stopped: [] },
      );
    }
    assert.deepEqual(await pids(client), before);
    const seen = followed.length;
    await until("more lines that are followed", () => followed.length > seen + 100);
    fs.writeFileSync(tree.file("second-half"), "");
    await tree.line(/^\[supervisor:STDOUT\] \[half\] first half, second half$/m);
    assert.equal(await client.destroy("flood"), true);
    const { code } = await tree.stop();
    assert.equal(code, 0);
    for (const [stream, word] of [
      ["stdout", "line"],
      ["stderr", "other"],
    ] as const) {
      const prefix = `[supervisor:${stream.toUpperCase()}] [flood] ${word} `;
      const lines = tree[stream].split("\n").filter((line) => line.includes("[flood]"));
      assert.ok(lines.length > 300);
      for (const [i, line] of lines.entries()) assert.equal(line, `${prefix}${i + 1}`);
    }
    inSequence(followed);
  });

  test("only the difference is carried out; what remote control has created stays", async (t) => {
    const changing: NodeConfig = { name: "changing", command: ["sleep", "1000"], env: { V: "1" } };
    const leaving: NodeConfig = { name: "leaving", command: ["sleep", "1000"] };
    const tree = plantReloadable(t, [SLEEPER, changing, leaving]);
    const client = await unixClient(t, tree);
    await client.create({ name: "remote", command: ["sleep", "1000"] });
    await until("all nodes", async () => (await pids(client)).length === 4);
    const before = (await client.status()).nodes;
    want(tree, [SLEEPER, { ...changing, env: { V: "2" } }, { ...SLEEPER, name: "new" }]);
    const plan = await client.plan();
    assert.deepEqual(
      plan.changes.map(({ node, action }) => `${action} ${node}`),
      ["stop leaving", "restart changing", "start new", "keep remote", "keep sleeper"],
    );
    assert.equal(plan.changes[1]?.why, "env.V has changed");
    assert.deepEqual((await client.status()).nodes, before, "a plan changes nothing");
    const reloaded = await client.reload();
    assert.deepEqual(reloaded, {
      kept: ["remote", "sleeper"],
      changed: ["changing"],
      started: ["new"],
      stopped: ["leaving"],
    });
    const { nodes } = await client.status();
    for (const name of ["sleeper", "remote"]) assert.equal(nodes[name]?.pid, before[name]?.pid);
    assert.notEqual(nodes["changing"]?.pid, before["changing"]?.pid);
    assert.deepEqual(nodes["changing"]?.node.env, { V: "2" });
    await until("what is no longer wanted to end", () => !isAlive(before["leaving"]!.pid!));

    // A script that fails leaves everything as it was, whoever asks.
    const now = (await client.status()).nodes;
    fs.appendFileSync(tree.file("tree.mjs"), "\nsyntax error(\n");
    await assert.rejects(client.reload(), {
      code: "COPPICE_RELOAD",
      message: /tree\.mjs.*SyntaxError/,
    });
    await assert.rejects(client.plan(), /SyntaxError/);
    process.kill(tree.pid, "SIGHUP");
    await tree.line(/^error: not reloaded: cannot load script .*SyntaxError/m, "stderr");
    assert.deepEqual((await client.status()).nodes, now);
    fs.writeFileSync(tree.file("nodes.json"), "[]");
  });

  test("SIGHUP does the same; a Stem that dies afterwards grows back with all its nodes", async (t) => {
    const tree = plantReloadable(t, [SLEEPER]);
    const client = await unixClient(t, tree);
    const before = await until("a node", async () => (await client.status()).nodes["sleeper"]?.pid);
    const stem = await tree.stem();
    process.kill(tree.pid, "SIGHUP");
    await tree.line(/^info: taken over: 1 kept$/m, "stderr");
    assert.equal(await tree.stem(), stem);
    assert.ok(isAlive(before));
    process.kill(stem, "SIGKILL");
    await tree.line(/Supervisor stem \(PID \d+\) died by signal 9: starting another/, "stderr");
    await until("another process", async () => {
      const pid = (await client.status()).nodes["sleeper"]?.pid;
      return pid !== undefined && pid !== before;
    });
    assert.ok(!isAlive(before), "no node runs twice");
    const { code } = await tree.stop();
    assert.equal(code, 0);
  });

  test("nodes are replaced a few at a time, each ready before the next", async (t) => {
    const directory = temporaryDirectory(t);
    const slow = (version: string) =>
      ["a", "b", "c"].map((name): NodeConfig => {
        const log = (what: string) => `echo ${what} ${name} ${version} >>${directory}/log;`;
        const command = sh(
          `${log("start")} sleep 0.2; touch ${directory}/${name}${version}; ${log("ready")} sleep 1000`,
        );
        return { name, command, ready: { file: `${directory}/${name}${version}` } };
      });
    const tree = plantReloadable(t, slow("1"));
    const client = await unixClient(t, tree);
    await until("all of them", () => linesOf(`${directory}/log`).length === 6);
    want(tree, slow("2"));
    const { code, stdout } = await coppice(t, tree.directory, "reload --rolling 1");
    assert.equal(code, 0);
    assert.match(stdout, /^reloaded: 3 restarted \('a', 'b', 'c'\)\n$/);
    const order = linesOf(`${directory}/log`).slice(6);
    assert.deepEqual(
      order,
      ["a", "b", "c"].flatMap((name) => [`start ${name} 2`, `ready ${name} 2`]),
    );
    await assert.rejects(client.reload({ rolling: 0 }), { code: "COPPICE_USAGE" });
  });

  test("while it is replaced a node that dies is revived, commands wait, and no other can come", async (t) => {
    const directory = temporaryDirectory(t);
    const image = slowImage(directory);
    const mortal: NodeConfig = {
      name: "mortal",
      command: sh(`echo $$ >>pids; echo "life $$"; exec sleep 1000`),
      revival: { delay: 1 },
    };
    const tree = plantReloadable(t, [mortal], { directory, env: image.env });
    const client = await unixClient(t, tree);
    const first = await until("a node", async () => (await client.status()).nodes["mortal"]?.pid);
    process.kill(tree.pid, "SIGHUP");
    await until("the new image to be held up", image.isHeld);
    const other = await coppice(t, directory, "-j tree.mjs");
    assert.equal(other.code, 1);
    assert.match(other.stderr, /^error: .*PID \d+/);
    process.kill(first, "SIGKILL");
    await until("its revival", () => linesOf(`${directory}/pids`).length === 2);
    const status = coppice(t, directory, "status --json");
    image.letGo();
    await tree.line(/^info: taken over: 1 kept$/m, "stderr");
    await tree.line(
      /^error: Supervised node 'mortal' \(PID \d+\) terminated prematurely by signal 9$/m,
      "stderr",
    );
    await tree.line(
      /^error: Supervised node 'mortal' \(PID \d+\) revived after premature exit$/m,
      "stderr",
    );
    const [, second] = linesOf(`${directory}/pids`);
    await tree.line(new RegExp(`^\\[supervisor:STDOUT\\] \\[mortal\\] life ${second}$`, "m"));
    const { code, stdout } = await status;
    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).nodes.mortal.pid, Number(second));
  });

  test("what is on disk by then takes its place; the Stem stays what it was", async (t) => {
    const installed = temporaryDirectory(t);
    const root = path.join(import.meta.dirname, "..", "..");
    const built = path.dirname(path.dirname(MAIN));
    fs.cpSync(built, path.join(installed, path.basename(built)), { recursive: true });
    fs.copyFileSync(path.join(root, "package.json"), path.join(installed, "package.json"));
    fs.symlinkSync(path.join(root, "node_modules"), path.join(installed, "node_modules"));
    const tree = plantReloadable(t, [SLEEPER], {
      main: MAIN.replace(path.dirname(built), installed),
    });
    const client = await unixClient(t, tree);
    const pid = await until("a node", async () => (await client.status()).nodes["sleeper"]?.pid);
    const images = () => fs.readdirSync(tree.file(".coppice/image"));
    const [first = ""] = images();
    upgrade(path.join(installed, path.basename(built)), "info: taken over", "info: upgraded");
    await client.reload();
    await tree.line(/^info: upgraded: 1 kept$/m, "stderr");
    assert.equal((await client.status()).nodes["sleeper"]?.pid, pid);
    assert.deepEqual([images().length, images().includes(first)], [2, true]);

    // In the midst of an upgrade it is of two versions: that is none.
    const list = path.join(installed, path.basename(built), "image.json");
    if (fs.existsSync(list)) {
      fs.writeFileSync(list, fs.readFileSync(list, "utf8").replace('"another"', '"third"'));
      fs.rmSync(path.join(installed, path.basename(built), "supervisor", "main.js"));
      await assert.rejects(client.reload(), {
        code: "COPPICE_RELOAD",
        message: /this Coppice is not whole: .*supervisor\/main\.js is not what it was built with/,
      });
      assert.equal(images().length, 2);
    }
    // One that does not even start leaves everything as it was.
    fs.writeFileSync(
      MAIN.replace(path.dirname(built), installed),
      "throw new Error('half an installation')",
    );
    await assert.rejects(client.reload(), {
      code: "COPPICE_RELOAD",
      message: /half an installation/,
    });
    assert.equal((await client.status()).nodes["sleeper"]?.pid, pid);
  });

  test("a Stem that dies while its Supervisor is replaced is followed by another, with all nodes", async (t) => {
    const directory = temporaryDirectory(t);
    const image = slowImage(directory);
    const tree = plantReloadable(t, [SLEEPER], { directory, env: image.env });
    const client = await unixClient(t, tree);
    const pid = await until("a node", async () => (await client.status()).nodes["sleeper"]?.pid);
    const stem = await tree.stem();
    process.kill(tree.pid, "SIGHUP");
    await until("the new image to be held up", image.isHeld);
    process.kill(stem, "SIGKILL");
    image.letGo();
    const next = await until("another process", async () => {
      const found = (await client.status()).nodes["sleeper"]?.pid;
      return found !== pid && found;
    });
    assert.ok(isAlive(next) && !isAlive(pid), "no node runs twice");
  });

  test("one that dies while it is replaced leaves nothing behind", async (t) => {
    const directory = temporaryDirectory(t);
    const image = slowImage(directory);
    const tree = plantReloadable(t, [SLEEPER], { directory, env: image.env });
    const client = await unixClient(t, tree);
    const pid = await until("a node", async () => (await client.status()).nodes["sleeper"]?.pid);
    process.kill(tree.pid, "SIGHUP");
    await until("the new image to be held up", image.isHeld);
    process.kill(tree.pid, "SIGKILL");
    await until("its node to end", () => !isAlive(pid));
  });
});

async function pids(client: RemoteSupervisor): Promise<number[]> {
  const { nodes } = await client.status();
  return Object.values(nodes).flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
}

/** Whoever follows sees each line once, whatever is replaced; what it has missed it is told. */
function inSequence(followed: readonly OutputLine[]): void {
  const last: Record<string, number> = {};
  let hasMissed = false;
  for (const { stream, text, missed } of followed) {
    const number = Number(text.split(" ")[1]);
    hasMissed ||= missed !== undefined;
    const next = (last[stream] ?? number - 1) + 1;
    assert.ok(
      hasMissed ? number >= next : number === next,
      `${stream} ${number} after ${next - 1}`,
    );
    last[stream] = number;
  }
}

/** Another version of an installed Coppice: one that says something else. */
function upgrade(directory: string, before: string, after: string): void {
  const [name = ""] = fs
    .readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.[jt]s$/.test(file))
    .filter((file) => fs.readFileSync(path.join(directory, file), "utf8").includes(before));
  const file = path.join(directory, name);
  const text = fs.readFileSync(file, "utf8").replace(before, after);
  fs.writeFileSync(file, text);
  const list = path.join(directory, "image.json");
  if (!fs.existsSync(list)) return; // The sources have none.
  const { files } = JSON.parse(fs.readFileSync(list, "utf8"));
  files[name] = createHash("sha256").update(text).digest("hex");
  fs.writeFileSync(list, JSON.stringify({ id: "another", files }));
}
