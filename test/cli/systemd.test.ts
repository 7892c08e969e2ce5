/** `coppice systemd`: the unit, read as systemd reads it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import fc from "fast-check";
import { commandWord, fitsLine, programWord } from "../../src/cli/systemd/escape.ts";
import { type ServiceUnit, unitText } from "../../src/cli/systemd/unit.ts";
import { succeeds } from "../fixtures/debian.ts";
import { temporaryDirectory } from "../fixtures/tree.ts";
import { coppice } from "./fake.ts";

/** What systemd makes of a command line: words, then C's escapes, specifiers and variables. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let isQuoted = false;
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!;
    if (character === "\\") {
      const [all, escaped = ""] = /^\\(x[\da-f]{2}|.)/s.exec(line.slice(at))!;
      assert.ok(ESCAPES.has(escaped) || escaped.startsWith("x"), `an escape of systemd's: ${all}`);
      word =
        (word ?? "") +
        (ESCAPES.get(escaped) ?? String.fromCharCode(parseInt(escaped.slice(1), 16)));
      at += all.length - 1;
    } else if (character === '"') {
      isQuoted = !isQuoted;
      word ??= "";
    } else if (/\s/.test(character) && !isQuoted) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      if (!isQuoted) assert.doesNotMatch(character, /[';]/, "means something to systemd");
      word = (word ?? "") + character;
    }
  }
  assert.ok(!isQuoted);
  if (word !== undefined) words.push(word);
  return words.map((one, index) => {
    const text = one.replace(/%(.)/g, (_, specifier: string) => {
      assert.match(specifier, /[%S]/);
      return specifier === "%" ? "%" : "%S";
    });
    assert.ok(index === 0 || !/(?<!\$)(?:\$\$)*\$(?!\$)/.test(text), `a variable in ${text}`);
    return index === 0 ? text : text.replaceAll("$$", "$");
  });
}

const ESCAPES = new Map([
  ["\\", "\\"],
  ['"', '"'],
  ["n", "\n"],
  ["t", "\t"],
  ["r", "\r"],
]);

/** The settings of a unit, each with all its values. */
function settingsOf(text: string): Map<string, string[]> {
  const settings = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#") || /^\[\w+\]$/.test(line)) continue;
    const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? assert.fail(`no setting: ${line}`);
    settings.set(name!, [...(settings.get(name!) ?? []), value!]);
  }
  return settings;
}

function setting(text: string, name: string): string | undefined {
  const values = settingsOf(text).get(name) ?? [];
  assert.ok(values.length < 2);
  return values[0];
}

const UNIT: ServiceUnit = {
  name: "web",
  description: "Web",
  program: ["/opt/100% node/bin/$node", "--flag", "/opt/coppice/main.js"],
  args: ["-j", "/srv/tree.ts"],
  hasStateDirectory: true,
  directory: "/srv/100%",
  isForUser: false,
  watchdog: 30,
  keepsStem: false,
};

test("whatever an argument holds, it comes out as it went in", () => {
  const odd = [
    "",
    " ",
    ";",
    "'",
    '"',
    "\\",
    "$HOME",
    ["$", "{HOME}"].join(""),
    "$$",
    "%n",
    "%%",
    "\n",
    "\u0007",
    "#",
    "ü🌳",
    "-",
    "\\x41",
  ];
  for (const text of odd) assert.deepEqual(wordsOf(`x ${commandWord(text)} y`), ["x", text, "y"]);
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary-ascii" })), (args) => {
      const safe = args.map((one) => one.replaceAll("\0", ""));
      const line = ["/x", ...safe.map(commandWord)].join(" ");
      assert.deepEqual(wordsOf(line), ["/x", ...safe]);
      assert.doesNotMatch(line, /[\n\r]/);
    }),
  );
  assert.equal(wordsOf(programWord("/a b/%$c"))[0], "/a b/%$c");
});

test("text that a setting cannot hold is found out", () => {
  for (const text of ["a\nb", "a\\", " a", "a ", "\t"]) assert.equal(fitsLine(text), false);
  assert.ok(fitsLine("a \\ b % $ 'c'"));
});

test("the unit starts the Supervisor, ends it in order, and lets nothing be lost", () => {
  const text = unitText(UNIT);
  assert.deepEqual(wordsOf(setting(text, "ExecStart")!), [
    ...UNIT.program,
    "--state-dir",
    "/var/lib/web",
    ...UNIT.args,
  ]);
  assert.equal(setting(text, "WorkingDirectory"), "/srv/100%%");
  assert.equal(setting(text, "StateDirectory"), "web");
  assert.equal(setting(text, "Type"), "notify");
  assert.equal(setting(text, "NotifyAccess"), "all");
  assert.equal(setting(text, "KillMode"), "mixed");
  assert.equal(setting(text, "WatchdogSec"), "30");
  assert.equal(setting(text, "ExecReload"), "/bin/kill -HUP $MAINPID");
  assert.equal(setting(text, "User"), undefined);
  assert.equal(setting(text, "WantedBy"), "multi-user.target");
  // Four stages of 13 times 2 s each.
  assert.ok(Number(setting(text, "TimeoutStopSec")) > 4 * 13 * 2);
});

test("a unit of one's own manager asks for nothing that it cannot give", () => {
  const text = unitText({ ...UNIT, isForUser: true, watchdog: 0, keepsStem: true });
  assert.match(setting(text, "ExecStart")!, / --state-dir %S\/web /);
  assert.equal(setting(text, "WantedBy"), "default.target");
  for (const name of ["WatchdogSec", "LimitNOFILE", "After", "Wants"])
    assert.equal(setting(text, name), undefined, name);
  assert.equal(setting(text, "KillMode"), "process");
});

async function systemd(t: TestContext, text: string) {
  const directory = temporaryDirectory(t);
  for (const name of ["tree.mjs", "node.cfg", "a=b"])
    fs.writeFileSync(path.join(directory, name), "");
  const result = await coppice(["systemd", ...text.split(" ").filter(Boolean)], { directory });
  return { ...result, directory };
}

test("scripts become absolute; definitions and options stay as they are", async (t) => {
  const { status, stdout, stderr, directory } = await systemd(
    t,
    "--name web.service --user 1000 --description The@tree -- -j tree.mjs x=1 -e tree.mjs --no-tls",
  );
  assert.deepEqual([status, stderr], [0, ""]);
  const words = wordsOf(setting(stdout, "ExecStart")!);
  assert.equal(words[0], process.execPath);
  assert.match(words[words.indexOf("--state-dir") - 1]!, /^\/.*\/src\/cli\/main\.ts$/);
  assert.deepEqual(words.slice(words.indexOf("--state-dir")), [
    ...["--state-dir", "/var/lib/web", "-j", `${directory}/tree.mjs`],
    ...["x=1", "-e", "tree.mjs", "--no-tls"],
  ]);
  assert.equal(setting(stdout, "WorkingDirectory"), directory);
  assert.equal(setting(stdout, "User"), "1000");
  assert.equal(setting(stdout, "Description"), "The@tree");
});

test("a state directory of one's own is kept to, and a Zeek cluster is a service too", async (t) => {
  const own = await systemd(t, "-- --state-dir here -j tree.mjs");
  assert.equal(setting(own.stdout, "StateDirectory"), undefined);
  assert.match(setting(own.stdout, "ExecStart")!, / --state-dir here -j \S+tree\.mjs$/);
  const zeek = await systemd(t, "-- zeek node.cfg --insecure");
  assert.equal(zeek.stderr, "");
  assert.match(
    setting(zeek.stdout, "ExecStart")!,
    / --state-dir \/var\/lib\/coppice zeek \/\S+\/node\.cfg --insecure$/,
  );
});

test("what could not run is refused, in one line", async (t) => {
  const cases: [string, number, RegExp][] = [
    ["", 2, /which tree\?/],
    ["tree.mjs", 2, /which tree\?/],
    ["--", 2, /which tree\?/],
    ["-- tree.mjs", 2, /a service is a Supervisor/],
    ["-- -j --help", 2, /a service is a Supervisor/],
    ["-- status", 2, /coppice status is no service/],
    ["-- zeek", 2, /which file/],
    ["-- zeek check node.cfg", 2, /which file/],
    ["-- zeek missing.cfg", 1, /there is no file \S+missing\.cfg/],
    ["-- -j missing.mjs", 1, /there is no script \S+missing\.mjs/],
    ["-- -j --wrong", 2, /unknown option '--wrong'/],
    ["--name a/b -- -j tree.mjs", 2, /--name is letters/],
    ["--user a:b -- -j tree.mjs", 2, /--user is a user's name/],
    ["--user me --user-manager -- -j tree.mjs", 2, /either --user or --user-manager/],
    ["--watchdog 0.5 -- -j tree.mjs", 2, /--watchdog is a second at least/],
    ["--description a\\ -- -j tree.mjs", 2, /--description is one line/],
  ];
  for (const [text, status, error] of cases) {
    const result = await systemd(t, text);
    assert.deepEqual([result.status, result.stdout], [status, ""], text);
    assert.match(result.stderr, /^error: [^\n]+\n$/);
    assert.match(result.stderr, error);
  }
});

test("systemd itself finds nothing wrong with it", async (t) => {
  if (!(await succeeds("systemd-analyze", ["--version"])))
    return t.skip("no systemd-analyze here (Debian: apt-get install systemd)");
  const directory = temporaryDirectory(t);
  const file = path.join(directory, "web.service");
  const unit = {
    ...UNIT,
    program: [process.execPath],
    directory,
    args: ["$x", "%n", "a b", "\\", ";"],
  };
  for (const user of [undefined, "daemon"]) {
    fs.writeFileSync(file, unitText({ ...unit, user }));
    const { stderr } = await promisify(execFile)("systemd-analyze", ["verify", "--man=no", file]);
    // It looks at other units as well, which are not ours.
    assert.doesNotMatch(stderr, /web\.service/);
  }
});
