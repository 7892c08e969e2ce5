/** When something is wrong: one line says what, why and what to do, and nothing is left running. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { parseCommandLine } from "../../src/cli/options.ts";
import { ScriptError, UsageError } from "../../src/errors.ts";
import { loadScripts } from "../../src/script/load.ts";
import { puppet } from "../fixtures/puppet.ts";
import { plant, processesOf, run, type TestTree, temporaryDirectory } from "../fixtures/tree.ts";

const LOADED = 'console.log("loaded");';

/** Scripts that do not load, and what is said of them. */
const BROKEN: [what: string, name: string, source: string, reason: RegExp][] = [
  ["does not parse (.ts)", "broken.ts", "const fine = 1;\nconst = 2;\n", /broken\.ts:2/],
  [
    "has TypeScript that cannot be erased",
    "broken.ts",
    "const fine = 1;\nenum Colour { Red }\n",
    /TypeScript enum is not supported.*broken\.ts:2/,
  ],
  [
    "throws at its top level (.ts)",
    "broken.ts",
    '\nthrow new Error("no");',
    /Error: no \(.*\/broken\.ts:2:7\)$/,
  ],
  ["throws text", "broken.mjs", 'throw "two\\nlines";', /: two lines$/],
  ["throws nothing", "broken.mjs", "throw undefined;", /: undefined$/],
  ["throws an object without a prototype", "broken.mjs", "throw Object.create(null);", /: .+$/],
  [
    "rejects at its top level",
    "broken.mjs",
    'await Promise.reject(new Error("no"));',
    /Error: no \(.*\/broken\.mjs:1:/,
  ],
  [
    "imports a file that is not there",
    "broken.mjs",
    'import "./nowhere.mjs";',
    /nowhere\.mjs.*broken\.mjs/,
  ],
  [
    "has an ending that says nothing",
    "broken.txt",
    "",
    /Unknown file extension "\.txt".*broken\.txt/,
  ],
];

/** The same, where it matters that Coppice's own files are those of the package. */
const BROKEN_IN_A_PROCESS: typeof BROKEN = [
  [
    "does not parse (.mjs)",
    "broken.mjs",
    "const fine = 1;\nconst = 2;\n",
    /SyntaxError: Unexpected token '=' \(.*\/broken\.mjs:2\)$/,
  ],
  [
    "throws at its top level",
    "broken.mjs",
    'const fine = 1;\nthrow new RangeError("too\\nmuch");\n',
    /RangeError: too much \(.*\/broken\.mjs:2:7\)$/,
  ],
  [
    "imports what is not exported",
    "broken.mjs",
    'import { nothing } from "coppice";',
    /does not provide an export named 'nothing'.*broken\.mjs:1/,
  ],
];

for (const [what, name, source, reason] of BROKEN) {
  test(`a script that ${what} cannot be loaded, which is one line`, async (t) => {
    // In this process. What a process makes of it the next tests show.
    const file = path.join(temporaryDirectory(t), name);
    fs.writeFileSync(file, source);
    await assert.rejects(loadScripts([file], []), (error: Error) => {
      assert.ok(error instanceof ScriptError);
      assert.equal(error.exitStatus, 1);
      assert.ok(error.message.startsWith(`cannot load script ${file}: `), error.message);
      assert.match(error.message, reason);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  });
}

for (const [what, name, source, reason] of BROKEN_IN_A_PROCESS) {
  test(`a script that ${what} ends the start with one line`, async (t) => {
    // As a plain process, which is quicker and loads scripts in the same way.
    const tree = plant(t, source, { script: name, options: [] });
    await fails(tree, 1);
    const line = oneLine(tree);
    assert.ok(line.startsWith(`error: cannot load script ${tree.file(name)}: `), line);
    assert.match(line, reason);
  });
}

for (const [what, source] of [
  ["does not parse", "const = 2;"],
  ["throws at its top level", 'throw new Error("no");'],
] as const) {
  test(`a Supervisor whose script ${what} ends with one line, and its Stem with it`, async (t) => {
    const tree = plant(t, source, { script: "broken.mjs" });
    await fails(tree, 1);
    assert.match(
      oneLine(tree),
      /^error: cannot load script .*\/broken\.mjs: (Syntax)?Error: .*broken\.mjs:1/,
    );
  });
}

test("a script that is not there ends the start with one line", async (t) => {
  const tree = run(t, temporaryDirectory(t), ["-j", "nowhere.ts"]);
  await fails(tree, 1);
  assert.equal(oneLine(tree), `error: cannot load script ${tree.file("nowhere.ts")}: no such file`);
});

test("a script that is a directory ends the start with one line", async (t) => {
  const tree = plant(t, "", { script: "directory/inside.mjs", options: ["-j", "directory"] });
  await fails(tree, 1);
  assert.match(oneLine(tree), /^error: cannot load script .*\/directory: .*directory/i);
});

test("code given with -e that does not load ends the start with one line", async (t) => {
  const tree = run(t, temporaryDirectory(t), ["-j", "-e", 'throw new Error("boom")']);
  await fails(tree, 1);
  assert.match(oneLine(tree), /^error: cannot load script -e: Error: boom/);
});

test("scripts before a broken one were loaded, those after it are not, and no init is raised", async (t) => {
  const say = (word: string) =>
    `import { on } from "coppice"; console.log("${word}"); on("init", () => console.log("init"));`;
  const tree = plant(t, say("first"), {
    script: "first.mjs",
    files: { "broken.mjs": 'throw new Error("no");', "last.mjs": say("last") },
    operands: ["broken.mjs", "last.mjs"],
  });
  await fails(tree, 1);
  oneLine(tree);
  assert.equal(tree.stdout, "first\n");
});

test("nodes that a script has created before a later one does not load end with the tree", async (t) => {
  const tree = plant(
    t,
    `import { supervisor } from "coppice";
     const { pid } = await supervisor.create({ name: "foo", command: ["sleep", "1000"] });
     console.log("created", pid > 0);`,
    {
      script: "tree.mjs",
      files: { "broken.mjs": 'throw new Error("no");' },
      operands: ["broken.mjs"],
    },
  );
  await fails(tree, 1);
  assert.match(oneLine(tree), /broken\.mjs: Error: no/);
  assert.equal(tree.stdout, "created true\n");
});

test("a callback that throws while scripts load ends the tree in order", async (t) => {
  const tree = plant(
    t,
    `import { supervisor } from "coppice";
     await supervisor.create({ name: "foo", command: ["sleep", "1000"] });
     setTimeout(() => { throw new Error("boom"); });
     await new Promise(() => {});`,
    { script: "tree.mjs" },
  );
  await fails(tree, 1);
  assert.match(tree.stderr, /^error: uncaught exception: Error: boom\n/);
});

test("a rejection that nobody handles while scripts load ends the tree in order", async (t) => {
  const tree = plant(
    t,
    `Promise.reject(new Error("boom"));
     await new Promise((resolve) => setTimeout(resolve, 1e9));`,
    { script: "tree.mjs" },
  );
  await fails(tree, 1);
  assert.match(tree.stderr, /^error: unhandled rejection: Error: boom\n/);
});

test("a plain process that cannot load its script says so in one line", async (t) => {
  const missing = run(t, temporaryDirectory(t), ["nowhere.ts"]);
  const broken = plant(t, "const = 2;", { script: "broken.mjs", options: [] });
  await fails(missing, 1);
  await fails(broken, 1);
  assert.match(oneLine(missing), /^error: cannot load script .*nowhere\.ts: no such file$/);
  assert.match(oneLine(broken), /^error: cannot load script .*broken\.mjs: SyntaxError: .*:1\)$/);
});

test("a script that does not load in a node is that node's failure alone", async (t) => {
  const tree = await puppet(
    t,
    `import { supervisor } from "coppice";
     if (supervisor.isSupervised()) throw new Error("not here");`,
  );
  await tree.create({ name: "other", command: ["sleep", "1000"] });
  await tree.create({ name: "foo", revival: { delay: 60_000 } });
  const [exit] = await tree.news("nodeExit", "foo", 1);
  assert.equal(exit!.exit!.code, 1);
  const [line] = await tree.tree.line(/^\[supervisor:STDERR\] \[foo\] .*$/m, "stderr");
  assert.match(
    line,
    /\[foo\] error: cannot load script .*tree\.mjs: Error: not here \(.*tree\.mjs:2:/,
  );
  assert.equal((await tree.status("other")).other!.state, "running");
  assert.deepEqual(await tree.tree.stop(), { code: 0, signal: null });
});

test("an option that does not exist is wrong usage", async (t) => {
  const directory = temporaryDirectory(t);
  fs.writeFileSync(`${directory}/tree.mjs`, LOADED);
  const tree = run(t, directory, ["-j", "--frobnicate"]);
  await fails(tree, 2);
  const line = oneLine(tree);
  assert.match(line, /^error: .*unknown option '--frobnicate'/);
  assert.equal(tree.stdout, "");
  assert.deepEqual(fs.readdirSync(directory), ["tree.mjs"], "no state directory");
});

// In this process: what is said of a command line does not depend on what is wrong with it.
for (const [what, args, words] of [
  ["an option that does not exist (short)", ["-j", "-Z"], /unknown option '-Z'/],
  ["an option that lacks its argument", ["-j", "tree.mjs", "--state-dir"], /argument missing/],
  ["an option that contradicts another", ["-j", "-i", "en0", "-r", "f", "tree.mjs"], /not both/],
  [
    "an option that is nearly right (it comes with the right one)",
    ["--supervisr"],
    /--supervisr.*--supervisor/,
  ],
  ["no script", [], /^no script to run; see coppice --help$/],
] as const) {
  test(`${what} is wrong usage, which is one line`, () => {
    assert.throws(
      () => parseCommandLine(args),
      (error: Error) => {
        assert.ok(error instanceof UsageError);
        assert.equal(error.exitStatus, 2);
        assert.match(error.message, words);
        assert.doesNotMatch(error.message, /\n/);
        return true;
      },
    );
  });
}

test("help and version are no errors", async (t) => {
  const help = run(t, temporaryDirectory(t), ["--help"]);
  const version = run(t, temporaryDirectory(t), ["--version"]);
  assert.deepEqual(await help.end(), { code: 0, signal: null });
  assert.deepEqual(await version.end(), { code: 0, signal: null });
  assert.match(help.stdout, /Usage: coppice .*\n(.*\n)*.*--supervisor/);
  assert.match(version.stdout, /^coppice \d+\.\d+\.\d+\n$/);
  assert.equal(help.stderr + version.stderr, "");
});

for (const [what, place, reason] of [
  ["lies below a file", "tree.mjs/state", "Not a directory"],
  ["is a file", "tree.mjs", "File exists"],
  ["lies in /proc", "/proc/coppice/state", "No such file or directory"],
  ["can hold no file", "/proc/self/task", ""],
  ["is a link that leads nowhere", "dangling", ""],
] as const) {
  test(`a state directory that ${what} ends the start with one line`, async (t) => {
    const directory = temporaryDirectory(t);
    fs.writeFileSync(`${directory}/tree.mjs`, LOADED);
    fs.symlinkSync(`${directory}/nowhere/deep`, `${directory}/dangling`);
    const tree = run(t, directory, ["-j", "--state-dir", place, "tree.mjs"]);
    await fails(tree, 1);
    const line = oneLine(tree);
    const absolute = place.startsWith("/") ? place : tree.file(place);
    assert.ok(
      line.startsWith(`error: cannot use the state directory ${absolute}: ${reason}`),
      line,
    );
    assert.ok(line.endsWith("; choose another with --state-dir"), line);
    assert.equal(tree.stdout, "", "no script was loaded");
  });
}

test("a state directory whose inside cannot be used ends the start with one line", async (t) => {
  const tree = plant(t, LOADED, { script: "tree.mjs", files: { ".coppice/image": "a file" } });
  await fails(tree, 1);
  assert.equal(
    oneLine(tree),
    `error: cannot use the state directory ${tree.file(".coppice")}: File exists; choose another with --state-dir`,
  );
  assert.equal(tree.stdout, "");
});

test("handlers and hooks that throw or reject in the Supervisor are reported and end nothing", async (t) => {
  const tree = await puppet(
    t,
    `import { hook, on, supervisor } from "coppice";
     if (supervisor.isSupervisor()) {
       on("init", () => { throw new Error("init throws"); });
       on("init", async () => { throw new Error("init rejects"); });
       on("nodeStatus", () => { throw "nodeStatus throws text"; });
       on("nodeExit", () => Promise.reject(new Error("nodeExit rejects")));
       on("done", () => { throw new Error("done throws"); });
       hook("stdout", () => { throw new Error("hook throws"); });
       on("init", () => void setTimeout(() => { throw new Error("a timer throws"); }));
       on("init", () => void Promise.reject(new Error("nobody waits")));
     }`,
  );
  const { pid } = await tree.create({
    name: "foo",
    command: ["sh", "-c", "echo said; exec sleep 1000"],
    revival: { delay: 0 },
  });
  await tree.tree.line(/^\[supervisor:STDOUT\] \[foo\] said$/m);
  process.kill(pid!, "SIGKILL");
  await tree.news("nodeStatus", "foo", 2);
  await tree.tree.lines(/^\[supervisor:STDOUT\] \[foo\] said$/m, 2);
  for (const words of [
    "a handler of 'init' failed: Error: init throws",
    "a handler of 'init' failed: Error: init rejects",
    "a handler of 'nodeStatus' failed: nodeStatus throws text",
    "a handler of 'nodeExit' failed: Error: nodeExit rejects",
    "a hook failed: Error: hook throws",
    "uncaught exception: Error: a timer throws",
    "unhandled rejection: Error: nobody waits",
  ]) {
    await tree.tree.line(new RegExp(`^error: ${words}$`, "m"), "stderr");
  }
  assert.deepEqual(await tree.tree.stop(), { code: 0, signal: null });
  assert.match(tree.tree.stderr, /^error: a handler of 'done' failed: Error: done throws$/m);
});

for (const [where, act, status] of [
  ["its top level", "await create(); process.exit(3);", 3],
  [
    "a callback while scripts load",
    "await create(); setTimeout(() => process.exit(3)); await new Promise(() => {});",
    3,
  ],
  ["a handler", 'on("init", async () => { await create(); process.exit(3); });', 3],
  ["a timer", 'on("init", async () => { await create(); setTimeout(() => process.exit(3)); });', 3],
  [
    "a handler, with process.exitCode",
    'on("init", async () => { await create(); process.exitCode = 3; process.exit(); });',
    3,
  ],
  [
    "a handler, without a status",
    'on("init", async () => { await create(); process.exit(); });',
    0,
  ],
] as const) {
  test(`process.exit in ${where} of a Supervisor script ends the tree in order`, async (t) => {
    const tree = plant(
      t,
      `import { on, supervisor } from "coppice";
       const create = () => supervisor.create({
         name: "foo",
         command: ["sh", "-c", "trap 'echo ended; kill $!; exit 0' TERM; sleep 1000 & echo ready; wait"],
         stop: { interval: 600_000 },
       }).then(() => ready);
       let heard;
       const ready = new Promise((resolve) => { heard = resolve; });
       import { hook } from "coppice";
       hook("stdout", (node, line) => void (line === "ready" && heard()));
       on("done", () => console.log("done"));
       ${act}`,
      { script: "tree.mjs" },
    );
    assert.deepEqual(await tree.end(), { code: status, signal: null });
    assert.deepEqual(tree.stdout.trimEnd().split("\n"), [
      "[supervisor:STDOUT] [foo] ready",
      "done",
      "[supervisor:STDOUT] [foo] ended",
    ]);
    assert.equal(tree.stderr, "");
    assert.deepEqual(processesOf(tree.directory), []);
  });
}

/** Waits until a start has failed with this status, leaving nothing. */
async function fails(tree: TestTree, status: number): Promise<void> {
  assert.deepEqual(await tree.end(), { code: status, signal: null }, tree.report());
  assert.deepEqual(processesOf(tree.directory), [], "nothing is left running");
}

function oneLine(tree: TestTree): string {
  assert.match(tree.stderr, /^[^\n]+\n$/, "one line on stderr");
  return tree.stderr.trimEnd();
}
