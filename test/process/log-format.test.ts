/** What a Supervisor prints with `--log-format`. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ASKED, ask, create } from "../fixtures/ask.ts";
import { sh } from "../fixtures/system.ts";
import { plant, type TestTree } from "../fixtures/tree.ts";

interface LogRecord {
  ts: string;
  node?: string;
  stream: string;
  level?: string;
  text: string;
}

describe("--log-format", { concurrency: 2 }, () => {
  test("json: every line is one of JSON, whoever it is of", async (t) => {
    const before = Date.now();
    const tree = plant(t, 'console.log("loaded");', {
      options: [...ASKED, "--log-format", "json"],
    });
    const command = sh("printf 'not UTF-8: \\377 and \"quoted\"\\nlast'; kill -9 $$");
    await create(tree, { name: "n", command, revival: { when: "never" } });
    await tree.line(/"last"/);
    await tree.line(/premature/, "stderr");
    await ask(tree, "(console.log('two\\nlines'), console.error('warning: a script’s own'))");
    await ask(tree, "void process.stdout.write('half of one')");
    assert.deepEqual(await tree.stop(), { code: 0, signal: null });
    const stdout = records(tree, "stdout");
    assert.deepEqual(
      stdout.map(({ ts: _ts, ...rest }) => rest),
      [
        { stream: "stdout", text: "loaded" },
        { node: "n", stream: "stdout", text: 'not UTF-8: \ufffd and "quoted"' },
        { node: "n", stream: "stdout", text: "last" },
        { stream: "stdout", text: "two" },
        { stream: "stdout", text: "lines" },
        { stream: "stdout", text: "half of one" },
      ],
    );
    const stderr = records(tree, "stderr");
    const death = stderr.find(({ level }) => level === "error");
    assert.match(death?.text ?? "", /^Supervised node 'n' \(PID \d+\) terminated prematurely/);
    assert.ok(stderr.some(({ level, text }) => level === "warning" && text === "a script’s own"));
    for (const { ts } of [...stdout, ...stderr]) {
      assert.equal(new Date(ts).toISOString(), ts);
      assert.ok(Date.parse(ts) >= before && Date.parse(ts) <= Date.now());
    }
  });

  test("zeek with timestamps: every line has one, and the rest is as ever", async (t) => {
    const options = [...ASKED, "--log-timestamps", "epoch"];
    const tree = plant(t, "", { options });
    const command = sh("echo one; echo two");
    await ask(tree, "console.log('ours')");
    await create(tree, { name: "n", command, revival: { when: "never" } });
    await tree.line(/^\d+\.\d{3} \[supervisor:STDOUT\] \[n\] two$/m);
    assert.match(
      tree.stdout,
      /^\d+\.\d{3} ours\n\d+\.\d{3} \[supervisor:STDOUT\] \[n\] one\n\d+\.\d{3} .*\[n\] two\n$/,
    );
  });

  test("what is none is refused, as it is without -j", async (t) => {
    const wrong = plant(t, "", { options: ["-j", "--log-format", "xml"] });
    assert.deepEqual(await wrong.end(), { code: 2, signal: null });
    assert.equal(wrong.stderr, "error: --log-format is zeek, short or json, not 'xml'\n");
    const plain = plant(t, "", { options: ["--log-timestamps", "iso"] });
    assert.deepEqual(await plain.end(), { code: 2, signal: null });
    assert.equal(plain.stderr, "error: --log-timestamps is for a Supervisor: it needs -j\n");
  });
});

function records(tree: TestTree, stream: "stdout" | "stderr"): LogRecord[] {
  return tree[stream]
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as LogRecord);
}
