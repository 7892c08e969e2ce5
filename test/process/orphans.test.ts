/** Points 37 and 38 of the Supervisor's behaviour: nothing outlives its parent. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { describe, type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { FrameDecoder } from "../../src/wire/frames.ts";
import { encodeMessage } from "../../src/wire/stem-messages.ts";
import { STEM_VARIABLE, type StemSetup } from "../../src/wire/stem-setup.ts";
import { create, plantToAsk, statusWhen } from "../fixtures/ask.ts";
import { js, linesOf, pathWithout } from "../fixtures/system.ts";
import { atEnd, isAlive, type TestTree, temporaryDirectory, until } from "../fixtures/tree.ts";

/** A node that ignores what it is told, and one that does not. */
const STUBBORN = {
  name: "stubborn",
  command: js('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("ready")'),
  stop: { interval: 50, attempts: 3 },
};
const POLITE = { name: "polite", command: ["sleep", "1000"] };

describe("orphans", { concurrency: 3 }, () => {
  for (const how of ["however it finds out", "by the link alone, at once"] as const) {
    test(`37: an orphaned Stem ends its nodes and exits with status 13 (${how})`, async (t) => {
      const spy = exitSpy(t);
      const noPoll = how === "however it finds out" ? {} : { EXIT_SPY_NO_POLL: "1" };
      const tree = plantToAsk(t, "", { env: { ...spy.env, ...noPoll } });
      const { pid: polite } = await create(tree, POLITE);
      const { pid: stubborn } = await create(tree, STUBBORN);
      await tree.line(/\[stubborn\] ready/);
      const stem = await tree.stem();
      process.kill(tree.pid, "SIGKILL");
      assert.equal(await spy.exitOf(stem), 13);
      assert.ok(!isAlive(polite!) && !isAlive(stubborn!), "its nodes ended first");
    });
  }

  test("37: an orphaned Stem ends its nodes though the state directory is gone", async (t) => {
    const spy = exitSpy(t);
    const tree = plantToAsk(t, "", { env: spy.env });
    const { pid } = await create(tree, POLITE);
    const stem = await tree.stem();
    fs.rmSync(tree.file(".coppice"), { recursive: true });
    process.kill(tree.pid, "SIGKILL");
    assert.equal(await spy.exitOf(stem), 13);
    assert.ok(!isAlive(pid!), "its node ended first");
  });

  test("37: the Stem looks each second whether its parent changed, whatever the link says", async (t) => {
    const spy = exitSpy(t);
    const { parent, stem, node } = await adoptedStem(t, spy.env);
    assert.ok(isAlive(node));
    process.kill(parent, "SIGKILL");
    assert.equal(await spy.exitOf(stem), 13);
    assert.ok(!isAlive(node), "its node ended first");
  });

  test("a Supervisor that replaces itself and does not come back in time is the end, too", async (t) => {
    const spy = exitSpy(t);
    const { parent, stem, node, hold } = await adoptedStem(t, spy.env);
    hold(300);
    assert.equal(await spy.exitOf(stem), 13);
    assert.ok(!isAlive(node), "its node ended first");
    assert.ok(isAlive(parent), "whose process lives");
    process.kill(parent, "SIGKILL");
  });

  test("37: a Stem that is told to end by SIGTERM exits with status 0", async (t) => {
    const spy = exitSpy(t);
    const tree = plantToAsk(t, "", { env: spy.env });
    const { pid } = await create(tree, STUBBORN);
    await tree.line(/\[stubborn\] ready/);
    const stem = await tree.stem();
    process.kill(stem, "SIGTERM");
    assert.equal(await spy.exitOf(stem), 0);
    assert.ok(!isAlive(pid!), "its node ended first");
    await tree.line(
      new RegExp(`^error: Supervisor stem \\(PID ${stem}\\) died with exit code 0`, "m"),
      "stderr",
    );
    const isBack = (n: { state: string; generation: number }) =>
      n.state === "running" && n.generation === 2;
    await statusWhen(tree, "stubborn", isBack);
  });

  test("38: the kernel ends every node with its Stem, whatever it runs", async (t) => {
    const { tree, spy, script, stem } = await treeToOrphan(t);
    const program = (await create(tree, TELLS)).pid!;
    await until("the program to be ready", () => linesOf(tree.file("told"))[0] === "ready");
    freeze(t, tree);
    process.kill(stem, "SIGKILL");
    await until("a signal from the kernel", () => linesOf(tree.file("told"))[1] === "SIGTERM");
    await until("the end of the program", () => !isAlive(program));
    await saysOrphaned(tree);
    assert.equal(await spy.exitOf(script), 0);
    process.kill(tree.pid, "SIGCONT");
    await statusWhen(tree, "script", ({ generation }) => generation === 2);
    await statusWhen(tree, "tells", ({ generation }) => generation === 2);
  });

  test("38: a script node finds out by itself where the kernel does not tell it", async (t) => {
    const { tree, spy, script, stem } = await treeToOrphan(t, pathWithout(t, "setpriv"));
    await tree.line(/warning: no setpriv \(util-linux\) here/, "stderr");
    const program = (await create(tree, TELLS)).pid!;
    await until("the program to be ready", () => linesOf(tree.file("told"))[0] === "ready");
    freeze(t, tree);
    process.kill(stem, "SIGKILL");
    await saysOrphaned(tree);
    assert.equal(await spy.exitOf(script), 0);
    assert.deepEqual(linesOf(tree.file("told")), ["ready"], "nobody told the program");
    process.kill(tree.pid, "SIGCONT");
    await statusWhen(tree, "script", ({ generation }) => generation === 2);
    // The next Stem ends the old process, and only then starts the new one.
    await statusWhen(tree, "tells", ({ generation }) => generation === 2);
    assert.ok(!isAlive(program));
    await until("a new program", () => linesOf(tree.file("told")).length === 3);
    assert.deepEqual(linesOf(tree.file("told")), ["ready", "SIGTERM", "ready"]);
  });
});

const TELLS = {
  name: "tells",
  command: js(`const say = (text) => require("node:fs").appendFileSync("told", text + "\\n");
               process.on("SIGTERM", () => { say("SIGTERM"); process.exit(); });
               setInterval(() => {}, 1000);
               say("ready");`),
};

/** A tree with a script node whose output goes to files, since nobody will read its pipes. */
async function treeToOrphan(t: TestContext, searchPath?: string) {
  const spy = exitSpy(t);
  const tree = plantToAsk(
    t,
    `import { on, supervisor } from "coppice";
     on("init", () => { if (supervisor.isSupervised()) console.log("ready"); });
     on("done", async () => {
       if (!supervisor.isSupervised()) return;
       console.error("done begins");
       await new Promise((resolve) => setTimeout(resolve, 20));
       console.error("done ends");
     });`,
    { env: { ...spy.env, ...(searchPath === undefined ? {} : { PATH: searchPath }) } },
  );
  const files = { stdoutFile: "script.out", stderrFile: "script.err" };
  const { pid } = await create(tree, { name: "script", ...files });
  await until("the script to be ready", () => linesOf(tree.file("script.out")).length > 0);
  return { tree, spy, script: pid!, stem: await tree.stem() };
}

/** Stops the Supervisor in its tracks: whatever now happens to a node, it was not its doing. */
function freeze(t: TestContext, tree: TestTree): void {
  process.kill(tree.pid, "SIGSTOP");
  atEnd(t, () => tree.child.kill("SIGCONT"));
}

async function saysOrphaned(tree: TestTree): Promise<void> {
  const file = tree.file("script.err");
  await until("the script's last words", () => linesOf(file).includes("done ends"));
  assert.deepEqual(linesOf(file), ["supervised node was orphaned", "done begins", "done ends"]);
}

/** How processes exit, noted by themselves: nobody can wait for those that lost their parent. */
function exitSpy(t: TestContext) {
  const file = path.join(temporaryDirectory(t), "exits");
  const spy = pathToFileURL(path.join(import.meta.dirname, "..", "fixtures", "exit-spy.ts")).href;
  const exits = () =>
    linesOf(file).map((line) => JSON.parse(line) as { pid: number; title: string; code: number });
  return {
    env: { NODE_OPTIONS: `--import=${spy}`, EXIT_SPY_FILE: file },
    exitOf: async (pid: number): Promise<number> =>
      until(
        `the exit of ${pid}`,
        () => exits().find((exit) => exit.pid === pid)?.code,
        () => JSON.stringify(exits()),
      ),
  };
}

/** A Stem whose link is held by the test and never breaks, and whose parent is not the test. */
async function adoptedStem(t: TestContext, env: Record<string, string>) {
  const stateDirectory = temporaryDirectory(t);
  const server = net.createServer((socket) => {
    socket.on("error", () => {});
    const decoder = new FrameDecoder();
    socket.on("data", (bytes) => {
      for (const { payload } of decoder.push(bytes)) {
        const text = Buffer.from(payload).toString();
        const { type, report, channel } = text.startsWith("{") ? JSON.parse(text) : {};
        if (channel === "control") {
          if (isGone) return socket.destroy();
          control = socket;
          const supervisor = { pid: parent.pid! };
          socket.write(encodeMessage({ type: "welcome", supervisor, keep: 0 }));
        }
        if (type === "synced")
          socket.write(
            encodeMessage({
              type: "create",
              id: 1,
              config: STUBBORN,
              fresh: true,
              generation: 0,
              previous: [],
              stopped: false,
            }),
          );
        if (type === "report" && report.pid !== undefined) node = report.pid;
      }
    });
  });
  let node: number | undefined;
  let control: net.Socket | undefined;
  let isGone = false;
  await new Promise<void>((listening) =>
    server.listen(path.join(stateDirectory, "stem.sock"), listening),
  );
  atEnd(t, () => server.close());

  const setup: Omit<StemSetup, "parent"> = {
    token: "any",
    stateDirectory,
    nodeOptions: [],
    keep: 0,
  };
  const main = path.join(import.meta.dirname, "..", "..", "src", "stem", "main.ts");
  const parent = spawn(
    process.execPath,
    [
      "-e",
      `const setup = { ...${JSON.stringify(setup)}, parent: process.pid };
       const env = { ...process.env, ${STEM_VARIABLE}: JSON.stringify(setup) };
       const stem = require("node:child_process")
         .spawn(process.execPath, [${JSON.stringify(main)}], { env, stdio: "inherit", detached: true });
       console.log(stem.pid);`,
    ],
    { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] },
  );
  let output = "";
  parent.stdout.on("data", (bytes) => {
    output += bytes;
  });
  const stem = await until("a Stem", () => Number(/^(\d+)\n/.exec(output)?.[1]) || undefined);
  atEnd(t, () => {
    for (const pid of [stem, node])
      if (pid !== undefined && isAlive(pid)) process.kill(pid, "SIGKILL");
  });
  /** As a Supervisor that is about to be replaced says it, and then never comes back. */
  const hold = (within: number): void => {
    isGone = true;
    control?.write(encodeMessage({ type: "hold", within }));
  };
  return { parent: parent.pid!, stem, node: await until("a node", () => node), hold };
}
