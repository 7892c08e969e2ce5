// Runs the project's commands on the pinned Node.js, installing first what is not there yet.
// Plain JavaScript, since any Node.js from 20 on may be the one that npm starts.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const bin = (name) => path.join(root, "node_modules", ".bin", name);
// COPPICE_TEST_NODE: another Node.js to test on.
const node = () =>
  process.env.COPPICE_TEST_NODE ?? path.join(root, "node_modules", "node", "bin", "node");
const NODE_OPTIONS = ["--disable-warning=ExperimentalWarning"];

const commands = {
  check() {
    run(bin("tsc"), ["-p", "."]);
    run(bin("tsc"), ["-p", "tsconfig.console.json"]);
    run(bin("biome"), ["check", "--error-on-warnings"]);
  },
  test() {
    const [first] = process.argv.slice(3);
    if (first === undefined) commands.check();
    // What is published is what is tested, but where a test says that it wants the sources.
    commands.build();
    process.env.COPPICE_TEST_MAIN = path.join(root, "dist", "cli", "main.js");
    const files = first === undefined ? testFiles() : process.argv.slice(3);
    // A hundred processes load the same sources: they are stripped of types once.
    process.env.NODE_COMPILE_CACHE = path.join(root, "node_modules", ".cache", "compile");
    process.env.TMPDIR ??= inMemory() ?? tmpdir();
    run(node(), [
      ...NODE_OPTIONS,
      "--test",
      "--test-reporter=spec",
      "--test-concurrency=3",
      "--test-timeout=300000",
      ...files,
    ]);
  },
  /** All that, and what takes longer: with the same seeds each time. */
  "test:long"() {
    commands.test();
    for (const [name, ...args] of LONGER) {
      if (commands[name] === undefined) continue;
      process.argv.splice(3, Infinity, ...args);
      commands[name]();
    }
  },
  build() {
    rmSync(path.join(root, "dist"), { recursive: true, force: true });
    // Types alone: the code itself comes in one piece, as near as may be.
    run(bin("tsc"), ["-p", "tsconfig.build.json"]);
    run(node(), [...NODE_OPTIONS, "scripts/bundle.js"]);
  },
  demo() {
    run(node(), [...NODE_OPTIONS, "scripts/demo.ts"]);
  },
  fuzz() {
    run(node(), [...NODE_OPTIONS, "scripts/fuzz.ts", ...process.argv.slice(3)]);
  },
  simulate() {
    run(node(), [...NODE_OPTIONS, "scripts/simulate.ts", ...process.argv.slice(3)]);
  },
  mutants() {
    run(node(), [...NODE_OPTIONS, "scripts/mutants.ts", ...process.argv.slice(3)]);
  },
  chaos() {
    commands.build();
    run(node(), [...NODE_OPTIONS, "test/chaos/main.ts", ...process.argv.slice(3)]);
  },
  soak() {
    commands.build();
    run(node(), [...NODE_OPTIONS, "test/soak/main.ts", ...process.argv.slice(3)]);
  },
  bench() {
    commands.build();
    run(node(), [...NODE_OPTIONS, "bench/main.ts", ...process.argv.slice(3)]);
  },
  "bench:peers"() {
    commands.build();
    // What is measured is who writes the files, not the disk.
    process.env.TMPDIR ??= inMemory() ?? tmpdir();
    run(node(), [...NODE_OPTIONS, "bench/peers/main.ts", ...process.argv.slice(3)]);
  },
};

const LONGER = [
  ["simulate"],
  ["fuzz", "--frames", "100000", "--seed", "1"],
  ["chaos", "--minutes", "1", "--seed", "1"],
];

const command = commands[process.argv[2]];
if (command === undefined) fail(`usage: run.js ${Object.keys(commands).join("|")}`, 2);
install();
command();

/** `npm ci`, unless what is installed is what the lock file says. */
function install() {
  const stamp = path.join(root, "node_modules", ".installed");
  const wanted = createHash("sha256")
    .update(readFileSync(path.join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  writeFileSync(stamp, wanted);
}

function testFiles() {
  return readdirSync(path.join(root, "test"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => path.join("test", name))
    .sort();
}

/**
 * A file system in memory, if it is large enough and programs may run from it: each tree writes some
 * hundred files, and removes them, which on a disk takes as long as all the rest of a short test.
 */
function inMemory() {
  const directory = "/dev/shm";
  try {
    const { bavail, bsize } = statfsSync(directory);
    if (bavail * bsize < 1 << 30) return undefined;
    const own = mkdtempSync(path.join(directory, "coppice-probe-"));
    try {
      const program = path.join(own, "true");
      writeFileSync(program, "#!/bin/sh\n", { mode: 0o700 });
      return spawnSync(program).status === 0 ? directory : undefined;
    } finally {
      rmSync(own, { recursive: true });
    }
  } catch {
    return undefined; // There is none, or it is not for us.
  }
}

function run(file, args) {
  const { status, signal, error } = spawnSync(file, args, { cwd: root, stdio: "inherit" });
  if (error) fail(`error: cannot run ${file}: ${error.message}`);
  if (status !== 0)
    fail(`error: ${path.basename(file)} ended with ${signal ?? `status ${status}`}`);
}

function fail(text, status = 1) {
  console.error(text);
  process.exit(status);
}
