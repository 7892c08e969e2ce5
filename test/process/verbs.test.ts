/** The verbs of the command line, on real trees. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { processContext } from "../../src/cli/context.ts";
import { connect } from "../../src/control/client.ts";
import type { NodeConfig } from "../../src/index.ts";
import * as fake from "../cli/fake.ts";
import { COPPICE, Command, coppice, shell, start } from "../cli/process.ts";
import { freePort } from "../fixtures/ports.ts";
import { type Puppet, sharedPuppet } from "../fixtures/puppet.ts";
import { unixClient } from "../fixtures/remote.ts";
import {
  COMPILE_CACHE,
  isAlive,
  plant,
  type TestTree,
  temporaryDirectory,
  until,
} from "../fixtures/tree.ts";

/** The tree of all tests that leave it running, one after the other. */
const shared = sharedPuppet();

const ESC = "\u001b";
const SLEEP = "exec sleep 1000";
const JSMODULE = { script: "tree.mjs" };

/** Has the shared tree run these program nodes, each a script of a shell. */
async function plantNodes(
  t: TestContext,
  nodes: Record<string, string>,
  more: Partial<NodeConfig> = {},
): Promise<{ puppet: Puppet; tree: TestTree; directory: string }> {
  const puppet = await shared(t);
  for (const [name, script] of Object.entries(nodes))
    await puppet.create({ name, command: ["sh", "-c", script], ...more });
  return { puppet, tree: puppet.tree, directory: puppet.tree.directory };
}

test("status: a table, JSON, and what is wrong", async (t) => {
  const { directory, puppet } = await plantNodes(t, { web: SLEEP });
  // Not due again before it was looked at, however long that takes.
  const crash = { command: ["sh", "-c", "exit 3"], revival: { delay: 59_000 } };
  await puppet.create({ name: "crash", ...crash });
  await puppet.node("crash", ({ state }) => state === "waiting");
  const all = await until("the crash to be seen", async () => {
    const result = await coppice(t, directory, "status");
    // What it uses is looked at a moment later: it may have been started by then.
    return /^crash +waiting, starts in \d+s .* +- +-$/m.test(result.stdout) ? result : undefined;
  });
  assert.deepEqual([all.code, all.stderr], [0, ""]);
  assert.match(all.stdout, /^NAME +STATE +PID +UP SINCE +RESTARTS +LAST EXIT +CPU +MEMORY$/m);
  assert.match(
    all.stdout,
    /^web +running +\d+ +\d\d:\d\d:\d\d \(\d+s\) +0 +- +\d+\.\d+s +\S+ [KM]iB$/m,
  );
  assert.match(all.stdout, /^crash .* status 3, \d+s ago +- +-$/m);
  const one = await coppice(t, directory, "status web nobody --json");
  const { nodes } = JSON.parse(one.stdout);
  assert.deepEqual(Object.keys(nodes), ["web"]);
  assert.equal(nodes.web.state, "running");
  assert.ok(isAlive(nodes.web.pid) && nodes.web.memory > 0 && nodes.web.cpu >= 0);
  assert.deepEqual(
    [one.code, one.stderr],
    [1, "error: there is no node 'nobody', but 'web', 'crash'\n"],
  );
});

test("no Supervisor there: exit status 69, with what to do", async (t) => {
  const directory = temporaryDirectory(t);
  const wanted = `error: no Supervisor runs in ${directory}/.coppice: start one with coppice -j, or choose with --state-dir or --connect\n`;
  const refused = { code: 69, stdout: "", stderr: wanted };
  for (const text of [
    "status",
    "status --watch",
    "create x",
    "destroy x",
    "restart --all",
    "start",
    "stop all",
    "stop",
    "logs",
    "events",
    "wait x --for running",
  ])
    assert.deepEqual(await runHere(directory, text), refused, text);
  const { code, stdout, stderr } = await coppice(t, directory, "status");
  assert.deepEqual([code, stdout, stderr], [69, "", wanted]);
  const none = { code: 69, stdout: "", stderr: "" };
  assert.deepEqual(await runHere(directory, "__names"), none);
  const far = await runHere(directory, "status --connect ws://127.0.0.1:1");
  assert.equal(far.code, 69);
  assert.match(
    far.stderr,
    /^error: no Supervisor answers at ws:\/\/127\.0\.0\.1:1: connection refused.*\n$/,
  );
});

test("create, restart, destroy: done when it is told", async (t) => {
  const { directory, tree } = await plantNodes(t, { web: SLEEP });
  const run = (text: string, stdin = "") => runHere(directory, text, stdin);
  fs.writeFileSync(
    path.join(directory, "server"),
    "#!/bin/sh\npwd; echo A is $A; exec sleep 1000\n",
    {
      mode: 0o755,
    },
  );
  const created = await coppice(
    t,
    directory,
    "create server -d sub -e A=1 --stdout-file out -- ./server",
  );
  assert.equal(created.code, 0, created.stderr);
  const pid = Number(/^created 'server' \(PID (\d+)\)\n$/.exec(created.stdout)?.[1]);
  assert.ok(isAlive(pid));
  const file = path.join(directory, "out");
  await until("its output", () => fs.readFileSync(file, "utf8") === `${directory}/sub\nA is 1\n`);

  const again = await run("create server -- sleep 1");
  assert.deepEqual([again.code, again.stdout], [1, ""]);
  assert.equal(again.stderr, "error: node with name 'server' already exists\n");

  // Not due again before this is told, however long that takes.
  const nowhere = await run(
    "create -",
    '[{"name":"lost","command":["./nowhere"],"revival":{"delay":59000}}]',
  );
  assert.equal(nowhere.code, 1);
  assert.match(
    nowhere.stderr,
    /^error: node 'lost' was created, but could not be started \(waiting, starts in \d+s\): see coppice logs lost\n$/,
  );
  // What it says of it and the answer to the order come by different ways.
  await tree.line(/\[lost\] .*nowhere: No such file/, "stderr");
  await until("its last words", async () =>
    /nowhere: No such file or directory/.test((await run("logs lost")).stdout),
  );

  const many = await run(
    "create -",
    '[{"name":"a","command":["sleep","1000"]},{"name":"no name"},{"name":"b","command":["sleep","1000"]}]',
  );
  assert.equal(many.code, 1);
  assert.match(many.stdout, /^created 'a' \(PID \d+\)$/m);
  assert.match(many.stdout, /^created 'b' \(PID \d+\)$/m);
  assert.equal(many.stderr, "error: node names must not contain spaces: 'no name'\n");

  const restarted = await coppice(t, directory, "restart server nobody a");
  assert.equal(restarted.code, 1);
  assert.equal(isAlive(pid), false);
  const next = Number(/^restarted 'server' \(PID (\d+)\)$/m.exec(restarted.stdout)?.[1]);
  assert.ok(isAlive(next) && next !== pid);
  assert.match(restarted.stderr, /^error: there is no node 'nobody', but /);

  const destroyed = await coppice(t, directory, "destroy server lost nobody --json");
  assert.equal(destroyed.code, 1);
  assert.equal(isAlive(next), false);
  assert.deepEqual(JSON.parse(destroyed.stdout).nodes.server, { done: true });
  assert.equal(JSON.parse(destroyed.stdout).nodes.nobody.done, false);

  const all = await run("destroy --all");
  assert.deepEqual(all.stdout.trim().split("\n").sort(), [
    "destroyed 'a'",
    "destroyed 'b'",
    "destroyed 'web'",
  ]);
  assert.deepEqual([all.code, (await run("status --json")).stdout], [0, '{"nodes":{}}\n']);
  assert.equal((await run("restart --all")).code, 0);
});

test("create from a script with types, whose import of coppice works anywhere", async (t) => {
  const { directory } = await plantNodes(t, {});
  fs.writeFileSync(
    path.join(directory, "nodes.ts"),
    `import { args, type NodeConfig } from "coppice";
     const names: string[] = ["one", "two"];
     export default names.map((name): NodeConfig => ({ name, command: ["sleep", String(1000 + args.scripts.length)] }));`,
  );
  const { code, stdout, stderr } = await coppice(t, directory, "create nodes.ts");
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^created 'one' \(PID \d+\)$/m);
  assert.match(stdout, /^created 'two' \(PID \d+\)$/m);
});

test("logs: what was printed, byte by byte", async (t) => {
  const { directory, puppet, tree } = await plantNodes(t, {
    raw: `printf 'a\\377\\200\\033[2J\\r\\n\\nno end'; ${SLEEP}`,
    both: `while ! test -e go; do sleep 0.02; done; echo out; echo err >&2; echo done; ${SLEEP}`,
  });
  const has = (name: string, lines: string[]) =>
    until(`all of ${name}`, async () => {
      const said = (await runHere(directory, `logs ${name}`)).stdout.split("\n");
      return lines.every((line) => said.includes(line));
    });
  await tree.line(/\[raw\] $/m);
  await has("raw", ["a\ufffd\ufffd\x1b[2J\r", ""]);
  fs.writeFileSync(path.join(directory, "go"), "");
  await tree.line(/\[both\] done$/m);
  await tree.line(/\[both\] err$/m, "stderr");
  await has("both", ["out", "err", "done"]);
  const raw = start(t, directory, ["logs", "raw"]);
  await raw.end();
  // What is not a line yet comes when it is one.
  assert.deepEqual(raw.bytes, Buffer.from("a\xff\x80\x1b[2J\r\n\n", "latin1"));
  assert.deepEqual((await runHere(directory, "logs both -n all")).stdout.split("\n").sort(), [
    "",
    "done",
    "err",
    "out",
  ]);
  assert.equal((await runHere(directory, "logs both --stream stderr")).stdout, "err\n");
  assert.match((await runHere(directory, "logs -n 1")).stdout, /^\[both\] (?:done|err)$/m);
  const json = await runHere(directory, "logs raw --json");
  assert.deepEqual(
    json.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).text),
    ["a\udcff\udc80\u001b[2J\r", ""],
  );
  const unknown = await runHere(directory, "logs rwa both");
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /^error: there is no node 'rwa'; did you mean 'raw'\?\n$/);
  assert.equal(await puppet.destroy("both"), true);
  assert.match((await runHere(directory, "logs both")).stdout, /^out$/m);
});

test("logs -f: each of a flood of lines once, and what was missed is counted", async (t) => {
  // Several times what is kept of a node.
  const COUNT = 40_000;
  const { tree } = await plantNodes(t, {
    flood: `echo ready; while ! test -e go; do sleep 0.01; done; seq ${COUNT}; echo the end; ${SLEEP}`,
  });
  const following = start(t, tree.directory, ["logs", "-f", "-n", "all", "flood"]);
  const other = start(t, tree.directory, ["logs", "-f", "--json"]);
  await following.line(/^ready$/m);
  await other.line(/"text":"ready"/);
  fs.writeFileSync(tree.file("go"), "");
  await following.line(/^the end$/m);
  await other.line(/"text":"the end"/);
  const numbers = following.stdout
    .split("\n")
    .filter((line) => /^\d+$/.test(line))
    .map(Number);
  let missing = 0;
  let last = 0;
  for (const number of numbers) {
    assert.ok(number > last, `${number} comes after ${last}`);
    for (let gone = last + 1; gone < number; gone++) missing += `${gone}\n`.length;
    last = number;
  }
  for (let gone = last + 1; gone <= COUNT; gone++) missing += `${gone}\n`.length;
  const told = () =>
    [
      ...following.stderr.matchAll(
        /^note: \[flood\] (\d+) bytes were not read in time, and are missing here$/gm,
      ),
    ].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
  // It is told on the other stream, which may be read later.
  await until("all that is missing to be told", () => told() >= missing);
  assert.equal(told(), missing);
});

test("logs: a reader that goes ends it quietly; one that is slow loses nothing", async (t) => {
  const { directory, tree } = await plantNodes(t, { many: `seq 5000; echo the end; ${SLEEP}` });
  await tree.line(/\[many\] the end$/m);
  await until("all output", async () =>
    (await runHere(directory, "logs many")).stdout.includes("the end"),
  );
  const head = await shell(
    t,
    directory,
    "{ coppice logs -n all many; echo status $? >&2; } | head -n 2",
  );
  assert.equal(head.stdout, "1\n2\n");
  assert.equal(head.stderr, "status 0\n");
  const slow = await shell(t, directory, "coppice logs -n all many | { sleep 0.5; cat; }");
  const wanted = `${Array.from({ length: 5000 }, (_, i) => `${i + 1}\n`).join("")}the end\n`;
  assert.equal(slow.stdout, wanted);
  assert.equal(slow.stderr, "");
});

test("wait: for a node that is created later, that ends, and no longer than told", async (t) => {
  const { directory, puppet } = await plantNodes(t, { web: SLEEP, crash: "exit 1" });
  const later = start(t, directory, ["wait", "later", "--for", "running"]);
  const stopped = start(t, directory, ["wait", "web", "--for", "stopped", "--json"]);
  const late = await runHere(directory, "wait web --for stopped --timeout 0.1");
  assert.equal(late.code, 1);
  assert.match(
    late.stderr,
    /^error: node 'web' is running \(PID \d+\): not stopped after 0\.1 s\n$/,
  );
  await puppet.create({ name: "later", command: ["sleep", "1000"] });
  const waited = await later.end();
  assert.equal(waited.code, 0);
  assert.match(waited.stdout, /^node 'later' is running \(PID \d+\)\n$/);
  await puppet.destroy("web");
  assert.deepEqual(JSON.parse((await stopped.end()).stdout), { nodes: {} });
  const once: NodeConfig = { name: "once", command: ["sh", "-c", "exit"] };
  await puppet.create({ ...once, revival: { when: "never" } });
  const done = await runHere(directory, "wait once --for stopped");
  assert.deepEqual([done.code, done.stdout], [0, "node 'once' is done (last exit: status 0)\n"]);
});

test("status --watch on a terminal draws in place, and Ctrl-C gives the terminal back", async (t) => {
  const { directory } = await plantNodes(t, { web: SLEEP });
  const words = COPPICE.map((word) => `'${word}'`).join(" ");
  const command = `trap : INT; stty rows 10 cols 60; ${words} status -w --timeout 20; echo "status $?"`;
  const terminal = new Command(t, "script", ["-qec", command, "/dev/null"], {
    cwd: directory,
    env: { ...process.env, TERM: "xterm", NO_COLOR: "1", SHELL: "/bin/sh" },
  });
  const screen = (text: string) => text.split(`${ESC}[?1049h`)[1]?.split(`${ESC}[?1049l`);
  await until("the table", () => /web +running/.test(screen(terminal.stdout)?.[0] ?? ""));
  terminal.child.stdin?.write("\u0003");
  await terminal.line(/status 130/);
  const [drawn = "", after = ""] = screen(terminal.stdout) ?? [];
  assert.ok(drawn.endsWith(`${ESC}[?25h`));
  assert.match(after, /status 130/);
  // The terminal shows the key as two characters more.
  for (const line of stripVTControlCharacters(drawn).split("\r\n"))
    assert.ok(line.length <= 62, line);
});

test("over WebSocket, with a token from a file, and over TCP; and what ends with the tree", async (t) => {
  const directory = temporaryDirectory(t);
  for (const token of ["token", "read-token"])
    fs.writeFileSync(`${directory}/${token}`, `${token}\n`);
  const [port, listen] = [await freePort(), await freePort()];
  const options = `-j --websocket ${port} --token-file token --read-token-file read-token --listen ${listen} --no-tls`;
  const web = `trap 'echo last words; exit 0' TERM; echo first $$; while :; do sleep 0.05; done`;
  const planted = plant(
    t,
    `import { on, supervisor } from "coppice";
     on("init", async () => {
       await supervisor.create({ name: "web", command: ["sh", "-c", ${JSON.stringify(web)}] });
       console.log("planted");
     });`,
    { ...JSMODULE, directory, options: options.split(" ") },
  );
  await planted.line(/^planted$/m);
  const client = await unixClient(t, planted);

  await t.test("over WebSocket, with a token from a file, and over TCP", async (t) => {
    // One that has not set its trap yet would end by the signal, which the table tells.
    await planted.line(/^\[supervisor:STDOUT\] \[web\] first /m);
    const far = (text: string) => coppice(t, directory, `--connect ws://127.0.0.1:${port} ${text}`);
    const refused = await far("status");
    assert.equal(refused.code, 69);
    assert.match(refused.stderr, /^error: no Supervisor answers .*token.*\n$/);
    const here = (text: string) => runHere(directory, `${text} --connect ws://127.0.0.1:${port}`);
    const looked = await here("status --token-file read-token");
    assert.deepEqual([looked.code, looked.stderr], [0, ""]);
    const forbidden = await here("restart web --token-file read-token");
    assert.deepEqual([forbidden.code, forbidden.stdout], [1, ""]);
    assert.match(forbidden.stderr, /^error: [^\n]+\n$/);
    const restarted = await far("--token-file token restart web");
    assert.deepEqual([restarted.code, restarted.stderr], [0, ""]);
    const native = await runHere(directory, `status --connect tcp://127.0.0.1:${listen} --no-tls`);
    assert.deepEqual([native.code, native.stderr], [0, ""]);
    assert.match(native.stdout, /^web +running +\d+ .* 1 +status 0/m);
  });

  await t.test("logs -f, events and status --watch end with the tree, and by Ctrl-C", async (t) => {
    const logs = start(t, directory, ["logs", "-f", "web"]);
    const events = start(t, directory, ["events"]);
    const json = start(t, directory, ["events", "web", "--json"]);
    const interrupted = [start(t, directory, ["events"]), start(t, directory, ["logs", "-f"])];
    // Longer than it looks on by itself without an answer, so that a stall is not taken for an end;
    // not much longer, since after the end it looks on for as long.
    const watching = start(t, directory, ["status", "--watch", "--timeout", "6"]);
    const killed = start(t, directory, ["status", "--watch", "--json", "--timeout", "20"]);
    await logs.line(/^first \d+$/m);
    await interrupted[1]?.line(/^\[web\] first \d+$/m);
    await watching.line(/^web +running/m);
    const pid = await until("events to be told", async () => {
      await client.restart("web");
      const { nodes } = await client.status("web");
      const isTold = [events, json, interrupted[0]].every((one) =>
        /was started/.test(one?.stdout ?? ""),
      );
      return isTold && nodes["web"]?.pid;
    });
    await t.test("status --watch: a restart is seen at once", async () => {
      await watching.line(new RegExp(`^web +running +${pid} .* \\d+ +\\S+ \\S+`, "m"));
      assert.deepEqual(Object.keys(JSON.parse((await killed.line(/^.+$/m))[0]).nodes), ["web"]);
      killed.child.kill("SIGTERM");
      assert.equal((await killed.end()).signal, "SIGTERM");
    });
    // Before that it does not know yet what to say at its end.
    await logs.line(new RegExp(`^first ${pid}$`, "m"));
    assert.match(events.stdout, /^\d\d:\d\d:\d\d\.\d{3} node 'web' was started \(PID \d+\)$/m);
    for (const line of json.stdout.trim().split("\n")) assert.equal(JSON.parse(line).node, "web");
    for (const one of interrupted) one.child.kill("SIGINT");
    for (const one of interrupted) assert.equal((await one.end()).signal, "SIGINT");

    await t.test("stop: the tree has ended when it says so", async (t) => {
      const stopped = await coppice(t, directory, "stop");
      assert.deepEqual(
        [stopped.code, stopped.stdout, stopped.stderr],
        [0, "the tree has ended\n", ""],
      );
      assert.equal(isAlive(planted.pid), false);
      assert.deepEqual(await planted.end(), { code: 0, signal: null });
    });
    for (const one of [logs, events, json]) {
      const { code, stderr } = await one.end();
      assert.deepEqual([code, stderr], [0, ""]);
    }
    assert.equal((await watching.end()).code, 0);
    assert.match(logs.stdout, new RegExp(`^first ${pid}\nlast words\n$`, "m"));
    assert.match(events.stdout, /the tree ends$/m);
  });
});

test("completion in bash: verbs, options, and names, which are never given to the shell", async (t) => {
  const names = ["web-1", "web-2", "a:b", "$(>pwned)", "it's"];
  const { directory } = await plantNodes(t, Object.fromEntries(names.map((name) => [name, SLEEP])));
  fs.writeFileSync(
    path.join(directory, "coppice"),
    // Whoever presses a key waits two seconds for names; what is tested is not how long.
    `#!/bin/sh
    test "$1" = __names && set -- "$@" --timeout 20
    exec ${COPPICE.map((word) => `'${word}'`).join(" ")} "$@"\n`,
    { mode: 0o755 },
  );
  const lines: [line: string, replies: string[]][] = [
    ["./coppice st", ["status", "start", "stop"]],
    ["./coppice restart we", ["web-1", "web-2"]],
    ["./coppice status ", ["web-1", "web-2", "a:b", "\\$\\(\\>pwned\\)", "it\\'s", "all"]],
    ["./coppice stop al", ["all"]],
    ["./coppice wait a", ["a:b"]],
    ["./coppice status a:", ["b"]],
    ["./coppice --state-dir elsewhere status ", []],
    ["./coppice logs --fo", ["--follow"]],
    ["./coppice wait x --for ", ["running", "ready", "stopped"]],
    ["./coppice status --color=al", ["always"]],
    ["./coppice completion z", ["zsh"]],
    ["./coppice help ev", ["events"]],
    ["./coppice --web", ["--websocket"]],
    ["./coppice create tree", ["tree.mjs"]],
  ];
  const script = `source <(./coppice completion bash)
    complete -p coppice >&2
    complete_line() {
      COMP_LINE=$1 COMP_POINT=\${#1} COMPREPLY=()
      read -ra COMP_WORDS <<< "$(sed -E 's/([:=])/ \\1 /g' <<< "$1")"
      [[ $1 == *" " ]] && COMP_WORDS+=("")
      COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
      _coppice
      printf '%s\\n' "\${COMPREPLY[@]}" -- 
    }
    ${lines.map(([line]) => `complete_line ${JSON.stringify(line)}`).join("\n")}`;
  const { stdout, stderr } = await shell(t, directory, script, "bash");
  assert.equal(stderr, "complete -F _coppice coppice\n");
  const replies = stdout.split("--\n").map((text) => text.split("\n").filter(Boolean));
  for (const [index, [line, wanted]] of lines.entries())
    assert.deepEqual(replies[index], wanted, line);
  assert.equal(fs.existsSync(path.join(directory, "pwned")), false);
});

test("what is mistyped is told, with what was meant", async (t) => {
  const { directory } = await plantNodes(t, { web: SLEEP });
  for (const [text, code, error] of [
    [
      "statsu",
      1,
      /^error: cannot load script .*\/statsu: no such file; did you mean coppice status\?\n$/,
    ],
    [
      "status --jsn",
      2,
      /^error: unknown option '--jsn' \(did you mean '--json'\?\); see coppice status --help\n$/,
    ],
    ["restart wbe2", 1, /^error: there is no node 'wbe2', but 'web'\n$/],
    [
      "help statu",
      2,
      /^error: there is no verb 'statu'; did you mean 'status'\?; see coppice help --help\n$/,
    ],
    ["status.ts", 1, /^error: cannot load script .*\/status\.ts: no such file\n$/],
    ["-j status", 1, /./],
  ] as const) {
    const isOfVerb = /^\w+ /.test(text);
    const place = text === "-j status" ? temporaryDirectory(t) : directory;
    const result = await (isOfVerb ? runHere(place, text) : coppice(t, place, text));
    assert.equal(result.code, code, text);
    assert.match(result.stderr, error);
  }
});

test("help: of the command, and of each verb", async (t) => {
  const directory = temporaryDirectory(t);
  const all = await coppice(t, directory, "--help");
  assert.equal(all.code, 0);
  assert.equal((await runHere(directory, "help")).stdout, all.stdout);
  assert.match(all.stdout, /^ {2}status +show the nodes/m);
  assert.doesNotMatch(all.stdout, /__names/);
  const one = await runHere(directory, "help logs");
  assert.equal((await runHere(directory, "logs --help")).stdout, one.stdout);
  assert.match(
    one.stdout,
    /^Usage: coppice logs \[options\] \[NODE\|GROUP\.\.\.\]\n[\s\S]*-f, --follow/,
  );
});

test("a verb that is also a file's name means the verb; after -j it means the file", async (t) => {
  const directory = temporaryDirectory(t);
  const planted = plant(t, 'console.log("the file");', { directory, script: "status" });
  await planted.line(/^the file$/m);
  assert.match((await coppice(t, directory, "status")).stdout, /^NAME/);

  await t.test(
    "a Supervisor that was killed is none, though its socket is still there",
    async () => {
      process.kill(planted.pid, "SIGKILL");
      await planted.end();
      const { code, stderr } = await coppice(t, directory, "status");
      assert.equal(code, 69);
      assert.match(stderr, /^error: no Supervisor runs in /);
    },
  );
});

test("a Supervisor loads nothing of the verbs", async (t) => {
  const planted = plant(
    t,
    `import { on } from "coppice";
     on("init", () => console.log("planted"));`,
    {
      ...JSMODULE,
      // What is built lies in other files, for the same reasons.
      main: path.join(import.meta.dirname, "../../src/cli/main.ts"),
      options: ["-j"],
      env: { NODE_OPTIONS: "--import=./spy.mjs", NODE_COMPILE_CACHE: COMPILE_CACHE },
      files: {
        "spy.mjs": `import { appendFileSync } from "node:fs";
          import { registerHooks } from "node:module";
          if (process.argv.includes("-j")) registerHooks({
            load(url, context, next) {
              appendFileSync("loaded", url + "\\n");
              return next(url, context);
            },
          });`,
      },
    },
  );
  await planted.line(/^planted$/m);
  const loaded =
    fs
      .readFileSync(planted.file("loaded"), "utf8")
      .match(/(?<=\/(?:src|dist)\/)cli\/.*(?=\.[jt]s$)/gm) ?? [];
  assert.deepEqual(loaded.sort(), [
    "cli/crash-options",
    "cli/dispatch",
    "cli/explain",
    "cli/files",
    "cli/keep-time",
    "cli/log-options",
    "cli/main",
    "cli/options",
    "cli/remote-options",
  ]);
});

/** Runs a verb on a real tree, but in this process: what starts and ends one is not the point. */
async function runHere(
  directory: string,
  text: string,
  stdin = "",
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { sleep } = processContext();
  const world = { connect, directory, stdin, sleep, now: () => Date.now() };
  const { status, stdout, stderr } = await fake.coppice(text.split(" "), world);
  return { code: status, stdout, stderr };
}
