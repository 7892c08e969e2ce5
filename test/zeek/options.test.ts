/** A node's `zeek.args`, read as Zeek's getopt reads them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ZEEK_OPTIONS } from "../../src/zeek/option-table.ts";
import {
  operandKind,
  optionWords,
  splitArguments,
  type ZeekArguments,
} from "../../src/zeek/options.ts";

function split(...args: string[]): ZeekArguments {
  const result = splitArguments(args);
  if ("problem" in result) assert.fail(result.problem);
  return result;
}

const words = (...args: string[]) => split(...args).options.flatMap(optionWords);

function problem(...args: string[]): string {
  const result = splitArguments(args);
  return "problem" in result ? result.problem : assert.fail(`no problem: ${args.join(" ")}`);
}

test("options come out one by one, whatever way they were written", () => {
  const table: [args: string[], words: string[]][] = [
    [["-C"], ["-C"]],
    [["--no-checksums"], ["-C"]],
    [["-CDW"], ["-C", "-D", "-W"]],
    [
      ["-f", "tcp port 80"],
      ["-f", "tcp port 80"],
    ],
    [["-ftcp"], ["-f", "tcp"]],
    [["-Cftcp"], ["-C", "-f", "tcp"]],
    [
      ["--filter", "tcp"],
      ["-f", "tcp"],
    ],
    [["--filter=a=b"], ["-f", "a=b"]],
    [["--filter="], ["-f", ""]],
    [["--filt=tcp"], ["-f", "tcp"]],
    [
      ["-w", "-x"],
      ["-w", "-x"],
    ],
    [
      ["-p", "a", "-pb", "--prefix=c"],
      ["-p", "a", "-p", "b", "-p", "c"],
    ],
    [
      ["-s", "a.sig", "-s", "b.sig"],
      ["-s", "a.sig", "-s", "b.sig"],
    ],
    [["--pseudo-realtime"], ["--pseudo-realtime"]],
    [["--pseudo-realtime=2.5"], ["--pseudo-realtime=2.5"]],
    [
      ["-O", "ZAM"],
      ["-O", "ZAM"],
    ],
    [
      ["-G", "in.seed", "-H", "out.seed"],
      ["-G", "in.seed", "-H", "out.seed"],
    ],
  ];
  for (const [args, expected] of table) assert.deepEqual(words(...args), expected, args.join(" "));
});

test("operands are told apart by their content, and may stand among options", () => {
  const args = split("local", "-C", "AF_Packet::fanout_id=7", "Zeek::AF_Packet", "./x.zeek");
  assert.deepEqual(args.scripts, ["local", "./x.zeek"]);
  assert.deepEqual(args.assignments, ["AF_Packet::fanout_id=7"]);
  assert.deepEqual(args.plugins, ["Zeek::AF_Packet"]);
  assert.deepEqual(args.options.flatMap(optionWords), ["-C"]);
  assert.deepEqual(split("a+=/b/").assignments, ["a+=/b/"]);
  assert.equal(operandKind("A::b"), "plugin");
  assert.equal(operandKind("A::b=c"), "assignment");
  assert.equal(operandKind("a:b"), "script");
});

test("an option with an optional value does not take the next word for it", () => {
  const args = split("--pseudo-realtime", "local");
  assert.deepEqual(args.scripts, ["local"]);
});

test("code is kept apart", () => {
  assert.equal(split("-e", "print 1;", "x").code, "print 1;");
  assert.equal(split("--exec=print 1;").code, "print 1;");
  assert.equal(split("-Ceprint 1;").code, "print 1;");
  assert.equal(split("-e", "").code, "");
  assert.equal(split("x").code, undefined);
});

test("what no node is given is refused in one line", () => {
  const zeek = "makes no sense for a node: Zeek";
  const table: [args: string[], problem: string][] = [
    [["-a"], `option -a ${zeek} would only parse its scripts`],
    [["-d"], `option -d ${zeek} would wait for a debugger's commands`],
    [["-h"], `option -h ${zeek} would print its help and exit`],
    [["--version"], `option -v ${zeek} would print its version and exit`],
    [["-NN"], `option -N ${zeek} would print its plugins and exit`],
    [["-uu"], `option -u ${zeek} would check and exit`],
    [["-X", "f"], `option -X ${zeek} would write documentation`],
    [["--test"], `option --test ${zeek} would run its unit tests`],
    [["-O", "help"], "option -O help makes no sense for a node: Zeek would print it and exit"],
    [["-Bhelp"], "option -B help makes no sense for a node: Zeek would print it and exit"],
    [["-i", "eth0"], "option -i is made by Coppice: set 'interface' instead"],
    [["-Cieth0"], "option -i is made by Coppice: set 'interface' instead"],
    [["--iface=eth0"], "option -i is made by Coppice: set 'interface' instead"],
    [["-r", "a.pcap"], "option -r is made by Coppice: set 'pcapFile' instead"],
    [["-b"], "option -b is made by Coppice: set 'bareMode' instead"],
    [["-j"], "option -j is made by Coppice: set 'zeek.supervised' instead"],
    [["-j4"], "option -j is made by Coppice: set 'zeek.supervised' instead"],
    [["-U", ".status"], "option -U is Coppice's own"],
    [["-f"], "option -f needs a value"],
    [["x", "--filter"], "option -f needs a value"],
    [["-e"], "option -e needs a value"],
    [["--deterministic=1"], "option --deterministic takes no value"],
    [["-C", "-D", "-C"], "option -C is given twice: Zeek takes one"],
    [["-ftcp", "--filter=udp"], "option -f is given twice: Zeek takes one"],
    [["-e", "a", "-e", "b"], "option -e is given twice: Zeek takes one"],
    [["-F", "-P"], "options -F and -P exclude each other"],
    [["-z"], "unknown option '-z'"],
    [["--filtre=tcp"], "unknown option '--filtre'; did you mean '--filter'?"],
    [["--quite-something-else"], "unknown option '--quite-something-else'"],
    [["--print"], "option '--print' could be any of --print-id, --print-plugins"],
    [["local--"], "'local--' ends in '--', where Zeek's options end"],
    [["--"], "'--' ends in '--', where Zeek's options end"],
    [["-e", "i--"], "'i--' ends in '--', where Zeek's options end"],
    [["a\0b"], '"a\\u0000b" contains a NUL'],
    [[""], "an argument is empty"],
    [["-"], "'-' would be a script on stdin, and nodes have none"],
    [
      ["/a=b/local.zeek"],
      "'/a=b/local.zeek' is an assignment to Zeek: a script's path must not contain '='",
    ],
  ];
  for (const [args, expected] of table) assert.equal(problem(...args), expected, args.join(" "));
});

test("a path before '=' is no assignment, one behind it may be", () => {
  assert.match(problem("./a/b=c"), /is an assignment to Zeek/);
  assert.deepEqual(split("Log::default_logdir=/var/log").assignments, [
    "Log::default_logdir=/var/log",
  ]);
});

test("letters and names of options are unique", () => {
  const letters = ZEEK_OPTIONS.flatMap(({ short }) => (short === undefined ? [] : [short]));
  assert.equal(new Set(letters).size, letters.length);
  assert.equal(new Set(ZEEK_OPTIONS.map(({ long }) => long)).size, ZEEK_OPTIONS.length);
});

test("what was split reads the same again, and any words are split or refused in one line", () => {
  const word = fc.oneof(
    fc.constantFrom(
      "-C",
      "-f",
      "-p",
      "-e",
      "--filter=x",
      "-Dsa",
      "--opt=ZAM",
      "local",
      "a=b",
      "A::B",
    ),
    fc.string({ maxLength: 6 }),
  );
  const property = fc.property(fc.array(word, { maxLength: 8 }), (args) => {
    const result = splitArguments(args);
    if ("problem" in result) return assert.match(result.problem, /^[^\n]+$/u);
    const { options, scripts, plugins, assignments, code } = result;
    const again = [
      ...options.flatMap(optionWords),
      ...scripts,
      ...plugins,
      ...assignments,
      ...(code === undefined ? [] : ["-e", code]),
    ];
    assert.deepEqual(splitArguments(again), result);
  });
  fc.assert(property, { numRuns: 3000 });
});
