/** `coppice zeek` on the command line, and what it looks at before anything is started. */
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { optionsOf } from "../../src/cli/common-options.ts";
import { REMOTE_OPTIONS } from "../../src/cli/remote-options.ts";
import { findVerb } from "../../src/cli/verbs.ts";
import { obstaclesOf } from "../../src/cli/zeek/obstacles.ts";
import { shellText } from "../../src/cli/zeek/shown-plan.ts";
import { problemText } from "../../src/zeek/plan.ts";
import { temporaryDirectory } from "../fixtures/tree.ts";
import { coppice } from "./fake.ts";

function place(t: TestContext, files: Record<string, string>, executables = false): string {
  const directory = temporaryDirectory(t);
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(directory, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text, { mode: executables || name.startsWith("bin/") ? 0o755 : 0o644 });
  }
  return directory;
}

const NODE_CFG = "[zeek]\ntype=standalone\nhost=localhost\ninterface=lo\n";

test("a command line that asks for nothing, or for what there is not, is a usage error", async (t) => {
  const directory = place(t, { "node.cfg": NODE_CFG });
  const wrong: [string[], RegExp][] = [
    [[], /which file\? coppice zeek node\.cfg, zeek\.conf, or a directory/],
    [["check"], /which file\? coppice zeek check FILE/],
    [["diag"], /which node\? coppice zeek diag NODE/],
    [["chekc", "node.cfg"], /there is no 'zeek chekc'; did you mean 'zeek check'\?/],
    [["diga"], /there is no file 'diga'; did you mean 'zeek diag'\?/],
    [["node.cfg", "other"], /one file at a time: what is 'other'\?/],
    [["check", "node.cfg", "other"], /one file at a time/],
    [["node.cfg", "--json"], /--json is for coppice zeek check;/],
    [["node.cfg", "--connect", "unix:x"], /--connect is for coppice zeek diag;/],
    [["check", "node.cfg", "--listen", "1"], /--listen is for coppice zeek FILE;/],
    [["diag", "a", "--prefix", "/opt"], /--prefix is for coppice zeek FILE or coppice zeek check;/],
    [["check", "node.cfg", "--as", "ini"], /--as is one of node\.cfg or zeek\.conf, not 'ini'/],
    [["check", "node.cfg", "--dialect", "7"], /--dialect is one of 8\.x or 9\.0, not '7'/],
    [["check", "node.cfg", "--timeout", "x"], /--timeout is a number of seconds/],
    [["node.cfg", "--token-file", "x"], /--token-file needs --websocket/],
  ];
  for (const [argv, message] of wrong) {
    const { status, stderr } = await coppice(["zeek", ...argv], { directory });
    assert.equal(status, 2, `${argv}: ${stderr}`);
    assert.match(stderr, message);
    assert.equal(stderr.trim().split("\n").length, 1);
  }
});

test("the Supervisor's own options are all there", () => {
  const verb = findVerb("zeek");
  assert.ok(verb !== undefined);
  const known = optionsOf(verb);
  for (const [name, { type }] of Object.entries(REMOTE_OPTIONS))
    assert.equal(known[name]?.type, type, name);
});

test("a file that cannot be used is told in one line", async (t) => {
  const directory = place(t, {
    "neither.txt": "hello\n",
    "both/node.cfg": NODE_CFG,
    "both/zeek.conf": "interface = lo\n",
    "empty/other": "",
  });
  const wrong: [string[], RegExp][] = [
    [["none.cfg"], /cannot read none\.cfg: No such file or directory/],
    [["neither.txt"], /neither\.txt is neither a node\.cfg nor a zeek\.conf.* --as/],
    [["both"], /both has both both\/node\.cfg and both\/zeek\.conf: name the one to run/],
    [["empty"], /empty has no node\.cfg and no zeek\.conf/],
    [["both", "--as", "zeek.conf"], /there is no zeek on the search path/],
  ];
  for (const [argv, message] of wrong) {
    const { status, stderr } = await coppice(["zeek", "check", ...argv], {
      directory,
      env: { PATH: path.join(directory, "empty") },
    });
    assert.equal(status, 1);
    assert.match(stderr, message);
  }
});

test("a Zeek that is not there, or does not tell its version, is told as such", async (t) => {
  const directory = place(t, {
    "node.cfg": NODE_CFG,
    "bin/zeek": "#!/bin/sh\necho 'cannot open shared object libfoo.so' >&2\nexit 127\n",
  });
  const run = (...argv: string[]) =>
    coppice(["zeek", "check", "node.cfg", ...argv], { directory, env: { PATH: "/nowhere" } });
  const cases: [string[], RegExp][] = [
    [
      [],
      /^error: there is no zeek on the search path: install it, or say where it is with --zeek or --prefix\n$/,
    ],
    [
      ["--zeek", "./none"],
      /^error: cannot execute \.\/none \(--zeek\): No such file or directory\n$/,
    ],
    [
      ["--prefix", "opt"],
      /^error: cannot execute \/\S+\/opt\/bin\/zeek \(--prefix\): No such file/,
    ],
    [
      ["--prefix", "."],
      /^error: \S+\/bin\/zeek --version exited with status 127: cannot open shared object libfoo\.so\n$/,
    ],
  ];
  for (const [argv, message] of cases) {
    const { status, stderr } = await run(...argv);
    assert.equal(status, 1);
    assert.match(stderr, message);
  }
});

/** Answers for its version, and parses whatever it is given. */
const anyZeek = (version: string) => `#!/bin/sh\necho "zeek version ${version}"\n`;

test("the Zeek is the one that is named, else that around the file, else that on the search path", async (t) => {
  const directory = place(t, {
    "path/bin/zeek": anyZeek("8.2.1"),
    "site/bin/zeek": anyZeek("8.2.2"),
    "named/bin/zeek": anyZeek("9.0.0-rc1"),
    "site/etc/zeek/zeek.conf": "interface = lo\nmanager=1\n",
    "elsewhere/node.cfg": NODE_CFG,
  });
  for (const name of ["path", "site", "named"])
    fs.chmodSync(path.join(directory, name, "bin/zeek"), 0o755);
  const env = { PATH: `${path.join(directory, "path/bin")}:${process.env["PATH"]}` };
  const zeekOf = async (...argv: string[]) => {
    const world = { directory, env };
    const { stdout, stderr } = await coppice(["zeek", "check", "--json", ...argv], world);
    assert.ok(stdout.startsWith("{"), stderr);
    const { zeek } = JSON.parse(stdout) as { zeek?: Record<string, string> };
    return zeek && Object.values(zeek).map((text) => text.replace(`${directory}/`, ""));
  };
  assert.deepEqual(await zeekOf("elsewhere"), ["8.2.1", "path/bin/zeek", "path"]);
  const nine = ["9.0.0-rc1", "named/bin/zeek", "named"];
  assert.deepEqual(await zeekOf("elsewhere", "--prefix", "named"), nine);
  assert.deepEqual(await zeekOf("elsewhere", "--zeek", "named/bin/zeek"), nine);
  const apart = ["--zeek", "named/bin/zeek", "--prefix", "site"];
  assert.deepEqual(await zeekOf("elsewhere", ...apart), ["9.0.0-rc1", "named/bin/zeek", "site"]);
  // Of 8.2.2, which knows no key 'manager', and of the dialect that does.
  assert.equal(await zeekOf("site/etc"), undefined);
  const around = ["8.2.2", "site/bin/zeek", "site"];
  assert.deepEqual(await zeekOf("site/etc", "--dialect", "9.0"), undefined);
  fs.writeFileSync(path.join(directory, "site/etc/zeek/zeek.conf"), "interface = lo\n");
  assert.deepEqual(await zeekOf("site/etc"), around);
});

test("a program that is missing is an error if it keeps nodes from starting, else a note", async (t) => {
  const directory = place(t, { "bin/zeek": anyZeek("9.0.0"), "zeek.conf": "" });
  const text = "manager = 1\nproxies = 0\nloggers = 0\ninterface = lo\nworkers = 1\n";
  const run = (more: string) => {
    fs.writeFileSync(path.join(directory, "zeek.conf"), `${text}${more}`);
    const world = { directory, env: { PATH: process.env["PATH"] ?? "" } };
    return coppice(["zeek", "check", "zeek.conf", "--zeek", "bin/zeek"], world);
  };
  const { stderr } = await run("metrics_port = 0\n");
  assert.match(
    stderr,
    /^note: zeek\.conf: node 'archiver': cannot execute \S+\/zeek-archiver: No such/m,
  );
  assert.doesNotMatch(stderr, /^error:/m);
  const bare = await run("metrics_port = 0\nmanager_cpu_set = 0\npath = /nowhere\n");
  assert.match(bare.stderr, /^error: zeek\.conf: node 'manager': cannot execute taskset: No such/m);
  assert.equal(bare.status, 1);
});

test("a layout that is not there keeps nodes from starting, and is told where it is named", () => {
  assert.deepEqual(obstaclesWith("/no/such/layout.zeek").problems, [
    {
      file: "zeek.conf",
      line: 2,
      text: "cannot read the layout /no/such/layout.zeek: No such file or directory",
    },
  ]);
});

test("a node that a layout leaves out is told of, with doubt if the layout is more than a table", (t) => {
  const entry = (name: string) => `["${name}"] = [$node_type=Cluster::PROXY, $ip=127.0.0.1],\n`;
  const table = (...names: string[]) =>
    `redef Cluster::nodes = {\n${names.map(entry).join("")}};\n`;
  const file = path.join(place(t, { "layout.zeek": "" }), "layout.zeek");
  const found = (text: string) => {
    fs.writeFileSync(file, text);
    const { problems, notes } = obstaclesWith(file);
    return [...problems.map(problemText), ...notes];
  };
  assert.deepEqual(found(table("a", "b", "c")), []);
  assert.deepEqual(found(table("b")), [`zeek.conf:2: the layout ${file} has no a`]);
  assert.deepEqual(found(table("c")), [`zeek.conf:2: the layout ${file} has no a, b`]);
  const loads = "@load ./more\n";
  assert.deepEqual(found(`${loads}${table("a", "b")}`), []);
  assert.deepEqual(found(`${loads}${table("b")}#${entry("a")}`), [
    `zeek.conf:2: the layout ${file} has no a, as far as it can be told`,
  ]);
});

/** Of nodes a and b with this layout. */
function obstaclesWith(layout: string) {
  return obstaclesOf(
    {
      kind: "zeek.conf",
      source: { file: "zeek.conf", text: `manager = 1\ncluster_layout = ${layout}\n` },
      installation: {
        executable: process.execPath,
        version: "9.0.0",
        prefix: "/opt",
        zeekPath: [],
        hostName: "here",
        addresses: [],
      },
      nodes: ["a", "b"].map((name) => ({
        name,
        zeek: { executable: process.execPath, layout },
      })),
      notes: [],
      directories: [],
    },
    process.env,
    "/no/such/state",
  );
}

test("in 9.0 the file of this very host is not passed over in silence", async (t) => {
  const directory = place(t, {
    "bin/zeek": anyZeek("9.0.0"),
    "etc/zeek.conf": "manager = 1\narchiver = 0\nmetrics_port = 0\n",
    [`etc/cluster/${os.hostname()}.zeek.conf`]: "workers = 1\n",
  });
  const world = { directory, env: { PATH: process.env["PATH"] ?? "" } };
  const run = (...argv: string[]) =>
    coppice(["zeek", "check", "--zeek", "bin/zeek", ...argv], world);
  const own = `etc/cluster/${os.hostname()}.zeek.conf`;
  const text = `${own}: Zeek's generator reads this on host '${os.hostname()}', and not etc/zeek.conf: clusters on several hosts are not supported yet`;
  const named = await run("etc/zeek.conf");
  assert.ok(named.stderr.startsWith(`note: ${text}\n`), named.stderr);
  const found = await run("etc");
  assert.equal(found.stderr, `error: ${text}; name etc/zeek.conf to run that\n`);
  assert.equal(found.status, 1);
  const old = await run("etc/zeek.conf", "--dialect", "8.x");
  assert.ok(!old.stderr.includes(own), old.stderr);
});

test("words are quoted for a shell only where they must be", () => {
  assert.equal(shellText(["zeek", "-i", "af_packet::eth0", "a=b"]), "zeek -i af_packet::eth0 a=b");
  assert.equal(shellText(["a b", "", "it's", "$x"]), `'a b' '' 'it'\\''s' '$x'`);
});
