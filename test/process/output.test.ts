/** Points 45 to 48 of the Supervisor's behaviour: what nodes print, and what becomes of it. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { ask, create, plantToAsk, status, statusWhen } from "../fixtures/ask.ts";
import { js, linesOf, sh } from "../fixtures/system.ts";
import { plant, type TestTree, until } from "../fixtures/tree.ts";

const PREFIX = "[supervisor:STDOUT] [n] ";
const ONCE = { when: "never" } as const;

describe("output", { concurrency: 3 }, () => {
  test("45: a node's lines have its prefix, each on its own stream", async (t) => {
    const tree = plantToAsk(t);
    const command = sh("echo to stdout; echo to stderr >&2");
    await create(tree, { name: "foo", command, revival: ONCE });
    await create(tree, { name: "bär", command, revival: ONCE });
    for (const name of ["foo", "bär"]) {
      await tree.line(new RegExp(`^\\[supervisor:STDOUT\\] \\[${name}\\] to stdout$`, "m"));
      await tree.line(
        new RegExp(`^\\[supervisor:STDERR\\] \\[${name}\\] to stderr$`, "m"),
        "stderr",
      );
    }
    assert.doesNotMatch(tree.stdout, /to stderr/);
    assert.doesNotMatch(tree.stderr, /to stdout/);
  });

  test("45, 47: the Stem's own lines have the outer prefix only, and are node '' for hooks", async (t) => {
    const spy = path.join(import.meta.dirname, "..", "fixtures", "exit-spy.ts");
    const tree = plantToAsk(
      t,
      `import { hook } from "coppice";
       hook("stdout", (node, line) => console.log("hook", JSON.stringify([node, line])));`,
      {
        env: {
          NODE_OPTIONS: `--import=${pathToFileURL(spy).href}`,
          EXIT_SPY_FILE: "/dev/null",
          EXIT_SPY_STEM_SAYS: "words of the Stem",
        },
      },
    );
    await tree.line(/^\[supervisor:STDOUT\] words of the Stem$/m);
    await tree.line(/^\[supervisor:STDERR\] words of the Stem$/m, "stderr");
    const early = tree.stdout.includes('hook ["","words of the Stem"]');
    if (early) return;
    // Scripts may have been loaded only after the Stem had spoken: the next one speaks later. One
    // that dies before they are loaded has none that comes after it: an answer says that they are.
    await ask(tree, "1");
    process.kill(await tree.stem(), "SIGKILL");
    await tree.line(/^hook \["","words of the Stem"\]$/m);
  });

  test("46: bytes pass as they are, empty lines too, and a last line gets its newline", async (t) => {
    const { tree, bytes } = raw(plantToAsk(t, "", { readStdout: false }));
    const text = "a\\n\\n\\n b \\t\\r\\nnot UTF-8: \\377\\376 and NUL: \\000.\\nlast";
    await create(tree, { name: "n", command: ["printf", text], revival: ONCE });
    const lines = ["a", "", "", " b \t\r", "not UTF-8: \xff\xfe and NUL: \0.", "last"];
    const wanted = lines.map((line) => `${PREFIX}${line}\n`).join("");
    await until("all lines", () => bytes().length >= wanted.length);
    assert.equal(bytes().toString("latin1"), wanted);
  });

  test("46: a long line passes in pieces, the first of them with the prefix", async (t) => {
    const { tree, bytes } = raw(plantToAsk(t, "", { readStdout: false }));
    const length = 300_000;
    const command = js(`process.stdout.write("0123456789".repeat(${length / 10}) + "\\nnext\\n")`);
    await create(tree, { name: "n", command, revival: ONCE });
    const wanted = `${PREFIX}${"0123456789".repeat(length / 10)}\n${PREFIX}next\n`;
    await until("both lines", () => bytes().length >= wanted.length);
    assert.ok(bytes().toString() === wanted, "the pieces make up the line");
  });

  test("46: lines of several nodes stay whole, and an unfinished long one is marked", async (t) => {
    const { tree, bytes } = raw(plantToAsk(t, "", { readStdout: false }));
    const waitFor = (file: string) => `while [ ! -e ${file} ]; do sleep 0.02; done`;
    const long = "x".repeat(100_000);
    await create(tree, {
      name: "halves",
      command: sh(`printf 'first half, '; touch halved; ${waitFor("go")}; echo second half`),
      revival: ONCE,
    });
    await until("half a line", () => fs.existsSync(tree.file("halved")));
    await create(tree, { name: "whole", command: sh("echo whole"), revival: ONCE });
    await until("a whole line", () => bytes().includes("[whole] whole\n"));
    assert.ok(!bytes().includes("first half"));
    fs.writeFileSync(tree.file("go"), "");
    await until("the other half", () => bytes().includes("[halves] first half, second half\n"));

    const writeLong = `process.stdout.write(${JSON.stringify("x")}.repeat(${long.length}));`;
    await create(tree, {
      name: "long",
      command: js(`${writeLong} const look = setInterval(() => {
        if (!require("node:fs").existsSync("end")) return;
        clearInterval(look);
        console.log("end");
      }, 10);`),
      revival: ONCE,
    });
    await until("a piece", () => bytes().includes("[long] xxx"));
    await create(tree, { name: "between", command: sh("echo between"), revival: ONCE });
    await until("a line between", () => bytes().includes("[between] between\n"));
    fs.writeFileSync(tree.file("end"), "");
    await until("the end of the long line", () => bytes().includes("xend\n"));
    const lines = bytes().toString().split("\n");
    const at = lines.findIndex((line) => line.includes("[long]"));
    assert.match(lines[at]!, /^\[supervisor:STDOUT\] \[long\] x+$/);
    assert.equal(lines[at + 1], "[supervisor:STDOUT] [between] between");
    assert.match(lines[at + 2]!, /^\[supervisor:STDOUT\] \[long\] x+end$/);
    const pieces = `${lines[at]}${lines[at + 2]}`.match(/x/g) ?? [];
    assert.equal(pieces.length, long.length);
  });

  test("47: hooks get each line without its prefix, and `false` keeps it from being printed", async (t) => {
    const tree = plantToAsk(
      t,
      `import { hook } from "coppice";
       hook("stdout", (node, line) => { console.log("first", JSON.stringify([node, line])); return line !== "secret"; });
       hook("stdout", (node, line) => { console.log("second", JSON.stringify([node, line])); });
       hook("stdout", (node, line) => { if (line === "trouble") throw new Error("the hook's own"); });
       hook("stderr", (node, line) => { if (node === "n") console.log("kept back", line); return node !== "n"; });`,
    );
    const command = sh("echo one; echo secret; echo ''; echo trouble; echo hidden >&2; echo last");
    await create(tree, { name: "n", command, revival: ONCE });
    await tree.line(/^\[supervisor:STDOUT\] \[n\] last$/m);
    // Each stream comes in its own time; what is shown next comes after what was hidden.
    await tree.line(/^kept back hidden$/m);
    await create(tree, { name: "m", command: sh("echo shown >&2"), revival: ONCE });
    const seen = (hook: string) =>
      [...tree.stdout.matchAll(new RegExp(`^${hook} (.*)$`, "gm"))].map(([, json]) =>
        JSON.parse(json!),
      );
    const lines = ["one", "secret", "", "trouble", "last"];
    assert.deepEqual(
      seen("first"),
      lines.map((line) => ["n", line]),
    );
    assert.deepEqual(
      seen("second"),
      ["one", "", "trouble", "last"].map((line) => ["n", line]),
    );
    assert.deepEqual(
      tree.stdout.split("\n").filter((line) => line.startsWith(PREFIX)),
      ["one", "", "trouble", "last"].map((line) => PREFIX + line),
      "a hook that fails keeps nothing back",
    );
    await tree.line(/^\[supervisor:STDERR\] \[m\] shown$/m, "stderr");
    await tree.line(/the hook's own/, "stderr");
    assert.doesNotMatch(tree.stderr, /hidden/);
  });

  test("47: an async hook's promise is no `false`", async (t) => {
    const tree = plant(
      t,
      `import { hook, on, supervisor } from "coppice";
       hook("stdout", async () => false);
       on("init", () => supervisor.isSupervisor()
         ? supervisor.create({ name: "n", command: ["echo", "printed"], revival: { when: "never" } })
         : undefined);`,
    );
    await tree.line(/^\[supervisor:STDOUT\] \[n\] printed$/m);
  });

  test("48: all that a node printed before it was killed arrives", async (t) => {
    const tree = plantToAsk(t);
    const count = 100_000;
    await create(tree, {
      name: "n",
      command: sh(`seq 1 ${count}; printf 'last words'; kill -9 $$`),
      revival: ONCE,
    });
    await tree.line(/\[n\] last words\n/);
    const numbers = [...tree.stdout.matchAll(/^\[supervisor:STDOUT\] \[n\] (\d+)$/gm)];
    assert.equal(numbers.length, count);
    assert.ok(
      numbers.every(([, number], i) => Number(number) === i + 1),
      "in order",
    );
    await statusWhen(tree, "n", ({ state }) => state === "stopped");
    assert.equal((await status(tree, "n")).lastExit?.signal, "SIGKILL");
  });

  test("48: a script node that ends waits until its last lines are taken", async (t) => {
    const total = 500;
    const tree = plantToAsk(
      t,
      `import fs from "node:fs";
       import { on, supervisor } from "coppice";
       on("init", () => { if (supervisor.isSupervised()) fs.writeFileSync("ready", ""); });
       on("done", () => {
         if (!supervisor.isSupervised()) return;
         for (let i = 0; i < ${total}; i++) console.log(String(i).padStart(9_999, "-"));
         fs.writeFileSync("done", "");
       });`,
      { readStdout: false },
    );
    await create(tree, { name: "n" });
    await until("the node to be ready", () => fs.existsSync(tree.file("ready")));
    await ask(tree, 'void (globalThis.destroyed = supervisor.destroy("n"))');
    await until("the node to have said it all", () => fs.existsSync(tree.file("done")));
    const { bytes, length } = raw(tree);
    assert.equal(await ask(tree, "globalThis.destroyed"), true);
    await until("all lines", () => length() >= total * (PREFIX.length + 10_000));
    const lines = bytes().toString().trimEnd().split("\n");
    assert.ok(lines.every((line, i) => line === PREFIX + String(i).padStart(9_999, "-")));
    assert.equal(lines.length, total);
  });

  test("48: a node that writes faster than the Supervisor prints is made to wait", async (t) => {
    const tree = plantToAsk(t, "", { readStdout: false });
    const total = 5_000;
    // Each line is 10 kB; after each the node notes how far it got.
    const code = `const fs = require("node:fs");
      for (let i = 0; i < ${total}; i++) {
        fs.writeSync(1, String(i).padStart(9_999, "-") + "\\n");
        fs.writeFileSync("progress", String(i));
      }
      fs.writeFileSync("progress", "done");`;
    await create(tree, { name: "n", command: js(code), revival: ONCE });
    const progress = () => linesOf(tree.file("progress"))[0];
    let last: string | undefined;
    let since = performance.now();
    await until("a standstill", () => {
      if (progress() !== last || last === undefined) since = performance.now();
      last = progress();
      return performance.now() - since > 300;
    });
    assert.ok(Number(last) < total / 2, `the node had written ${last} of ${total} lines`);
    assert.equal((await status(tree, "n")).state, "running");
    const { bytes, length } = raw(tree);
    const wanted = total * (PREFIX.length + 10_000);
    await until("all lines", () => length() >= wanted);
    const lines = bytes().toString().trimEnd().split("\n");
    assert.ok(
      lines.every((line, i) => line === PREFIX + String(i).padStart(9_999, "-")),
      "all lines, in order",
    );
    assert.equal(lines.length, total);
    await until("the node's end", () => progress() === "done");
  });
});

/** Keeps a tree's stdout as the bytes that it is. */
function raw(tree: TestTree): { tree: TestTree; bytes: () => Buffer; length: () => number } {
  const chunks: Buffer[] = [];
  let length = 0;
  tree.child.stdout?.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
  });
  return {
    tree,
    length: () => length,
    bytes: () => {
      if (chunks.length > 1) chunks.splice(0, chunks.length, Buffer.concat(chunks));
      return chunks[0] ?? Buffer.alloc(0);
    },
  };
}
