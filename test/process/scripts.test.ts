/** Scripts: what they may be, where they may lie, what they are told, and in what order they load. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { puppet } from "../fixtures/puppet.ts";
import { replaceFile } from "../fixtures/system.ts";
import { plant, run, temporaryDirectory } from "../fixtures/tree.ts";

const TYPESCRIPT = `
  import { args, on, supervisor, type NodeConfig } from "coppice";
  const config: NodeConfig = { name: "foo" };
  interface Words { role: string }
  on("init", async (): Promise<void> => {
    const words = { role: supervisor.isSupervisor() ? "Supervisor" : "node" } satisfies Words;
    console.log("init of NAME", words.role as string);
    if (supervisor.isSupervisor() && args.scripts.at(-1)?.endsWith("/NAME")) await supervisor.create(config);
  });`;

const JAVASCRIPT = `
  import { args, on, supervisor } from "coppice";
  on("init", async () => {
    console.log("init of NAME", supervisor.isSupervisor() ? "Supervisor" : "node");
    if (supervisor.isSupervisor() && args.scripts.at(-1)?.endsWith("/NAME")) await supervisor.create({ name: "foo" });
  });`;

const COMMONJS = `
  const { args, on, supervisor } = require("coppice");
  on("init", async () => {
    console.log("init of NAME", supervisor.isSupervisor() ? "Supervisor" : "node");
    if (supervisor.isSupervisor() && args.scripts.at(-1)?.endsWith("/NAME")) await supervisor.create({ name: "foo" });
  });`;

/** Before Node.js 24 a CommonJS script that was imported cannot require by way of hooks. */
const REQUIRES = Number(process.versions.node.split(".")[0]) >= 24;

if (!REQUIRES) {
  test("a .cjs script that cannot require 'coppice' on this Node.js is refused", async (t) => {
    const tree = plant(t, COMMONJS, { script: "tree.cjs" });
    assert.deepEqual(await tree.ended, { code: 1, signal: null });
    assert.match(tree.stderr, /^error: cannot load script .*tree\.cjs: .*'coppice'.*\n$/);
  });
}

test("a .ts, .mts, .js, .mjs or .cjs script runs in the Supervisor and in a node, without a word of Node.js's own; all share one module 'coppice'", async (t) => {
  const scripts = new Map([
    ["a.ts", TYPESCRIPT],
    ["b.mts", TYPESCRIPT],
    ["c.js", JAVASCRIPT],
    ["d.mjs", JAVASCRIPT],
    ...(REQUIRES ? ([["e.cjs", COMMONJS]] as const) : []),
  ]);
  const names = [...scripts.keys()];
  const files = Object.fromEntries(
    [...scripts].map(([name, source]) => [name, source.replaceAll("NAME", name)]),
  );
  const tree = plant(t, files["a.ts"] ?? "", { script: "a.ts", operands: names.slice(1), files });
  await tree.line(new RegExp(`\\[foo\\] init of ${names.at(-1)} node$`, "m"));
  assert.deepEqual(await tree.stop(), { code: 0, signal: null });
  const lines = tree.stdout.trimEnd().split("\n");
  const of = (prefix: string) => lines.filter((line) => line.startsWith(prefix));
  assert.deepEqual(
    of("init "),
    names.map((name) => `init of ${name} Supervisor`),
  );
  const prefix = "[supervisor:STDOUT] [foo] ";
  assert.deepEqual(
    of(prefix),
    names.map((name) => `${prefix}init of ${name} node`),
  );
  assert.equal(lines.length, names.length * 2);
  assert.doesNotMatch(tree.stderr, /warning/i);
});

test("a .ts or .js script that imports is a module, even where package.json says CommonJS", async (t) => {
  const source = (ending: string) =>
    `import { on, supervisor } from "coppice";
     import { hello } from "./lib/hello.${ending}";
     import old from "./lib/old.js";
     on("init", async () => {
       console.log("${ending}", hello, old.word);
       if ("${ending}" === "js" && supervisor.isSupervisor()) await supervisor.create({ name: "foo" });
     });`.replace(/^ +/gm, "");
  const tree = plant(t, source("ts"), {
    script: "tree.ts",
    operands: ["more.js"],
    files: {
      "more.js": source("js"),
      "package.json": '{ "type": "commonjs" }',
      "lib/hello.ts": 'export const hello = "hello";',
      "lib/hello.js": 'export const hello = "hello";',
      "lib/old.js": 'module.exports = { word: "and as before" };',
    },
  });
  for (const ending of ["ts", "js"]) {
    await tree.line(
      new RegExp(`^\\[supervisor:STDOUT\\] \\[foo\\] ${ending} hello and as before$`, "m"),
    );
    await tree.line(new RegExp(`^${ending} hello and as before$`, "m"));
  }
  assert.deepEqual(await tree.stop(), { code: 0, signal: null });
  assert.doesNotMatch(tree.stderr, /warning/i);
});

test("'coppice' can be imported by a script in any other directory, in the Supervisor and in nodes", async (t) => {
  const elsewhere = temporaryDirectory(t);
  const directory = temporaryDirectory(t);
  const place = path.join(elsewhere, "a place with spaces, #, % and é");
  fs.mkdirSync(path.join(place, "lib"), { recursive: true });
  const script = path.join(place, "tree #1.ts");
  fs.writeFileSync(
    script,
    `import { on, supervisor } from "coppice";
     import { hello } from "./lib/hello.ts";
     import { createRequire } from "node:module";
     on("init", async () => {
       hello();
       const dynamic = await import("coppice");
       const required = createRequire(import.meta.url)("coppice");
       console.log("same", dynamic.supervisor === supervisor, required.supervisor === supervisor);
       if (supervisor.isSupervisor()) await supervisor.create({ name: "foo", directory: "/" });
     });`,
  );
  fs.writeFileSync(
    path.join(place, "lib/hello.ts"),
    `import { supervisor } from "coppice";
     export const hello = (): void => console.log("hello from", supervisor.isSupervised() ? "a node" : "the Supervisor");`,
  );
  const tree = run(t, directory, ["-j", script]);
  await tree.line(/\[foo\] same .*$/m);
  assert.deepEqual(tree.stdout.trimEnd().split("\n"), [
    "hello from the Supervisor",
    "same true true",
    "[supervisor:STDOUT] [foo] hello from a node",
    "[supervisor:STDOUT] [foo] same true true",
  ]);
});

test("packages next to a script can be imported, also in nodes; 'coppice' is this tree's runtime, even where a package of that name is installed", async (t) => {
  const tree = plant(
    t,
    `import { on, supervisor } from "coppice";
     import { word } from "a-package";
     on("init", () => {
       console.log("mine", supervisor.isSupervisor(), supervisor.isSupervised(), word);
       if (supervisor.isSupervisor()) return supervisor.create({ name: "foo", directory: "/" });
     });`,
    {
      script: "deep/tree.mjs",
      files: {
        "deep/node_modules/a-package/package.json": '{ "name": "a-package", "main": "index.js" }',
        "deep/node_modules/a-package/index.js": 'exports.word = "from a package";',
        "deep/node_modules/coppice/package.json":
          '{ "name": "coppice", "main": "index.js", "type": "module" }',
        "deep/node_modules/coppice/index.js": 'throw new Error("another one");',
      },
    },
  );
  await tree.line(/\[foo\] mine false true from a package$/m);
  assert.match(tree.stdout, /^mine true false from a package$/m);
});

test("without -j: init, work, done, and exit status 0 when there is nothing left to do", async (t) => {
  const tree = plant(
    t,
    `import { args, on } from "coppice";
     on("init", async () => {
       await new Promise((resolve) => setTimeout(resolve));
       console.log("init", JSON.stringify(args));
       setTimeout(() => console.log("work"));
     });
     on("done", async () => {
       await new Promise((resolve) => setTimeout(resolve));
       console.log("done");
     });`,
    {
      script: "plain.ts",
      options: ["-b", "-C", "-i", "en0", "-e", 'console.log("exec")'],
      operands: ["x=1"],
    },
  );
  assert.deepEqual(await tree.end(), { code: 0, signal: null });
  const args = {
    scripts: [tree.file("plain.ts")],
    bareMode: true,
    ignoreChecksums: true,
    defines: { x: "1" },
    interface: "en0",
  };
  const [exec, init, ...rest] = tree.stdout.trimEnd().split("\n");
  assert.equal(exec, "exec");
  assert.deepEqual(JSON.parse(init!.replace(/^init /, "")), args);
  assert.deepEqual(rest, ["work", "done"]);
  assert.equal(tree.stderr, "");
});

test("without -j: terminate() and signals end a script in order, and a failing handler is exit status 1", async (t) => {
  const source = (act: string) => `
    import { on, terminate } from "coppice";
    setInterval(() => {}, 1000);
    on("init", () => { console.log("init"); ${act} });
    on("done", () => console.log("done"));`;
  const plant1 = (act: string) => plant(t, source(act), { script: "plain.mjs", options: [] });
  const terminated = plant1("terminate();");
  const signalled = plant1("");
  const failing = plant1('throw new Error("boom");');
  assert.deepEqual(await terminated.end(), { code: 0, signal: null });
  assert.equal(terminated.stderr, "");
  await signalled.line(/^init$/m);
  assert.deepEqual(await signalled.stop("SIGINT"), { code: 0, signal: null });
  assert.equal(signalled.stderr, "received termination signal\n");
  assert.deepEqual(await failing.end(), { code: 1, signal: null });
  assert.match(failing.stderr, /^error: a handler of 'init' failed: Error: boom\n/);
  for (const { stdout } of [terminated, signalled, failing]) assert.equal(stdout, "init\ndone\n");
});

test("-e: code is TypeScript, may import, runs after the scripts, in order, and needs no script", async (t) => {
  const tree = plant(t, 'console.log("script");', {
    script: "plain.mjs",
    files: { "lib/word.ts": 'export const word: string = "a word";' },
    options: [
      "-e",
      'import { word } from "./lib/word.ts"; const said: string = word; console.log(said);',
      "--exec=import { args, on } from 'coppice'; on('init', () => console.log('init', args.scripts.length))",
    ],
  });
  const alone = run(t, temporaryDirectory(t), ["-e", "console.log(await Promise.resolve(42))"]);
  assert.deepEqual(await tree.end(), { code: 0, signal: null });
  assert.equal(tree.stdout, "script\na word\ninit 1\n");
  assert.deepEqual(await alone.end(), { code: 0, signal: null });
  assert.equal(alone.stdout, "42\n");
  assert.equal(alone.stderr, "");
});

test("-e: relative imports start where Coppice did, also in a node that is elsewhere", async (t) => {
  const directory = temporaryDirectory(t);
  fs.mkdirSync(path.join(directory, "lib"));
  fs.writeFileSync(path.join(directory, "lib/word.mjs"), 'export const word = "a word";');
  const tree = run(t, directory, [
    "-j",
    "-e",
    `import { on, supervisor } from "coppice";
     import { word } from "./lib/word.mjs";
     console.log(word);
     if (supervisor.isSupervisor()) on("init", () => supervisor.create({ name: "foo", directory: "elsewhere" }));`,
  ]);
  await tree.line(/^\[supervisor:STDOUT\] \[foo\] a word$/m);
  assert.match(tree.stdout, /^a word$/m);
});

test("name=value: what comes after the first =, the last one counts; a file of that name is a script", async (t) => {
  const tree = plant(
    t,
    `import { args } from "coppice";
     console.log(JSON.stringify([args.defines, args.scripts.map((script) => script.split("/").pop())]));`,
    {
      script: "plain.mjs",
      options: [],
      files: { "is=file.mjs": 'console.log("a file");' },
      operands: ["a=1", "Mod::name=b=c=d", "is=file.mjs", "a=2", "empty=", "_x.y-z="],
    },
  );
  assert.deepEqual(await tree.end(), { code: 0, signal: null });
  assert.deepEqual(tree.stdout.trimEnd().split("\n"), [
    '[{"a":"2","Mod::name":"b=c=d","empty":"","_x.y-z":""},["plain.mjs","is=file.mjs"]]',
    "a file",
  ]);
});

test("addlBaseScripts load before and addlUserScripts after the command line's, in that node only", async (t) => {
  const say = (word: string) => `
    import { supervisor } from "coppice";
    console.log("${word} in", supervisor.isSupervised() ? supervisor.node().name : "the Supervisor");`;
  const tree = await puppet(t, say("tree"), {
    files: { "base.ts": say("base"), "user.mts": say("user") },
  });
  await tree.create({ name: "foo", addlBaseScripts: ["base.ts"], addlUserScripts: ["user.mts"] });
  await tree.create({ name: "bar" });
  await tree.tree.line(/user in foo$/m);
  await tree.tree.line(/tree in bar$/m);
  const said = tree.tree.stdout.split("\n").filter((line) => line.includes(" in "));
  const of = (name: string) =>
    said.filter((line) => line.includes(`[${name}]`)).map((line) => line.split("] ")[2]);
  assert.deepEqual(of("foo"), ["base in foo", "tree in foo", "user in foo"]);
  assert.deepEqual(of("bar"), ["tree in bar"]);
  assert.deepEqual(
    said.filter((line) => !line.startsWith("[")),
    ["tree in the Supervisor"],
  );
});

test("an edited .ts or .mjs script, and what it imports, takes effect at a node's next start", async (t) => {
  const endings = ["ts", "mjs"];
  const source = (ending: string) =>
    `import { supervisor } from "coppice";
     import { word } from "./lib/word.${ending}";
     if (supervisor.isSupervised()) console.log("${ending} tree one,", word);`;
  const tree = await puppet(t, source("ts"), {
    script: "tree.ts",
    operands: ["tree.mjs"],
    files: {
      "tree.mjs": source("mjs"),
      ...Object.fromEntries(
        endings.map((ending) => [`lib/word.${ending}`, 'export const word = "word one";']),
      ),
    },
  });
  const said = async (words: string) => {
    for (const ending of endings)
      await tree.tree.line(new RegExp(`\\[foo\\] ${ending} ${words}$`, "m"));
  };
  await tree.create({ name: "foo" });
  await said("tree one, word one");
  for (const ending of endings) edit(`lib/word.${ending}`, "word one", "word two");
  await tree.restart("foo");
  await said("tree one, word two");
  for (const ending of endings) edit(`tree.${ending}`, "tree one", "tree two");
  await tree.restart("foo");
  await said("tree two, word two");

  /** Without a change of size, and within one second: what is cached must go by content. */
  function edit(name: string, from: string, to: string): void {
    const file = tree.tree.file(name);
    const { atime, mtime } = fs.statSync(file);
    fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace(from, to));
    fs.utimesSync(file, atime, mtime);
  }
});

test("a script that is broken by an edit is its nodes' failure, until it is mended", async (t) => {
  const source = `
    import { supervisor } from "coppice";
    if (supervisor.isSupervised()) console.log("fine");`;
  const tree = await puppet(t, source);
  const revival = { delay: 20, factor: 1 };
  await tree.create({ name: "foo", revival });
  await tree.tree.line(/\[foo\] fine$/m);
  fs.writeFileSync(tree.tree.file("tree.mjs"), "const = 2;");
  await tree.restart("foo");
  await tree.tree.line(
    /^\[supervisor:STDERR\] \[foo\] error: cannot load script .*tree\.mjs: SyntaxError: .*$/m,
    "stderr",
  );
  replaceFile(tree.tree.file("tree.mjs"), source);
  await tree.tree.lines(/\[foo\] fine$/m, 2);
});

test("supervisor calls may be awaited while a script loads", async (t) => {
  const tree = plant(
    t,
    `import { on, supervisor } from "coppice";
     if (supervisor.isSupervisor()) {
       const { pid } = await supervisor.create({ name: "foo", command: ["sleep", "1000"] });
       console.log("created", pid > 0, Object.keys(supervisor.status().nodes).join());
       console.log("restarted", await supervisor.restart("foo"));
       console.log("destroyed", await supervisor.destroy("foo"));
     }
     on("init", () => console.log("init"));`,
    { script: "tree.mjs" },
  );
  await tree.line(/^init$/m);
  assert.equal(tree.stdout, "created true foo\nrestarted true\ndestroyed true\ninit\n");
});
