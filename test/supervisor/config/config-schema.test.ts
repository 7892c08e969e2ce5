/** Configurations at the edge: what is refused, and in what words. */
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { NodeConfigError } from "../../../src/errors.ts";
import { acceptConfig } from "../../../src/supervisor/config/config-schema.ts";

const accept = (config: unknown) =>
  acceptConfig(config, (name) => (name === "taken" ? { name } : undefined));

const REFUSED: [what: string, config: unknown, message: RegExp][] = [
  ["no object", null, /^a node's configuration must be an object$/],
  ["no name", {}, /^a node's configuration needs a name$/],
  ["12: an empty name", { name: "" }, /^node names must not be an empty string$/],
  ["12: a space", { name: "a b" }, /^node names must not contain spaces: 'a b'$/],
  ["12: a taken name", { name: "taken" }, /^node with name 'taken' already exists$/],
  [
    "12: two sources",
    { name: "a", interface: "lo", pcapFile: "x" },
    /^node with name 'a' has interface and pcap_file set$/,
  ],
  [
    "a mistyped field",
    { name: "a", comand: ["x"] },
    /unknown field 'comand'; did you mean 'command'/,
  ],
  ["Zeek's spelling", { name: "a", stdout_file: "x" }, /did you mean 'stdoutFile'\?$/],
  [
    "a mistyped field of output",
    { name: "a", output: { file: "f", max_size: 1 } },
    /unknown field 'output.max_size'; did you mean 'output.maxSize'\?$/,
  ],
  ["output without a file", { name: "a", output: {} }, /field 'output.file'/],
  ...[0, 1023, "1X", "0.5M", -1].map((maxSize): (typeof REFUSED)[number] => [
    `a size of ${maxSize}`,
    { name: "a", output: { file: "f", maxSize } },
    /field 'output.maxSize': must be a number of bytes, or one with K, M or G, of at least 1024$/,
  ]),
  ["1000 old files", { name: "a", output: { file: "f", keep: 1000 } }, /field 'output.keep'/],
  [
    "two ways for output",
    { name: "a", output: { file: "f" }, stderrFile: "g" },
    /^node 'a' has output and stderrFile set: output takes both streams$/,
  ],
  ["a command of one string", { name: "a", command: "ls" }, /field 'command'/],
  ["an empty command", { name: "a", command: [] }, /field 'command.0'/],
  ["a NUL", { name: "a", command: ["a\0b"] }, /field 'command.0': no NUL$/],
  [
    "no signal",
    { name: "a", stop: { signal: "SIGFOO" } },
    /'stop.signal': not the name of a signal$/,
  ],
  ["a negative delay", { name: "a", revival: { delay: -1 } }, /field 'revival.delay'/],
  ["a delay that is none", { name: "a", revival: { delay: Number.NaN } }, /field 'revival.delay'/],
  ["a factor below 1", { name: "a", revival: { factor: 0.5 } }, /field 'revival.factor'/],
  ["a user that is no name", { name: "a", user: "-x" }, /'user': must be a name or a number$/],
  ["no such user", { name: "a", user: "no-such-user" }, /there is no user 'no-such-user' on/],
  ["a mask that is not octal", { name: "a", umask: "089" }, /'umask': must be octal digits/],
  ["too nice", { name: "a", nice: 20 }, /field 'nice'/],
  ["no resource", { name: "a", limits: { nofiles: 1 } }, /unknown field 'limits.nofiles'$/],
  ["no amount", { name: "a", limits: { nofile: "many" } }, /'limits.nofile': must be a number, a/],
  [
    "a soft limit above the hard one",
    { name: "a", limits: { nofile: { soft: 2, hard: 1 } } },
    /node 'a': limits.nofile: its soft limit is above its hard one$/,
  ],
  ["no memory at all", { name: "a", memoryMax: 0 }, /'memoryMax': must be a number of bytes, or/],
  ["no CPU at all", { name: "a", cpuMax: 0 }, /field 'cpuMax'/],
  ["no tasks at all", { name: "a", tasksMax: 0 }, /field 'tasksMax'/],
  [
    "another user by Zeek's Stem",
    { name: "a", user: "0", zeek: { supervised: true } },
    /another user or group does not reach a supervised Zeek: set 'zeek.supervised' to false$/,
  ],
  ["no interval", { name: "a", stop: { interval: 0 } }, /field 'stop.interval'/],
  ["a list for env", { name: "a", env: [] }, /field 'env': must be an object/],
  ["no env", { name: "a", env: null }, /field 'env'/],
  ["a variable with =", { name: "a", env: { "A=B": "c" } }, /field 'env.A=B'/],
  ["a number in env", { name: "a", env: { A: 1 } }, /field 'env.A'/],
  ["a key that is dropped", { name: "a", env: { constructor: "x" } }, /without keys __proto__/],
  [
    "another such",
    {
      name: "a",
      cluster: JSON.parse('{ "__proto__": { "role": "NONE", "host": "h", "port": 1 } }'),
    },
    /field 'cluster': must be an object, without keys __proto__/,
  ],
  [
    "no role",
    { name: "a", cluster: { m: { role: "BOSS", host: "h", port: 1 } } },
    /field 'cluster.m.role'/,
  ],
  [
    "no port",
    { name: "a", cluster: { m: { role: "NONE", host: "h", port: 65_536 } } },
    /field 'cluster.m.port'/,
  ],
  ["no whole number", { name: "a", cpuAffinity: 2 ** 60 }, /field 'cpuAffinity'/],
  ["too much", { name: "a", env: { A: "x".repeat(17e6) } }, /^node 'a': more than \d+ bytes/],
];

for (const [what, config, message] of REFUSED) {
  test(`refused: ${what}`, () => {
    assert.throws(
      () => accept(config),
      (error) => error instanceof NodeConfigError && message.test(error.message),
    );
  });
}

test("9: paths are made absolute once; files stay relative to the directory", () => {
  const here = path.relative(process.cwd(), import.meta.filename);
  const config = accept({
    name: "a",
    directory: "d",
    stdoutFile: "out",
    addlUserScripts: [here],
    addlBaseScripts: [here],
  });
  assert.deepEqual(config, {
    name: "a",
    directory: path.resolve("d"),
    stdoutFile: "out",
    addlUserScripts: [import.meta.filename],
    addlBaseScripts: [import.meta.filename],
  });
});

test("E.3: names of scripts that are no files here stay as they were written", () => {
  const names = ["policy/frameworks/management/node", "local.zeek", "/no/where.zeek"];
  const config = accept({ name: "a", addlUserScripts: names, addlBaseScripts: names });
  assert.deepEqual(config, { name: "a", addlUserScripts: names, addlBaseScripts: names });
});

test("what is accepted is a copy that nobody can change", () => {
  const given = { name: "a", env: { A: "1" }, directory: undefined };
  const config = accept(given);
  given.env.A = "2";
  assert.deepEqual(config, { name: "a", env: { A: "1" } });
  assert.throws(() => {
    config.env!["A"] = "3";
  }, TypeError);
});

test("a Zeek has a directory of its own, and finds its trace from there", () => {
  const here = (name: string) => path.resolve(name);
  assert.equal(accept({ name: "a", zeek: {} }).directory, here("a"));
  assert.equal(accept({ name: "a", zeek: {}, directory: "b" }).directory, here("b"));
  assert.equal(accept({ name: "a" }).directory, undefined);
  const trace = (pcapFile: string) => accept({ name: "a", zeek: {}, pcapFile }).pcapFile;
  assert.equal(trace("package.json"), here("package.json"));
  assert.equal(trace("no-such.pcap"), "no-such.pcap");
});

test("what Zeek would stumble over is refused", () => {
  assert.throws(
    () => accept({ name: "a", zeek: { scripts: ["x=y"] } }),
    /^NodeConfigError: node 'a': zeek.scripts: 'x=y' contains '='/,
  );
});
