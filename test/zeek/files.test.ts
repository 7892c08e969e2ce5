/** The small files between Coppice and a Zeek: its status, and the script for its logs; and paths. */
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { logScript, zeekString } from "../../src/zeek/log-script.ts";
import { absolutePath, absoluteScript } from "../../src/zeek/paths.ts";
import { parseStatus } from "../../src/zeek/status-file.ts";

test("a status is its first word, and none while the file is being written", () => {
  const table: [text: string, state: string | undefined][] = [
    ["", undefined],
    ["RUN", undefined],
    ["RUNNING", "RUNNING"],
    ["RUNNING [run_loop]\n", "RUNNING"],
    ["RUNNING [net_run]\n", "RUNNING"],
    ["INITIALIZING [main]\n", "INITIALIZING"],
    ["TERMINATING [received termination signal]\n", "TERMINATING"],
    ["TERMINATED [atexit]\n", "TERMINATED"],
    ["[RUNNING]", undefined],
    ["RUNNINGX", undefined],
  ];
  for (const [text, state] of table) assert.equal(parseStatus(text), state, text);
});

test("the script for logs moves those of loggers, and of a manager that is one, into the queue", () => {
  assert.equal(
    logScript("../log-queue"),
    `@load base/frameworks/cluster

redef Log::default_rotation_postprocessor_cmd = "";

@if ( Cluster::local_node_type() == Cluster::LOGGER
      || ( Cluster::manager_is_logger && Cluster::local_node_type() == Cluster::MANAGER ) )
redef Log::default_rotation_dir = "../log-queue";
redef Log::rotation_format_func = archiver_rotation_format_func;
redef LogAscii::enable_leftover_log_rotation = T;
@endif
`,
  );
});

test("text is a literal of Zeek's language, whatever is in it", () => {
  const table: [text: string, literal: string][] = [
    ["", '""'],
    ["a b", '"a b"'],
    ['a"b', '"a\\"b"'],
    ["a\\b", '"a\\\\b"'],
    ['"; system("x', '"\\"; system(\\"x"'],
    ["a\nb\t", '"a\\x0ab\\x09"'],
    ["größe", '"größe"'],
  ];
  for (const [text, literal] of table) assert.equal(zeekString(text), literal);
  const property = fc.property(fc.string({ unit: "grapheme" }), (text) => {
    const literal = zeekString(text);
    assert.match(literal, /^"(?:[^"\\\n]|\\["\\]|\\x[\da-f]{2})*"$/u);
    assert.equal(JSON.parse(literal.replaceAll("\\x", "\\u00")), text);
  });
  fc.assert(property);
});

test("relative paths are made absolute as the system does it", () => {
  const paths = fc.stringMatching(/^[./ab]{0,8}$/);
  const property = fc.property(paths, paths, (one, base) => {
    if (one.startsWith("/")) assert.equal(absolutePath(one, "/x"), one);
    else assert.equal(absolutePath(one, `/${base}`), path.posix.resolve(`/${base}`, one || "."));
  });
  fc.assert(property, { numRuns: 1000 });
});

test("only names that begin with a dot are files where Coppice was started", () => {
  const table: [script: string, absolute: string][] = [
    ["./a.zeek", "/b/a.zeek"],
    ["../a.zeek", "/a.zeek"],
    ["a.zeek", "a.zeek"],
    ["policy/x", "policy/x"],
    ["~/a.zeek", "~/a.zeek"],
    ["/a.zeek", "/a.zeek"],
  ];
  for (const [script, absolute] of table) assert.equal(absoluteScript(script, "/b"), absolute);
});
