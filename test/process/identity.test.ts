/** Points 1 to 11 of the Supervisor's behaviour: who is who, and how life begins and ends. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";
import { statFields } from "../../src/os/proc-stat.ts";
import { puppet } from "../fixtures/puppet.ts";
import { childrenOf, isAlive, parentOf, plant, type TestTree, titleOf } from "../fixtures/tree.ts";

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

test("10: a Supervisor and its script nodes say that they got a termination signal (SIGINT)", async (t) => {
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
  );
  await tree.line(/\[foo\] ready$/m);
  // That foo has started may be known later than what it prints, and bar is created only then.
  await tree.line(/^both are there$/m);
  await endsWith(tree, "SIGINT");
});

test("10: terminate() ends a process in order, without a signal", async (t) => {
  const own = await puppet(t);
  const { tree } = own;
  await own.call("void coppice.terminate()");
  assert.deepEqual(await tree.end(), { code: 0, signal: null });
  assert.equal(tree.stderr, "");
});

/** What each process says: what it is and may do while it is loaded, then in its `init`. */
const WHO = `
  import fs from "node:fs";
  import { NotSupervisedError, NotSupervisorError, on, supervisor } from "coppice";
  import { word } from "./beside.mjs";
  console.log(word, "in", process.cwd());
  const is = (when) => console.log("is", when, supervisor.isSupervisor(), supervisor.isSupervised());
  is("loading");
  if (supervisor.isSupervisor()) {
    const stem = supervisor.stemPid();
    const stat = fs.readFileSync(\`/proc/\${stem}/stat\`, "latin1");
    console.log("early stem", stem, "parent", stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1], "own", process.pid);
  } else {
    const calls = {
      create: () => supervisor.create({ name: "x" }),
      destroy: () => supervisor.destroy("x"),
      restart: () => supervisor.restart("x"),
      status: () => supervisor.status(),
    };
    for (const [name, call] of Object.entries(calls)) {
      let how = "throws";
      try {
        const promise = call();
        how = "rejects";
        await promise;
      } catch (error) {
        console.log("call", name, how, error instanceof NotSupervisorError, error.message);
      }
    }
  }
  try {
    console.log("I am", JSON.stringify(supervisor.node()));
  } catch (error) {
    console.log("I am", error instanceof NotSupervisedError, error.name, error.code, error.message);
  }
  on("init", () => {
    is("init");
    try {
      console.log("stem", supervisor.stemPid(), "parent", process.ppid);
    } catch (error) {
      console.log("stem", error.name, error.message);
    }
    console.log("ready", process.pid);
  });
  on("done", () => console.log("done"));
  if (!supervisor.isSupervisor() && !supervisor.isSupervised()) {
    const timer = setInterval(() => fs.existsSync("go") && clearInterval(timer), 10);
  }`;

test("a tree with script nodes, and a plain process", async (t) => {
  const script = "scripts/tree.mjs";
  const files = { "scripts/beside.mjs": 'export const word = "loaded";' };
  const plain = plant(t, WHO, { script, files, options: [] });
  const own = await puppet(t, WHO, { script, files, options: ["--supervisor"] });
  const { tree } = own;
  const config = { name: "foo", directory: "deep/down", interface: "en0", env: { A: "b" } };
  const { pid: foo } = await own.create(config);
  await own.create({ name: "bar" });
  for (const name of ["foo", "bar"]) await tree.line(new RegExp(`\\[${name}\\] ready \\d+$`, "m"));
  await plain.line(/^ready \d+$/m);
  const stem = await tree.stem();
  /** What the Supervisor, or a node, or the plain process has said that begins so. */
  const said = (start: string, { of = "", by = tree } = {}) => {
    const prefix = of === "" ? "" : `[supervisor:STDOUT] [${of}] `;
    const lines = by.stdout.split("\n").filter((line) => line.startsWith(`${prefix}${start}`));
    return lines.map((line) => line.slice(prefix.length));
  };

  await t.test("1: a plain process has no Stem; with -j there is one", () => {
    assert.deepEqual(childrenOf(plain.pid), []);
    assert.deepEqual(childrenOf(tree.pid), [stem]);
  });

  await t.test("2: ps shows the Supervisor, the Stem and the nodes by name", () => {
    assert.equal(titleOf(tree.pid), "coppice: supervisor");
    assert.equal(titleOf(stem), "coppice: stem");
    assert.equal(titleOf(foo!), "coppice: foo");
  });

  await t.test("2: the Stem is there before any script loads", () => {
    assert.deepEqual(said("early"), [`early stem ${stem} parent ${tree.pid} own ${tree.pid}`]);
  });

  await t.test(
    "2: a node's process is a child of the Stem, and each leads a session of its own",
    () => {
      assert.deepEqual(said("ready", { of: "foo" }), [`ready ${foo}`]);
      assert.equal(parentOf(foo!), stem);
      assert.equal(parentOf(stem), tree.pid);
      for (const pid of [stem, foo!]) assert.equal(sessionOf(pid), pid);
    },
  );

  await t.test(
    "3: exactly one of isSupervisor and isSupervised is true, and neither in a plain process",
    () => {
      assert.deepEqual(said("is", { by: plain }), [
        "is loading false false",
        "is init false false",
      ]);
      assert.deepEqual(said("is"), ["is loading true false", "is init true false"]);
      const ofNode = ["is loading false true", "is init false true"];
      assert.deepEqual(said("is", { of: "foo" }), ofNode);
    },
  );

  await t.test("4: node() is the node's own configuration", () => {
    const configOf = (name: string) => JSON.parse(said("I am", { of: name })[0]!.slice(5));
    assert.deepEqual(configOf("foo"), { ...config, directory: tree.file("deep/down") });
    assert.deepEqual(configOf("bar"), { name: "bar" });
  });

  await t.test("4: node() elsewhere is the error 'not a supervised process'", async () => {
    await assert.rejects(own.call("supervisor.node()"), {
      name: "NotSupervisedError",
      message: "not a supervised process",
    });
    const words = "I am true NotSupervisedError COPPICE_NOT_SUPERVISED not a supervised process";
    assert.deepEqual(said("I am", { by: plain }), [words]);
  });

  await t.test("5: the API outside a Supervisor is the error 'supervisor mode not enabled'", () => {
    const wanted = [
      "call create rejects true supervisor mode not enabled",
      "call destroy rejects true supervisor mode not enabled",
      "call restart rejects true supervisor mode not enabled",
      "call status throws true supervisor mode not enabled",
    ];
    assert.deepEqual(said("call", { by: plain }), wanted);
    assert.deepEqual(said("call", { of: "foo" }), wanted);
    assert.deepEqual(said("call"), []);
  });

  await t.test(
    "6: stemPid is the Stem's pid in the Supervisor and in a node, and an error elsewhere",
    () => {
      assert.match(said("stem").join(), new RegExp(`^stem ${stem} parent \\d+$`));
      assert.deepEqual(said("stem", { of: "foo" }), [`stem ${stem} parent ${stem}`]);
      assert.match(
        said("stem", { by: plain }).join(),
        /^stem NotSupervisorError supervisor mode not enabled/,
      );
    },
  );

  await t.test("9: relative script paths work from a node's other working directory", () => {
    assert.deepEqual(said("loaded"), [`loaded in ${tree.directory}`]);
    assert.deepEqual(said("loaded", { of: "foo" }), [`loaded in ${tree.file("deep/down")}`]);
  });

  const edit = (word: string) =>
    fs.writeFileSync(
      tree.file(script),
      `${WHO}
       on("init", () => console.log("this is ${word}"));`,
    );

  await t.test("11: an edited script takes effect in a node at its next start", async () => {
    assert.equal(await own.destroy("bar"), true);
    edit("two");
    assert.ok(isAlive(foo!), "an edit alone restarts nothing");
    await own.restart("foo");
    await tree.line(/\[foo\] this is two$/m);
    edit("three");
  });

  await t.test(
    "10, 11: a script node that gets SIGINT from elsewhere says so, ends in order, and is revived, with the script as it is now",
    async () => {
      const { pid } = (await own.status())["foo"]!;
      process.kill(pid!, "SIGINT");
      // The first was of its restart.
      await tree.lines(/^\[supervisor:STDERR\] \[foo\] received termination signal$/m, 2, "stderr");
      await tree.line(
        new RegExp(
          `^error: Supervised node 'foo' \\(PID ${pid}\\) exited prematurely with status 0$`,
          "m",
        ),
        "stderr",
      );
      await tree.line(/^.*'foo' \(PID \d+\) revived/m, "stderr");
      await tree.line(/\[foo\] this is three$/m);
    },
  );

  await t.test(
    "10: a Supervisor and its script nodes say that they got a termination signal (SIGTERM)",
    async () => {
      await own.create({ name: "bar", command: ["sleep", "1000"] });
      tree.stdout = "";
      tree.stderr = "";
      await endsWith(tree, "SIGTERM");
    },
  );

  await t.test("1: a plain process ends by itself when it has nothing to do", async () => {
    fs.writeFileSync(plain.file("go"), "");
    assert.deepEqual(await plain.end(), { code: 0, signal: null });
    assert.ok(plain.stdout.endsWith("\ndone\n"), plain.stdout);
  });
});

async function endsWith(tree: TestTree, signal: "SIGTERM" | "SIGINT"): Promise<void> {
  assert.deepEqual(await tree.stop(signal), { code: 0, signal: null });
  assert.deepEqual(tree.stderr.trimEnd().split("\n"), [
    "received termination signal",
    "[supervisor:STDERR] [foo] received termination signal",
  ]);
  assert.match(tree.stdout, /^done\n\[supervisor:STDOUT\] \[foo\] done\n/m);
}

function sessionOf(pid: number): number {
  return Number(statFields(pid)![3]);
}
