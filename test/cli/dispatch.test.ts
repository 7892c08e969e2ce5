/** Which command lines ask for a verb. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { optionsOf } from "../../src/cli/common-options.ts";
import { callIn, FLAGS, VALUED } from "../../src/cli/dispatch.ts";
import { parseLine } from "../../src/cli/line.ts";
import { refuseMistyped } from "../../src/cli/verb-main.ts";
import { findVerb, SHOWN_VERBS, VERBS, verbLike } from "../../src/cli/verbs.ts";
import { ScriptError, UsageError } from "../../src/errors.ts";

test("the first operand is the verb, after options of verbs only", () => {
  const cases: [string, string | undefined][] = [
    ["status", "status"],
    ["status -j", "status"],
    ["--state-dir x status web", "status"],
    ["--state-dir=x --json --connect unix:y status", "status"],
    ["--timeout 5 --no-tls stop", "stop"],
    ["-j status", undefined],
    ["-i eth0 status", undefined],
    ["--state-dir x -j tree.ts", undefined],
    ["--state-dir status tree.ts", undefined],
    ["tree.ts status", undefined],
    ["a=b", undefined],
    ["--help status", undefined],
    ["", undefined],
    ["--state-dir", undefined],
  ];
  for (const [text, word] of cases)
    assert.equal(callIn(text.split(" ").filter(Boolean))?.word, word, text);
  assert.deepEqual(callIn(["--json", "status", "web", "--", "-x"]), {
    word: "status",
    argv: ["--json", "web", "--", "-x"],
  });
});

test("the options that may come before a verb are those that verbs share, and those of their own alike", () => {
  const status = findVerb("status")!;
  const shared = { ...optionsOf(status) };
  for (const flag of [...VALUED, ...FLAGS]) {
    const option = shared[flag.slice(2)];
    assert.equal(option?.type, VALUED.includes(flag) ? "string" : "boolean", flag);
  }
  const missing = Object.keys(optionsOf({ ...status, options: {} })).filter(
    (name) => name !== "help" && !VALUED.includes(`--${name}`) && !FLAGS.includes(`--${name}`),
  );
  assert.deepEqual(missing, []);
});

test("a word that is nearly a verb, and no file, is said to be one", () => {
  for (const [word, verb] of [
    ["statsu", "status"],
    ["stat", "status"],
    ["sotp", "stop"],
    ["log", "logs"],
    ["restrat", "restart"],
    ["frobnicate", undefined],
  ] as const)
    assert.equal(verbLike(word), verb, word);
  assert.throws(
    () => refuseMistyped("statsu", "/nowhere"),
    (error: unknown) =>
      error instanceof ScriptError &&
      error.message ===
        "cannot load script /nowhere/statsu: no such file; did you mean coppice status?",
  );
  refuseMistyped("frobnicate", "/nowhere");
});

test("a script that is called nearly like a verb is run", () => {
  refuseMistyped("test", `${import.meta.dirname}/../..`);
});

test("a verb's line: options, operands, and what comes after --", () => {
  const create = findVerb("create")!;
  const line = parseLine(create, ["web", "--env", "A=1", "-e", "B=2", "--", "sh", "-c", "--", "x"]);
  assert.deepEqual(line.operands, ["web"]);
  assert.deepEqual(line.rest, ["sh", "-c", "--", "x"]);
  assert.deepEqual(line.list("env"), ["A=1", "B=2"]);
  assert.deepEqual(parseLine(findVerb("status")!, ["a", "a", "--", "-x"]).names, ["a", "-x"]);
  assert.equal(parseLine(findVerb("logs")!, ["-n5", "-f"]).text("lines"), "5");
});

test("a wrong line says what is wrong, and where to read on", () => {
  const wrong = (verb: string, ...argv: string[]): string => {
    try {
      const line = parseLine(findVerb(verb)!, argv);
      line.seconds("timeout");
      line.choice("color", ["auto", "always", "never"]);
    } catch (error) {
      assert.ok(error instanceof UsageError);
      assert.equal(error.exitStatus, 2);
      return error.message;
    }
    assert.fail(`'${verb} ${argv.join(" ")}' is not refused`);
  };
  assert.equal(
    wrong("status", "--wach"),
    "unknown option '--wach' (did you mean '--watch'?); see coppice status --help",
  );
  assert.match(wrong("status", "-z"), /^unknown option '-z'; see/);
  assert.match(wrong("status", "--state-dir"), /argument missing; see coppice status --help$/);
  assert.match(wrong("status", "--json=1"), /does not take an argument/);
  assert.match(wrong("stop", "--timeout", "soon"), /^--timeout is a number of seconds, not 'soon'/);
  assert.match(wrong("stop", "--timeout", ""), /^--timeout is a number of seconds, not ''/);
  assert.match(wrong("stop", "--timeout=-1"), /^--timeout is a number of seconds, not '-1'/);
  assert.match(
    wrong("stop", "--color", "red"),
    /^--color is one of auto, always or never, not 'red'/,
  );
});

test("every verb has its code, a summary, and help", async () => {
  for (const verb of VERBS) {
    assert.equal(typeof (await verb.load()).run, "function", verb.name);
    assert.match(verb.name, /^(?:__)?[a-z]+$/);
    const shorts = Object.values(optionsOf(verb)).flatMap(({ short }) => short ?? []);
    assert.equal(new Set(shorts).size, shorts.length, `${verb.name}: each short option once`);
  }
  assert.ok(SHOWN_VERBS.length >= 10);
});
