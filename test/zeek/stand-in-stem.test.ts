/** The stand-in as Zeek's Stem: what it must be given, what it says, and what it does to nodes. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import type { TestContext } from "node:test";
import { describe, test } from "node:test";
import { atEnd, isAlive, parentOf, until } from "../fixtures/tree.ts";
import { endingOfStemVariable, faultOfNodeConfig } from "../fixtures/zeek/inside.ts";
import { type RunSettings, ZeekBench, type ZeekRun } from "../fixtures/zeek/run.ts";

describe("the stand-in's Stem refuses", () => {
  test("a variable that has not five fields, or one that is no number", async (t) => {
    const bench = new ZeekBench(t);
    const words = (value: string) => `invalid ZEEK_STEM environment variable value: '${value}'`;
    for (const value of ["", "1", "1,2,3,4", "1,2,3,4,5,6"])
      assert.deepEqual(endingOfStemVariable(value), { status: 1, message: words(value) });
    const { code, stderr } = await bench.run(["-j"], { env: { ZEEK_STEM: "" } });
    assert.deepEqual([code, stderr], [1, `${words("")}\n`]);
    const { signal } = await bench.run(["-j"], { env: { ZEEK_STEM: "1,2,x,4,5" } });
    assert.equal(signal, "SIGABRT");
  });

  test("descriptors that are not open, are no pipes, or stand in the wrong order", async (t) => {
    const bench = new ZeekBench(t);
    const pipes = twoPipes(t, bench);
    const attempt = async (fields: string, descriptors: number[] = pipes.theirs) => {
      const env = { ZEEK_STEM: `${process.pid},${fields}` };
      const { code, stderr } = await bench.run(["-j"], { env, descriptors });
      assert.equal(code, 1, fields);
      return stderr;
    };
    assert.match(await attempt("3,4,5,60"), /out\.write, descriptor 60, is not open/);
    assert.match(
      await attempt("3,4,5,6", pipes.theirs.slice(0, 3)),
      /out\.write, descriptor 6, is not open/,
    );
    assert.match(await attempt("0,4,5,6"), /in\.read, descriptor 0, is not a pipe/);
    assert.match(await attempt("4,3,5,6"), /in\.read, descriptor 4, is the other end/);
    assert.match(await attempt("3,6,5,4"), /are of two pipes/);
    assert.match(await attempt("3,4,3,4"), /one pipe/);
  });

  test("a parent that is not the one named: it ends with 13", async (t) => {
    const bench = new ZeekBench(t);
    const { theirs } = twoPipes(t, bench);
    const env = { ZEEK_STEM: "1,3,4,5,6" };
    assert.equal((await bench.run(["-j"], { env, descriptors: theirs })).code, 13);
  });

  test("a script that -j cannot find, before anything else", async (t) => {
    const bench = new ZeekBench(t);
    const { code, stderr } = await bench.run(["-j", "nosuch"], { env: { ZEEK_STEM: "1" } });
    assert.deepEqual([code, stderr], [1, "failed to locate script: nosuch\n"]);
  });

  test("to be a Supervisor", async (t) => {
    const { code, stderr } = await new ZeekBench(t).run(["-j", "local"]);
    assert.deepEqual([code, /stand-in/.test(stderr)], [1, true]);
  });

  test("a NodeConfig without its mandatory fields, by crashing", async (t) => {
    const bench = new ZeekBench(t);
    const right = config("n");
    const wrong: unknown[] = [
      ...Object.keys(right).map((field) => ({ ...right, [field]: undefined })),
      { ...right, env: [] },
      { ...right, env: { A: 1 } },
      { ...right, addl_user_scripts: "local" },
      { ...right, cpu_affinity: "1" },
      { ...right, name: "other" },
      { ...right, cluster: { n: { role: "WORKER", host: "127.0.0.1", p: "0/unknown" } } },
      { ...right, cluster: { n: { role: "Supervisor::WORKER", host: "here", p: "0/unknown" } } },
      { ...right, cluster: { n: { role: "Supervisor::WORKER", host: "127.0.0.1", p: 0 } } },
    ];
    assert.equal(faultOfNodeConfig("n", JSON.stringify(right)), undefined);
    for (const one of wrong) {
      const text = JSON.stringify(one);
      assert.notEqual(faultOfNodeConfig("n", text), undefined, text);
    }
    const create = `create n ${JSON.stringify(wrong[0])}`;
    for (const message of [create, "restart nosuch", "destroy nosuch"]) {
      const stem = new StemBench(t, bench);
      stem.say(message);
      assert.equal((await stem.run.ended).signal, "SIGSEGV", message);
    }
  });
});

describe("the stand-in's Stem", () => {
  test("leads a process group, parses no script, and has its name", async (t) => {
    const stem = new StemBench(t, new ZeekBench(t), ["-j", "-i", "lo", "local"]);
    const [record] = await until("its record", () => {
      const records = stem.bench.records("stem");
      return records.length > 0 && records;
    });
    assert.deepEqual([record?.pid, record?.group, record?.ppid], [stem.pid, stem.pid, process.pid]);
    assert.notEqual(record?.session, stem.pid);
    assert.equal(fs.readFileSync(`/proc/${stem.pid}/comm`, "utf8"), "zeek.stem\n");
    stem.say("nonsense n");
    await stem.hears(/^error Stem got unknown supervisor message: nonsense$/);
  });

  test("a Stem that leads its session cannot lead a new group, and says so", async (t) => {
    const bench = new ZeekBench(t);
    const stem = new StemBench(t, bench, ["-j"], { detached: true });
    await stem.hears(/^error failed to set stem process group: Operation not permitted$/);
  });

  test("starts nodes that know their cluster, in its group, and passes on what they print", async (t) => {
    const bench = new ZeekBench(t);
    for (const name of ["base", "own", "user"]) bench.write(`s/${name}.zeek`, `print "${name}";\n`);
    fs.mkdirSync(bench.file("spool/n"), { recursive: true });
    const stem = new StemBench(t, bench, ["-j", "-b", "-U", ".status", bench.file("s/own.zeek")]);
    const worker = {
      role: "Supervisor::WORKER",
      host: "127.0.0.1",
      p: { port: 0, proto: "unknown" },
    };
    stem.say(
      `create n ${JSON.stringify({
        ...config("n"),
        directory: bench.file("spool/n"),
        interface: "lo",
        cpu_affinity: 0,
        addl_base_scripts: [bench.file("s/base.zeek"), "frameworks/cluster/backend/zeromq"],
        addl_user_scripts: [bench.file("s/user.zeek")],
        env: { OF_ITS_OWN: "yes", STANDIN_MISBEHAVE: "print-stderr warned" },
        cluster: { n: worker, m: { ...worker, role: "Supervisor::MANAGER", p: "9999/tcp" } },
      })}`,
    );
    const pid = await stem.started("n");
    await bench.status("spool/n", "RUNNING");
    await stem.run.sees(/^\[n\] base\n\[n\] own\n\[n\] user$/m, "stdout");
    await stem.run.sees(/^\[n\] listening on lo\n\[n\] warned$/m);
    const [record] = bench.records("n");
    assert.deepEqual(
      [record?.pid, record?.group, record?.comm, record?.supervised, record?.affinity],
      [pid, stem.pid, "zeek.n", true, "0"],
    );
    assert.equal(parentOf(pid), stem.pid);
    assert.equal(record?.env["CLUSTER_NODE"], "n");
    assert.equal(record?.env["OF_ITS_OWN"], "yes");
    assert.ok(record?.env["ZEEK_STEM"]?.startsWith(`${process.pid},`), "it stays");
    assert.equal(record?.cwd, bench.file("spool/n"));
    assert.equal(record?.layoutFile, undefined);
    assert.deepEqual(Object.keys(record?.layout?.nodes ?? {}), ["n", "m"]);
  });

  test("files for output belong to the node: after its directory, emptied, for its owner alone", async (t) => {
    const bench = new ZeekBench(t);
    bench.write("n/out.log", "old\n");
    fs.chmodSync(bench.file("n/out.log"), 0o600);
    const stem = new StemBench(t, bench);
    const files = { directory: bench.file("n"), stdout_file: "out.log", stderr_file: "err.log" };
    const said = "print out; print-stderr err";
    stem.say(
      `create n ${JSON.stringify({ ...config("n"), ...files, env: { STANDIN_MISBEHAVE: said } })}`,
    );
    await until(
      "both",
      () => bench.read("n/out.log") === "out\n" && bench.read("n/err.log") === "err\n",
    );
    assert.equal(fs.statSync(bench.file("n/err.log")).mode & 0o777, 0o600);
    assert.ok(!/\[n\]/.test(stem.run.stdout + stem.run.stderr));
    const lost = { ...config("lost"), directory: bench.file("nosuch") };
    stem.say(`create lost ${JSON.stringify(lost)}`);
    await stem.run.sees(/^\[lost\] node 'lost' failed to chdir to .*nosuch/m);
    await stem.hears(/^error Supervised node 'lost' \(PID \d+\) exited prematurely with status 1$/);
  });

  test("revives a node by Zeek's delays, and says how it died", async (t) => {
    const stem = new StemBench(t, new ZeekBench(t));
    stem.say(`create n ${JSON.stringify(config("n"))}`);
    const first = await stem.started("n");
    process.kill(first, "SIGKILL");
    await stem.hears(
      new RegExp(
        `^error Supervised node 'n' \\(PID ${first}\\) terminated prematurely by signal 9$`,
      ),
    );
    const second = await stem.started("n", 2);
    await stem.hears(
      new RegExp(`^error Supervised node 'n' \\(PID ${second}\\) revived after premature exit$`),
    );
    assert.notEqual(second, first);
  });

  test("restarts and destroys nodes; one that was stopped is not said to have died, ever", async (t) => {
    const stem = new StemBench(t, new ZeekBench(t));
    stem.say(`create n ${JSON.stringify(config("n"))}`);
    const first = await stem.started("n");
    stem.say("restart n");
    const second = await stem.started("n", 2);
    assert.ok(!isAlive(first));
    process.kill(second, "SIGKILL");
    const third = await stem.started("n", 3);
    assert.ok(
      !stem.heard.some((message) => message.includes("prematurely")),
      stem.heard.join("\n"),
    );
    stem.say("destroy n");
    await until("it to be gone", () => !isAlive(third));
    stem.say("nonsense x");
    await stem.hears(/unknown supervisor message/);
    assert.equal(stem.heard.filter((message) => message.startsWith("status ")).length, 3);
  });

  test("ends its nodes on SIGTERM, by SIGKILL in the end, and then itself with 0", async (t) => {
    const stem = new StemBench(t, new ZeekBench(t), ["-j", "-U", "status"], {
      env: { STANDIN_KILL_DELAY_MS: "20" },
    });
    const stubborn = { ...config("n"), env: { STANDIN_MISBEHAVE: "ignore-sigterm" } };
    stem.say(`create n ${JSON.stringify(stubborn)}`);
    const pid = await stem.started("n");
    await until("it to run", () => stem.bench.read("status").startsWith("RUNNING"));
    stem.run.child.kill("SIGTERM");
    assert.deepEqual(await stem.run.ended, { code: 0, signal: null });
    assert.ok(!isAlive(pid));
  });

  test("a node whose Stem is gone ends by itself, in order", async (t) => {
    const stem = new StemBench(t, new ZeekBench(t), ["-j", "-U", "status"]);
    const files = {
      stderr_file: "err.log",
      env: { STANDIN_MISBEHAVE: "print-done over" },
      stdout_file: "out.log",
    };
    stem.say(`create n ${JSON.stringify({ ...config("n"), ...files })}`);
    const pid = await stem.started("n");
    await until("it to run", () => stem.bench.read("status").startsWith("RUNNING"));
    stem.run.child.kill("SIGKILL");
    await until("its end", () => !isAlive(pid));
    assert.match(stem.bench.read("err.log"), /^supervised node was orphaned$/m);
    assert.equal(stem.bench.read("out.log"), "over\n");
    assert.match(stem.bench.read("status"), /^TERMINATED/);
  });
});

function config(name: string) {
  return { name, addl_base_scripts: [], addl_user_scripts: [], env: {}, cluster: {} };
}

/** A Stem, and the Supervisor's ends of its pipes. */
class StemBench {
  readonly bench: ZeekBench;
  readonly run: ZeekRun;
  readonly heard: string[] = [];
  readonly #write: number;

  constructor(t: TestContext, bench: ZeekBench, args = ["-j"], settings: RunSettings = {}) {
    this.bench = bench;
    const pipes = twoPipes(t, bench);
    this.#write = pipes.write;
    this.run = bench.start(args, {
      ...settings,
      env: { ZEEK_STEM: `${process.pid},3,4,5,6`, ...settings.env },
      descriptors: pipes.theirs,
    });
    const input = new net.Socket({ fd: pipes.read, readable: true, writable: false });
    atEnd(t, () => input.destroy());
    let rest = "";
    input.setEncoding("utf8");
    input.on("data", (text: string) => {
      const messages = `${rest}${text}`.split("\0");
      rest = messages.pop() ?? "";
      this.heard.push(...messages);
    });
    // A Stem that a test leaves is ended as its Supervisor would.
    atEnd(t, async () => {
      if (this.run.child.exitCode === null) this.run.child.kill("SIGTERM");
      await this.run.ended;
    });
  }

  get pid(): number {
    return this.run.child.pid ?? 0;
  }

  say(message: string): void {
    fs.writeSync(this.#write, `${message}\0`);
  }

  async hears(pattern: RegExp): Promise<string> {
    return until(
      `${pattern} from the Stem`,
      () => this.heard.find((message) => pattern.test(message)),
      () => `${this.heard.join("\n")}\n${this.run.stderr}`,
    );
  }

  /** The pid of a node's start, counted from 1. */
  async started(name: string, count = 1): Promise<number> {
    return until(
      `start ${count} of ${name}`,
      () => {
        const starts = this.heard.filter((message) => message.startsWith(`status ${name} `));
        return starts.length >= count && Number(starts[count - 1]?.split(" ")[2]);
      },
      () => `${this.heard.join("\n")}\n${this.run.stderr}`,
    );
  }
}

/** "in" and "out" as the Supervisor sees them; Node.js makes no pipes, so they are named ones. */
function twoPipes(t: TestContext, bench: ZeekBench) {
  const { O_RDONLY, O_WRONLY, O_NONBLOCK } = fs.constants;
  const ends = ["in", "out"].map((which) => {
    const file = bench.file(`${which}.pipe`);
    fs.rmSync(file, { force: true });
    execFileSync("mkfifo", [file]);
    const read = fs.openSync(file, O_RDONLY | O_NONBLOCK);
    return { read, write: fs.openSync(file, O_WRONLY | O_NONBLOCK) };
  });
  const [input, output] = ends as [(typeof ends)[0], (typeof ends)[0]];
  atEnd(t, () => {
    for (const fd of [input.write, output.read, output.write]) fs.closeSync(fd);
  });
  return {
    theirs: [input.read, input.write, output.read, output.write],
    read: input.read,
    write: output.write,
  };
}
