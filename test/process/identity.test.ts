/** Points 1 to 11 of the Supervisor's behaviour: who is who, and how life begins and ends. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";
import { statFields } from "../../src/os/proc-stat.ts";
import { puppet } from "../fixtures/puppet.ts";
import { childrenOf, isAlive, parentOf, plant, titleOf } from "../fixtures/tree.ts";

test("1: without -j the scripts just run", async (t) => {
  const tree = plant(
    t,
    `import { on, supervisor } from "coppice";
     console.log("loaded");
     on("init", () => console.log("init", supervisor.isSupervisor(), supervisor.isSupervised()));
     on("done", () => console.log("done"));`,
    { script: "plain.mjs", options: [] },
  );
  assert.deepEqual(await tree.end(), { code: 0, signal: null });
  assert.equal(tree.stdout, "loaded\ninit false false\ndone\n");
  assert.equal(tree.stderr, "");
  assert.deepEqual(fs.readdirSync(tree.directory), ["plain.mjs"], "no state directory");
});

test("1: a plain process has no Stem; with -j there is one", async (t) => {
  const source = 'console.log("loaded"); setInterval(() => {}, 1000);';
  const plain = plant(t, source, { script: "plain.mjs", options: [] });
  const tree = plant(t, source, { script: "tree.mjs", options: ["--supervisor"] });
  await plain.line(/^loaded$/m);
  await tree.line(/^loaded$/m);
  assert.deepEqual(childrenOf(plain.pid), []);
  assert.deepEqual(childrenOf(tree.pid), [await tree.stem()]);
});

test("2: ps shows the Supervisor, the Stem and the nodes by name", async (t) => {
  const tree = plant(
    t,
    `import { on, supervisor } from "coppice";
     on("init", async () => {
       if (supervisor.isSupervisor()) console.log("node", (await supervisor.create({ name: "foo" })).pid);
       else console.log("init of", supervisor.node().name);
     });`,
  );
  const pid = Number((await tree.line(/^node (\d+)$/m))[1]);
  await tree.line(/^\[supervisor:STDOUT\] \[foo\] init of foo$/m);
  assert.equal(titleOf(tree.pid), "coppice: supervisor");
  assert.equal(titleOf(await tree.stem()), "coppice: stem");
  assert.equal(titleOf(pid), "coppice: foo");
  assert.deepEqual(await tree.stop(), { code: 0, signal: null });
});

test("2: the Stem is there before any script loads", async (t) => {
  const tree = plant(
    t,
    `import fs from "node:fs";
     import { supervisor } from "coppice";
     const stem = supervisor.stemPid();
     const stat = fs.readFileSync(\`/proc/\${stem}/stat\`, "latin1");
     console.log("stem", stem, "parent", stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1], "own", process.pid);`,
    { script: "tree.mjs" },
  );
  const [, stem, parent, own] = await tree.line(/^stem (\d+) parent (\d+) own (\d+)$/m);
  assert.equal(parent, own);
  assert.equal(Number(stem), await tree.stem());
});

test("2: a node's process is a child of the Stem, and each leads a session of its own", async (t) => {
  const { tree, ...supervised } = await pair(t);
  const stem = await tree.stem();
  assert.equal(parentOf(supervised.pid), stem);
  assert.equal(parentOf(stem), tree.pid);
  for (const pid of [stem, supervised.pid]) assert.equal(sessionOf(pid), pid);
});

test("3: exactly one of isSupervisor and isSupervised is true, and neither in a plain process", async (t) => {
  const source = `
    import { on, supervisor } from "coppice";
    const say = (when) => console.log(when, supervisor.isSupervisor(), supervisor.isSupervised());
    say("loading");
    on("init", async () => {
      say("init");
      if (supervisor.isSupervisor()) await supervisor.create({ name: "foo" });
    });`;
  const plain = plant(t, source, { script: "plain.mjs", options: [] });
  const tree = plant(t, source, { script: "tree.mjs" });
  await plain.end();
  assert.equal(plain.stdout, "loading false false\ninit false false\n");
  await tree.line(/^\[supervisor:STDOUT\] \[foo\] init false true$/m);
  assert.deepEqual(tree.stdout.split("\n").filter(Boolean), [
    "loading true false",
    "init true false",
    "[supervisor:STDOUT] [foo] loading false true",
    "[supervisor:STDOUT] [foo] init false true",
  ]);
});

test("4: node() is the node's own configuration", async (t) => {
  const { tree } = await puppet(
    t,
    `import { on, supervisor } from "coppice";
     if (supervisor.isSupervised()) console.log("I am", JSON.stringify(supervisor.node()));
     else on("init", async () => {
       await supervisor.create({ name: "foo", interface: "en0", env: { A: "b" } });
       await supervisor.create({ name: "bar" });
     });`,
  );
  const [, foo] = await tree.line(/\[foo\] I am (.*)/);
  const [, bar] = await tree.line(/\[bar\] I am (.*)/);
  assert.deepEqual(JSON.parse(foo!), { name: "foo", interface: "en0", env: { A: "b" } });
  assert.deepEqual(JSON.parse(bar!), { name: "bar" });
});

test("4: node() elsewhere is the error 'not a supervised process'", async (t) => {
  const plain = plant(
    t,
    `import { NotSupervisedError, supervisor } from "coppice";
     try { supervisor.node(); } catch (error) {
       console.log(error instanceof NotSupervisedError, error.name, error.code, error.message);
     }`,
    { script: "plain.mjs", options: [] },
  );
  const { call } = await told(t);
  await assert.rejects(call("supervisor.node()"), {
    name: "NotSupervisedError",
    message: "not a supervised process",
  });
  await plain.end();
  assert.equal(
    plain.stdout,
    "true NotSupervisedError COPPICE_NOT_SUPERVISED not a supervised process\n",
  );
});

test("5: the API outside a Supervisor is the error 'supervisor mode not enabled'", async (t) => {
  const source = `
    import { NotSupervisorError, on, supervisor } from "coppice";
    const calls = {
      create: () => supervisor.create({ name: "x" }),
      destroy: () => supervisor.destroy("x"),
      restart: () => supervisor.restart("x"),
      status: () => supervisor.status(),
    };
    if (supervisor.isSupervisor()) on("init", () => supervisor.create({ name: "foo" }));
    else for (const [name, call] of Object.entries(calls)) {
      let how = "throws";
      try {
        const promise = call();
        how = "rejects";
        await promise;
      } catch (error) {
        console.log(name, how, error instanceof NotSupervisorError, error.message);
      }
    }
    console.log("end");`;
  const plain = plant(t, source, { script: "plain.mjs", options: [] });
  const tree = plant(t, source, { script: "tree.mjs" });
  await tree.line(/\[foo\] end$/m);
  await plain.end();
  const wanted = [
    "create rejects true supervisor mode not enabled",
    "destroy rejects true supervisor mode not enabled",
    "restart rejects true supervisor mode not enabled",
    "status throws true supervisor mode not enabled",
    "end",
  ];
  assert.deepEqual(plain.stdout.trimEnd().split("\n"), wanted);
  const ofNode = wanted.map((line) => `[supervisor:STDOUT] [foo] ${line}`);
  assert.deepEqual(tree.stdout.trimEnd().split("\n"), ["end", ...ofNode]);
});

test("6: stemPid is the Stem's pid in the Supervisor and in a node, and an error elsewhere", async (t) => {
  const source = `
    import { on, supervisor } from "coppice";
    on("init", async () => {
      if (supervisor.isSupervisor()) await supervisor.create({ name: "foo" });
      try {
        console.log("stem", supervisor.stemPid(), "parent", process.ppid);
      } catch (error) {
        console.log(error.name, error.message);
      }
    });`;
  const plain = plant(t, source, { script: "plain.mjs", options: [] });
  const tree = plant(t, source, { script: "tree.mjs" });
  const stem = await tree.stem();
  assert.equal(Number((await tree.line(/^stem (\d+)/m))[1]), stem);
  const [, ofNode, parent] = await tree.line(/\[foo\] stem (\d+) parent (\d+)$/m);
  assert.deepEqual([Number(ofNode), Number(parent)], [stem, stem]);
  await plain.end();
  assert.match(plain.stdout, /^NotSupervisorError supervisor mode not enabled/);
});

for (const [how, act, words] of [
  ["by itself", "process.exit(7)", "with exit code 7"],
  ["by a signal", 'process.kill(process.pid, "SIGKILL")', "by signal 9"],
] as const) {
  test(`7: a Stem that ends ${how} at start-up is told, with exit status 1`, async (t) => {
    const tree = plant(t, "", {
      script: "tree.mjs",
      files: { "die.cjs": `if (process.argv[1].endsWith("stem/main.js")) ${act};` },
      env: { NODE_OPTIONS: "--require=./die.cjs" },
    });
    assert.deepEqual(await tree.end(), { code: 1, signal: null });
    assert.equal(tree.stderr, `error: Supervisor stem died early ${words}\n`);
    assert.equal(tree.stdout, "");
  });
}

test("7: a Stem that a script kills while it loads is told", async (t) => {
  const tree = plant(
    t,
    `import { on, supervisor } from "coppice";
     process.kill(supervisor.stemPid(), "SIGKILL");
     on("init", () => console.log("init"));`,
    // Stopped at its first line, so that it cannot be quicker than the script.
    {
      script: "tree.mjs",
      files: {
        "stop.cjs":
          'if (process.argv[1].endsWith("stem/main.js")) process.kill(process.pid, "SIGSTOP");',
      },
      env: { NODE_OPTIONS: "--require=./stop.cjs" },
    },
  );
  assert.deepEqual(await tree.end(), { code: 1, signal: null });
  assert.equal(tree.stderr, "error: Supervisor stem died early by signal 9\n");
  assert.equal(tree.stdout, "");
});

test("7: a script that waits for a node while it loads learns of the Stem's death too", async (t) => {
  const tree = plant(
    t,
    `import fs from "node:fs";
     import { supervisor } from "coppice";
     console.log("asking");
     const created = supervisor.create({ name: "foo", command: ["sleep", "1000"] });
     fs.writeFileSync("asked", "");
     await created;
     console.log("created");`,
    // It does not die before it was asked, so that it cannot be quicker than the script.
    {
      script: "tree.mjs",
      files: {
        "die.cjs": `if (process.argv[1].endsWith("stem/main.js")) {
          const { existsSync } = require("node:fs");
          const pause = new Int32Array(new SharedArrayBuffer(4));
          while (!existsSync("asked")) Atomics.wait(pause, 0, 0, 10);
          process.exit(7);
        }`,
      },
      env: { NODE_OPTIONS: "--require=./die.cjs" },
    },
  );
  assert.deepEqual(await tree.end(), { code: 1, signal: null });
  assert.equal(tree.stderr, "error: Supervisor stem died early with exit code 7\n");
  assert.equal(tree.stdout, "asking\n");
});

test("8: options are handed down to nodes, all but -i and -r", async (t) => {
  const source = `
    import { args, on, supervisor } from "coppice";
    console.log("args", JSON.stringify(args));
    if (supervisor.isSupervisor()) on("init", () => supervisor.create({ name: "foo" }));`;
  const common = [
    "-j",
    "-b",
    "-C",
    "-e",
    "console.log('exec 1')",
    "--exec",
    "console.log('exec 2')",
  ];
  const operands = ["x=1", "Some::name=a b=c", "empty="];
  const live = plant(t, source, {
    script: "tree.mjs",
    options: [...common, "-i", "en0"],
    operands,
  });
  const file = plant(t, source, {
    script: "tree.mjs",
    options: ["-j", "--readfile", "trace.pcap"],
  });
  const defines = { x: "1", "Some::name": "a b=c", empty: "" };
  const own = async (tree: typeof live) => JSON.parse((await tree.line(/^args (.*)$/m))[1]!);
  const nodes = async (tree: typeof live) => JSON.parse((await tree.line(/\] args (.*)$/m))[1]!);
  const handedDown = {
    scripts: [live.file("tree.mjs")],
    bareMode: true,
    ignoreChecksums: true,
    defines,
  };
  assert.deepEqual(await own(live), { ...handedDown, interface: "en0" });
  assert.deepEqual(await nodes(live), handedDown);
  await live.line(/\[foo\] exec 1\n(.*\n)*.*\[foo\] exec 2$/m);
  assert.match(live.stdout, /^exec 1\n(.*\n)*exec 2$/m);
  const plainArgs = {
    scripts: [file.file("tree.mjs")],
    bareMode: false,
    ignoreChecksums: false,
    defines: {},
  };
  assert.deepEqual(await own(file), { ...plainArgs, pcapFile: file.file("trace.pcap") });
  assert.deepEqual(await nodes(file), plainArgs);
});

test("9: relative script paths work from a node's other working directory", async (t) => {
  const tree = plant(
    t,
    `import { on, supervisor } from "coppice";
     import { word } from "./beside.mjs";
     console.log(word, "in", process.cwd());
     if (supervisor.isSupervisor()) on("init", () => supervisor.create({ name: "foo", directory: "deep/down" }));`,
    {
      script: "scripts/tree.mjs",
      files: { "scripts/beside.mjs": 'export const word = "loaded";' },
    },
  );
  await tree.line(/\[foo\] loaded in/);
  assert.deepEqual(tree.stdout.trimEnd().split("\n"), [
    `loaded in ${tree.directory}`,
    `[supervisor:STDOUT] [foo] loaded in ${tree.file("deep/down")}`,
  ]);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`10: a Supervisor and its script nodes say that they got a termination signal (${signal})`, async (t) => {
    const tree = plant(
      t,
      `import { on, supervisor } from "coppice";
       on("init", async () => {
         if (!supervisor.isSupervisor()) return;
         await supervisor.create({ name: "foo" });
         await supervisor.create({ name: "bar", command: ["sleep", "1000"] });
         console.log("both are there");
       });
       on("done", () => console.log("done"));
       if (supervisor.isSupervised()) on("init", () => console.log("ready"));`,
      { script: "tree.mjs" },
    );
    await tree.line(/\[foo\] ready$/m);
    // That foo has started may be known later than what it prints, and bar is created only then.
    await tree.line(/^both are there$/m);
    assert.deepEqual(await tree.stop(signal), { code: 0, signal: null });
    assert.deepEqual(tree.stderr.trimEnd().split("\n"), [
      "received termination signal",
      "[supervisor:STDERR] [foo] received termination signal",
    ]);
    assert.match(tree.stdout, /^done\n\[supervisor:STDOUT\] \[foo\] done\n/m);
  });
}

test("10: a script node that gets SIGINT from elsewhere says so, ends in order, and is revived", async (t) => {
  const { tree, ...supervised } = await pair(t);
  process.kill(supervised.pid, "SIGINT");
  await tree.line(/^\[supervisor:STDERR\] \[foo\] received termination signal$/m, "stderr");
  await tree.line(
    new RegExp(
      `^error: Supervised node 'foo' \\(PID ${supervised.pid}\\) exited prematurely with status 0$`,
      "m",
    ),
    "stderr",
  );
  await tree.lines(/\[foo\] ready \d+$/m, 2);
});

test("10: terminate() ends a process in order, without a signal", async (t) => {
  const { tree, call } = await told(t);
  await call("void coppice.terminate()");
  assert.deepEqual(await tree.end(), { code: 0, signal: null });
  assert.equal(tree.stderr, "");
});

test("11: an edited script takes effect in a node at its next start", async (t) => {
  const tree = await puppet(t, script("one"));
  const { pid } = await tree.create({ name: "foo" });
  await tree.tree.line(/\[foo\] this is one$/m);
  fs.writeFileSync(tree.tree.file("tree.mjs"), script("two"));
  assert.ok(isAlive(pid!), "an edit alone restarts nothing");
  await tree.restart("foo");
  await tree.tree.line(/\[foo\] this is two$/m);
  fs.writeFileSync(tree.tree.file("tree.mjs"), script("three"));
  process.kill((await tree.status()).foo!.pid!, "SIGKILL");
  await tree.tree.line(/\[foo\] this is three$/m);

  function script(word: string): string {
    return `import { supervisor } from "coppice";
            if (supervisor.isSupervised()) console.log("this is ${word}");`;
  }
});

/** A tree with the script node foo, which is ready. */
async function pair(t: Parameters<typeof plant>[0]) {
  const tree = plant(
    t,
    `import { on, supervisor } from "coppice";
     on("init", () => {
       if (supervisor.isSupervisor()) return supervisor.create({ name: "foo" });
       console.log("ready", process.pid);
     });`,
    { script: "tree.mjs" },
  );
  return { tree, pid: Number((await tree.line(/\[foo\] ready (\d+)$/m))[1]) };
}

/** A Supervisor without nodes. */
async function told(t: Parameters<typeof plant>[0]) {
  const tree = await puppet(t);
  return { tree: tree.tree, call: tree.call.bind(tree) };
}

function sessionOf(pid: number): number {
  return Number(statFields(pid)![3]);
}
