/** The stand-in for Zeek refuses what Zeek refuses: only then do tests that pass with it mean something. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { isAlive, processesOf, titleOf, until } from "../fixtures/tree.ts";
import { endingOf, endingOfUsage, find } from "../fixtures/zeek/inside.ts";
import { installZeek } from "../fixtures/zeek/install.ts";
import { ZeekBench } from "../fixtures/zeek/run.ts";

const HELLO = `event zeek_init() { print "hello"; }\n`;

describe("the stand-in's command line", () => {
  test("usage errors end it with status 1 and a word on stderr", async (t) => {
    const bench = new ZeekBench(t);
    bench.write("a.zeek", HELLO);
    const wrong = [
      ["-q", "a.zeek"],
      ["--nonsense", "a.zeek"],
      ["a.zeek", "-i"],
      ["-i", "lo", "--iface", "lo", "a.zeek"],
      ["-r", "x", "-i", "lo", "a.zeek"],
      ["--bare-mode=yes", "a.zeek"],
      ["--p", "x", "a.zeek"],
      ["-F", "-P", "a.zeek"],
      ["-O", "nonsense", "a.zeek"],
      ["a.zeek", "--"],
    ];
    for (const args of wrong) {
      const ending = endingOfUsage(args);
      assert.deepEqual([args, ending?.status], [args, 1]);
      assert.notEqual(ending?.message, "");
    }
    const { code, stderr, stdout } = await bench.run(wrong[0] ?? []);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.equal(stderr, `${endingOfUsage(wrong[0] ?? [])?.message}\n`);
  });

  test("options may stand anywhere, joined, attached and cut short", async (t) => {
    const bench = new ZeekBench(t);
    bench.write("a.zeek", HELLO);
    const args = ["a.zeek", "-bCU.status", "--pre", "one", "-p", "two", "ignore_checksums=T"];
    assert.equal((await bench.run(args, { env: { CLUSTER_NODE: "" } })).code, 0);
    assert.equal(bench.read(".status"), "TERMINATED [atexit]\n");
    const record = await only(bench);
    assert.deepEqual(
      [record.options["bareMode"], record.options["ignoreChecksums"], record.options["prefixes"]],
      [true, true, ["one", "two"]],
    );
    assert.deepEqual(record.settings, { ignore_checksums: true });
    assert.ok(!record.order.some((file) => file.endsWith("base/init-default.zeek")));
  });

  test("a word that ends in -- makes the next a script and the rest its arguments", async (t) => {
    const bench = new ZeekBench(t);
    bench.write("a=b.zeek", HELLO);
    const { code, stdout } = await bench.run(["-b", "--", "./a=b.zeek", "-i", "x=y"]);
    assert.deepEqual([code, stdout], [0, "hello\n"]);
    assert.deepEqual((await only(bench)).options["scriptArgs"], ["-i", "x=y"]);
  });

  test("what has = in it is an assignment, and what has :: a plugin, even a script's path", async (t) => {
    const bench = new ZeekBench(t);
    bench.write("a=b.zeek", HELLO);
    const { code, stderr } = await bench.run([bench.file("a=b.zeek")]);
    assert.equal(code, 1);
    assert.match(stderr, /unknown identifier/);
    const other = bench.start(["-b", "Demo::Plugin", "-e", "1;"]);
    await other.ended;
    const record = bench.records(String(other.child.pid)).at(-1);
    assert.deepEqual(record?.options["plugins"], ["Demo::Plugin"]);
  });

  test("assignments to what is not defined, of the wrong type, or of nothing are errors", async (t) => {
    const bench = new ZeekBench(t);
    for (const assignment of [
      "nosuch=1",
      "ignore_checksums=",
      "ignore_checksums=3",
      "Pcap::snaplen=x",
    ])
      assert.equal(endingOf(bench.zeek, ["-b", assignment])?.status, 1, assignment);
    for (const assignment of ["peer_description=a b", "peer_description=", "Pcap::snaplen=1"])
      assert.equal(endingOf(bench.zeek, ["-b", assignment]), undefined, assignment);
    assert.equal((await bench.run(["-b", "ignore_checksums=3"])).code, 1);
    assert.equal((await bench.run(["-b", "peer_description=a b"])).code, 0);
  });

  test("-v, -h, -N, -I and -a say what they are asked and end", async (t) => {
    const bench = new ZeekBench(t, { version: "9.1.0-dev.12" });
    bench.write("a.zeek", HELLO);
    assert.equal(
      (await bench.run(["--version"])).stdout,
      `${bench.zeek.executable} version 9.1.0-dev.12\n`,
    );
    const help = await bench.run(["-h"]);
    assert.deepEqual([help.code, /usage:/.test(help.stderr)], [0, true]);
    assert.equal((await bench.run(["-N"])).code, 0);
    assert.equal((await bench.run(["-I", "Pcap::snaplen"])).stdout, "9216\n");
    const parsed = await bench.run(["-a", "a.zeek"]);
    assert.deepEqual([parsed.code, parsed.stdout], [0, ""]);
  });
});

describe("the stand-in's scripts", () => {
  test("a script that is not found is fatal; an absolute one needs its ending", async (t) => {
    const bench = new ZeekBench(t);
    const file = bench.write("here/a.zeek", HELLO);
    bench.write("empty/pkg/x.zeek", HELLO);
    const absolute = file.replace(/\.zeek$/, "");
    const found = (name: string) => find(name, [bench.directory], bench.directory);
    for (const name of ["nosuch", "a", "./a", absolute, "empty/pkg"])
      assert.equal(found(name), undefined, name);
    for (const name of [file, "./here/a", "here/a.zeek", "here/a"])
      assert.equal(found(name), file, name);
    const { code, stderr } = await bench.run(["./a"]);
    assert.deepEqual([code, stderr], [1, "fatal error: can't find ./a\n"]);
    assert.equal((await bench.run(["./here/a"])).stdout, "hello\n");
  });

  test("ZEEKPATH replaces the path, in its order; without Zeek's own scripts nothing starts", async (t) => {
    const bench = new ZeekBench(t);
    bench.write("one/pkg/__load__.zeek", 'print "one";\n');
    bench.write("two/pkg.zeek", 'print "two";\n');
    const own = bench.zeek.zeekPath;
    const at = (...parts: string[]) => ({ env: { ZEEKPATH: parts.join(":") }, cwd: "cwd" });
    const [one, two] = [bench.file("one"), bench.file("two")];
    assert.equal((await bench.run(["-b", "pkg"], at(one, two, own))).stdout, "one\n");
    assert.equal((await bench.run(["-b", "pkg"], at(two, one, own))).stdout, "two\n");
    const without = await bench.run(["-b", "pkg"], at(one, two));
    assert.deepEqual(
      [without.code, without.stderr],
      [1, "fatal error: can't find base/init-bare.zeek\n"],
    );
    // An element that is empty or relative means the working directory.
    assert.equal((await bench.run(["-b", "pkg"], at("", own))).code, 1);
    bench.write("cwd/pkg.zeek", 'print "cwd";\n');
    assert.equal((await bench.run(["-b", "pkg"], at("", two, own))).stdout, "cwd\n");
    assert.equal((await bench.run(["-b", "pkg"], at("../one", own))).stdout, "one\n");
  });

  test("they are parsed in Zeek's order", async (t) => {
    const bench = new ZeekBench(t);
    for (const name of ["a", "b", "mine.a"]) bench.write(`${name}.zeek`, `print "${name}";\n`);
    const { stdout } = await bench.run(["b", "-p", "mine", "-e", 'print "code";', "a"]);
    assert.equal(stdout, "b\na\nmine.a\ncode\n");
    const order = (await only(bench)).order.map((file) => path.basename(file));
    const wanted = [
      "init-bare.zeek",
      "init-frameworks-and-bifs.zeek",
      "init-default.zeek",
      "b.zeek",
      "a.zeek",
    ];
    assert.deepEqual(
      order.filter((name) => wanted.includes(name)),
      wanted,
    );
  });

  test("with no script it reads one from standard input, and says so", async (t) => {
    const bench = new ZeekBench(t);
    const { stdout, stderr } = await bench.run([], { stdin: 'print "from stdin";\n' });
    assert.equal(stdout, "from stdin\n");
    assert.match(stderr, /standard input/);
    assert.equal((await only(bench)).readStdin, true);
  });

  test("wrong syntax ends it with status 1, and is told with file and line", async (t) => {
    const bench = new ZeekBench(t);
    const wrong: Record<string, string> = {
      "a redef without a semicolon": "redef ignore_checksums = T\n",
      "a redef followed by another": "redef ignore_checksums = T\nredef ignore_checksums = F;\n",
      "a redef of something unknown": "redef Log::nosuch = T;\n",
      "a redef of the wrong type": 'redef ignore_checksums = "T";\n',
      "a redef without an operator": "redef ignore_checksums T;\n",
      "an unknown value": "redef ignore_checksums = True;\n",
      "a function that is not defined":
        "redef Log::rotation_format_func = archiver_rotation_format_func;\n",
      "a redef of the layout": "redef Cluster::manager_is_logger = F;\n",
      "a setting of a backend that was not loaded": "redef Cluster::Backend::ZeroMQ::ipv6 = T;\n",
      "a brace that is not closed": "event zeek_init() {\n",
      "a brace too many": "event zeek_init() { } }\n",
      "the wrong bracket": 'redef capture_filters += { ["a") = "b" };\n',
      "@if without @endif": "@if ( T )\n",
      "@endif without @if": "@endif\n",
      "@else without @if": "@else\n@endif\n",
      "an unknown directive": "@nosuch\n",
      "@load with a semicolon": "@load base/frameworks/cluster;\n",
      "@load of nothing that is there": "@load nosuch\n",
      "a string that does not end": 'redef peer_description = "x;\n',
      "words that are no statement": "this is nonsense;\n",
      "an export that is not closed": "module X;\nexport {\n\tconst a = 1;\n",
      "an unknown directive of the stand-in": "#!stand-in: nosuch\n",
      "a parse error that was asked for": "#!stand-in: parse-error\n",
    };
    for (const [what, text] of Object.entries(wrong)) {
      const ending = endingOf(bench.zeek, ["-b", bench.write("wrong.zeek", text)]);
      assert.equal(ending?.status, 1, what);
      assert.match(ending?.message ?? "", /error in .*\/wrong\.zeek, line \d+: /, what);
    }
    const { code, stderr } = await bench.run(["-b", "wrong", "-U", ".status"]);
    assert.equal(code, 1);
    assert.match(stderr, /error in .*\/wrong\.zeek, line \d+: /);
    assert.match(bench.read(".status"), /^TERMINATED/);
  });

  test("what scripts and generated ones use is right", async (t) => {
    const bench = new ZeekBench(t);
    bench.write(
      "right.zeek",
      `# A comment with "quotes" and { braces.
@load base/frameworks/cluster
module Demo;
export {
	option limit = 5 mins &redef;
	global names: set[string] = { "a", "b" } &redef;
	type Info: record { ts: time &log; n: count &optional; };
}
redef Demo::limit = 10 secs;
redef names += { "c" };
redef Log::default_rotation_postprocessor_cmd = "";
redef Site::local_nets += { 10.0.0.0/8, [fe80::]/10 };
redef Pcap::snaplen = 65535;
redef Telemetry::metrics_address = "127.0.0.1";
@if ( Cluster::local_node_type() == Cluster::LOGGER
      || ( Cluster::manager_is_logger && Cluster::local_node_type() == Cluster::MANAGER ) )
redef Log::rotation_format_func = archiver_rotation_format_func;
@else
@if ( ! Supervisor::is_supervised() && getenv("DEMO") == "yes" )
print "not supervised";
@endif
@endif
function twice(n: count): count { if ( n > 3 ) { return n; } return n * 2; }
event zeek_init() &priority=5 { print "init", "too"; local p = /a{2}\\/b/; }
event zeek_done() { print "done"; }
`,
    );
    const { code, stdout, stderr } = await bench.run(["right"], { env: { DEMO: "yes" } });
    assert.deepEqual([code, stdout, stderr], [0, "not supervised\ninit, too\ndone\n", ""]);
  });

  test("a Zeek before 8.1 has other backends", async (t) => {
    const old = new ZeekBench(t, { version: "8.0.4" });
    for (const name of ["misc/systemd-generator", "frameworks/cluster/backend/broker"])
      assert.equal(endingOf(old.zeek, [name])?.status, 1, name);
    assert.equal((await old.run(["frameworks/cluster/backend/zeromq/connect"])).code, 0);
    const older = new ZeekBench(t, { version: "7.0.2" });
    const { zeek } = older;
    assert.equal(endingOf(zeek, ["frameworks/cluster/backend/zeromq/connect"])?.status, 1);
  });
});

describe("the stand-in's life", () => {
  test("with nothing to do it ends at once; it runs on for an interface", async (t) => {
    const bench = new ZeekBench(t);
    const run = bench.start(["-i", "lo", "local", "-U", ".status"]);
    await run.sees(/^listening on lo$/m);
    await bench.status(".", "RUNNING [run_loop]");
    run.child.kill("SIGTERM");
    assert.deepEqual(await run.ended, { code: 0, signal: null });
    assert.match(run.stderr, /received termination signal/);
    assert.equal(bench.read(".status"), "TERMINATED [atexit]\n");
    assert.equal(
      fs.readFileSync(`${bench.directory}/conn.log`, "utf8").split("\n").length > 4,
      true,
    );
    assert.equal((await bench.run(["-i", "nosuch0", "local"])).code, 1);
    assert.match(
      (await bench.run(["-i", "af_packet::nosuch0"])).stderr,
      /problem with interface af_packet::nosuch0 \(/,
    );
  });

  test("a trace is read to its end; it must be there, and be one", async (t) => {
    const bench = new ZeekBench(t);
    fs.writeFileSync(
      bench.file("good.pcap"),
      Buffer.from("d4c3b2a10200040000000000000000000000040001000000", "hex"),
    );
    bench.write("bad.pcap", "not a trace");
    assert.equal((await bench.run(["-r", "good.pcap"])).code, 0);
    for (const file of ["bad.pcap", "nosuch.pcap"]) {
      const { code, stderr } = await bench.run(["-r", file]);
      assert.equal(code, 1);
      assert.match(stderr, /problem with trace file/);
    }
  });

  test("before its handlers are there SIGTERM ends it as it ends any program", async (t) => {
    const bench = new ZeekBench(t);
    bench.write("slow.zeek", "#!stand-in: slow-init 60000\n");
    const run = bench.start(["slow", "-U", ".status"]);
    await until("its scripts to be read", () => bench.records(String(run.child.pid))[0]?.order);
    run.child.kill("SIGTERM");
    assert.deepEqual(await run.ended, { code: null, signal: "SIGTERM" });
    assert.equal(bench.read(".status"), "INITIALIZING [main]\n");
  });

  test("SIGHUP spoils the status and ends nothing", async (t) => {
    const bench = new ZeekBench(t);
    const run = bench.start(["-i", "lo", "-U", ".status"]);
    await bench.status(".", "RUNNING");
    run.child.kill("SIGHUP");
    await bench.status(".", "TERMINATING [sig_handler]");
    run.child.kill("SIGINT");
    assert.deepEqual(await run.ended, { code: 0, signal: null });
  });

  test("stdout is kept back while it is no terminal, unless stdbuf says otherwise", async (t) => {
    const bench = new ZeekBench(t);
    bench.write("p.zeek", "#!stand-in: print out\n#!stand-in: print-stderr err\n");
    const held = bench.start(["-i", "lo", "p", "-U", ".status"]);
    await held.sees(/^err$/m);
    await bench.status(".", "RUNNING");
    assert.equal(held.stdout, "");
    held.child.kill("SIGTERM");
    await held.ended;
    assert.equal(held.stdout, "out\n");
    const prompt = bench.start(["-i", "lo", "p"], { env: { _STDBUF_O: "L" } });
    await prompt.sees(/^out$/m, "stdout");
    const killed = bench.start(["-i", "lo", "p", "-U", ".killed"]);
    await until("it to run", () => bench.read(".killed").startsWith("RUNNING"));
    killed.child.kill("SIGKILL");
    await killed.ended;
    assert.equal(killed.stdout, "");
  });

  test("it misbehaves as it is told, each node for itself, once or always", async (t) => {
    const bench = new ZeekBench(t);
    const end = async (script: string, args: string[] = []) => {
      bench.write("m.zeek", `#!stand-in: ${script}\n`);
      const { code, signal } = await bench.run(["m", ...args]);
      return code ?? signal;
    };
    assert.equal(await end("exit 7"), 7);
    assert.equal(await end("exit 0 20"), 0);
    assert.equal(await end("crash SIGSEGV"), "SIGSEGV");
    assert.equal(await end("crash SIGKILL 10"), "SIGKILL");
    assert.equal(await end("terminate"), 0);
    assert.equal(await end("once exit 5"), 5);
    assert.equal(await end("once exit 5"), 0);
    const flood = await bench.run(["-e", "1;"], {
      env: { STANDIN_MISBEHAVE: "flood 3000; other: exit 3" },
    });
    assert.deepEqual([flood.code, flood.stdout.split("\n").length], [0, 3001]);
  });

  test("it stays in its initialisation, or leaves a process behind, if it is told to", async (t) => {
    const bench = new ZeekBench(t);
    const stuck = bench.start(["-U", ".stuck"], { env: { STANDIN_MISBEHAVE: "never-running" } });
    await until("its start", () => bench.read(".stuck") === "INITIALIZING [main]\n");
    await until("its scripts to be read", () => bench.records(String(stuck.child.pid))[0]?.order);
    stuck.child.kill("SIGTERM");
    assert.equal((await stuck.ended).signal, "SIGTERM");
    const env = { STANDIN_MISBEHAVE: "leave-child; exit 4 100; slow-exit 1" };
    const leaver = bench.start(["local"], { env });
    // Found by where it is: its parent may be gone by now.
    const child = await until("the child", () =>
      processesOf(bench.directory).find((pid) => /^sleep/.test(titleOf(pid))),
    );
    assert.equal((await leaver.ended).code, 4);
    assert.ok(isAlive(child));
    process.kill(child, "SIGKILL");
  });

  test("one that ignores SIGTERM has to be killed", async (t) => {
    const bench = new ZeekBench(t);
    const run = bench.start(["-i", "lo", "-U", ".status"], {
      env: { STANDIN_MISBEHAVE: "ignore-sigterm" },
    });
    await bench.status(".", "RUNNING");
    run.child.kill("SIGTERM");
    await bench.status(".", "TERMINATING");
    run.child.kill("SIGKILL");
    assert.equal((await run.ended).signal, "SIGKILL");
  });

  test("paths with spaces and quotes are no matter, and the pid is that of the program", async (t) => {
    const bench = new ZeekBench(t, {});
    const odd = installZeek(bench.file('it\'s "an" odd $HOME'));
    fs.rmSync(bench.zeek.prefix, { recursive: true });
    fs.symlinkSync(odd.prefix, bench.zeek.prefix);
    const run = bench.start(["-i", "lo", "-U", ".status"]);
    await bench.status(".", "RUNNING");
    assert.equal(fs.readFileSync(`/proc/${run.child.pid}/comm`, "utf8"), "zeek\n");
    assert.equal(bench.records(String(run.child.pid))[0]?.pid, run.child.pid);
  });
});

describe("the programs beside it", () => {
  test("zeek-config answers what it is asked, and nothing else", async (t) => {
    const bench = new ZeekBench(t, { hasAfPacket: false });
    const ask = async (...args: string[]) => (await bench.run(args, {}, "zeek-config")).stdout;
    assert.equal(await ask("--prefix"), `${bench.zeek.prefix}\n`);
    assert.equal(await ask("--zeekpath"), `${bench.zeek.zeekPath}\n`);
    assert.equal(await ask("--version", "--have-af-packet"), "8.2.2\nno\n");
    assert.equal((await bench.run(["--nosuch"], {}, "zeek-config")).code, 1);
    assert.equal((await bench.run([], {}, "zeek-config")).code, 1);
  });

  test("zeek-archiver moves logs by day, and leaves what is none", async (t) => {
    const bench = new ZeekBench(t);
    bench.write("queue/conn__2026-01-02-03-04-05__2026-01-02-04-00-00__.log", "one\n");
    const suffixed =
      "queue/dns__2026-01-02-03-00-00__2026-01-02-04-00-00__log_suffix=logger-2__.log";
    bench.write(suffixed, "two\n");
    bench.write("queue/conn.log", "three\n");
    const archive = (...args: string[]) => bench.run(args, {}, "zeek-archiver");
    assert.equal((await archive("-1", "-c", "", "queue", "logs")).code, 0);
    assert.equal(bench.read("logs/2026-01-02/conn.03:04:05-04:00:00.log"), "one\n");
    assert.equal(bench.read("logs/2026-01-02/dns.03:00:00-04:00:00-logger-2.log"), "two\n");
    assert.deepEqual(fs.readdirSync(bench.file("queue")), ["conn.log"]);
    bench.write(suffixed, "two\n");
    await archive("-1", "queue", "logs");
    assert.ok(fs.existsSync(bench.file("logs/2026-01-02/dns.03:00:00-04:00:00-logger-2.log.gz")));
    for (const args of [
      ["-1", "queue"],
      ["-q", "queue", "logs"],
      ["queue", "logs", "-1"],
    ])
      assert.equal((await archive(...args)).code, 1, args.join(" "));
  });

  test("zeek-archiver runs on until SIGTERM, and then exits with 131", async (t) => {
    const bench = new ZeekBench(t);
    bench.write("queue/conn__2026-01-02-03-04-05__2026-01-02-04-00-00__.log", "one\n");
    const run = bench.start(["-c", "", "queue", "logs"], {}, "zeek-archiver");
    await until(
      "the log to be archived",
      () => bench.read("logs/2026-01-02/conn.03:04:05-04:00:00.log") !== "",
    );
    run.child.kill("SIGTERM");
    assert.deepEqual(await run.ended, { code: 131, signal: null });
  });
});

/** The record of the only process that there was. */
async function only(bench: ZeekBench) {
  const files = fs.readdirSync(bench.file("records")).filter((name) => name.endsWith(".json"));
  assert.equal(files.length, 1, files.join(" "));
  return bench.records(files[0]!.split(".")[0]!)[0]!;
}
