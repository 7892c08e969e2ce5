/** Who nodes are, what they are held to, and that none of their processes gets away: on a real tree. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { parseCommandLine } from "../../src/cli/options.ts";
import { ownCgroup } from "../../src/os/cgroup-fs.ts";
import { statFields } from "../../src/os/proc-stat.ts";
import { ASKED, ask, create, plantToAsk, statusWhen } from "../fixtures/ask.ts";
import { environOf, linesOf, sh } from "../fixtures/system.ts";
import {
  isAlive,
  plant,
  type TestTree,
  temporaryDirectory,
  titleOf,
  until,
} from "../fixtures/tree.ts";
import { installZeek } from "../fixtures/zeek/install.ts";

const [ONE, OTHER] = ["daemon", "nobody"] as const;
const accounts = fs.readFileSync("/etc/passwd", "utf8");
const isRoot = process.getuid?.() === 0;
const hasUsers = [ONE, OTHER].every((name) => accounts.includes(`\n${name}:`));
/** Why these tests cannot be run here. */
const skip = !isRoot ? "needs root" : !hasUsers ? `needs users ${ONE} and ${OTHER}` : false;
const skipGroups = skip || (canMakeGroups() ? false : "needs a cgroup v2 that can be written");

/** Ready to be told to end once it says so. */
const FOREVER = "exec sleep 1000";

test("limits and identity", { skip }, async (t) => {
  const directory = publicDirectory(t);
  // Read by script nodes of any user.
  const tree = plantToAsk(t, "", { directory });
  fs.chmodSync(tree.file("tree.mjs"), 0o644);

  await t.test(
    "a process is who it is to be, and held to its limits, by its first pid",
    async () => {
      const { pid } = await create(tree, {
        name: "one",
        user: ONE,
        umask: "027",
        nice: 5,
        limits: { nofile: { soft: 123, hard: 456 }, core: 0, as: "3G" },
        command: sh(FOREVER),
      });
      await isProgram(pid!, "sleep");
      const ids = idsOf(ONE);
      const facts = factsOf(pid!);
      assert.deepEqual(words(facts["Uid"]), Array(4).fill(`${ids.uid}`));
      assert.deepEqual(words(facts["Gid"]), Array(4).fill(`${ids.gid}`));
      assert.deepEqual(words(facts["Groups"]).sort(), groupsOf(ONE));
      assert.equal(facts["Umask"], "0027");
      assert.equal(facts["CapEff"], "0000000000000000");
      assert.equal(statFields(pid!)?.[16], "5");
      const limits = fs.readFileSync(`/proc/${pid}/limits`, "utf8");
      assert.match(limits, /^Max open files +123 +456 /m);
      assert.match(limits, /^Max core file size +0 +0 /m);
      assert.match(limits, /^Max address space +3221225472 +3221225472 /m);
      const env = await environOf(pid!);
      assert.ok(env.includes(`USER=${ONE}`) && env.includes(`HOME=${ids.home}`));
    },
  );

  await t.test(
    "a user by number with another group; a group alone; variables of its own",
    async () => {
      const { uid } = idsOf(OTHER);
      const group = idsOf(ONE).gid;
      const command = sh(FOREVER);
      const both = await create(tree, {
        name: "both",
        user: uid,
        group,
        command,
        env: { HOME: "/x" },
      });
      await isProgram(both.pid!, "sleep");
      assert.equal(words(factsOf(both.pid!)["Uid"])[0], `${uid}`);
      assert.equal(words(factsOf(both.pid!)["Gid"])[0], `${group}`);
      assert.ok((await environOf(both.pid!)).includes("HOME=/x"));
      const alone = await create(tree, { name: "alone", group: ONE, command });
      await isProgram(alone.pid!, "sleep");
      assert.equal(words(factsOf(alone.pid!)["Uid"])[0], "0");
      assert.equal(words(factsOf(alone.pid!)["Gid"])[0], `${group}`);
    },
  );

  await t.test(
    "its own configuration and output it can open, those of others it cannot",
    async () => {
      const { env, ...config } = { name: "two", user: OTHER, env: { SECRET: "s" } };
      const nodes = tree.file(".coppice/nodes");
      const tries = [
        'cat "$COPPICE_NODE"',
        "echo opened again >/dev/stdout",
        `cat ${nodes}/one.json || echo not one`,
        `ls ${nodes} || echo no list`,
        `cat ${tree.file(".coppice/args.json")} || echo not args`,
        `test -w ${tree.file(".coppice")}/control.sock || echo not control`,
      ];
      await create(tree, { ...config, env, command: sh(`${tries.join("; ")}; ${FOREVER}`) });
      await tree.line(/^\[supervisor:STDOUT\] \[two\] not control$/m);
      assert.match(tree.stdout, /\[two\] {3}"name": "two"/);
      for (const line of ["opened again", "not one", "no list", "not args"])
        assert.match(tree.stdout, new RegExp(`\\[two\\] ${line}$`, "m"));
      assert.doesNotMatch(tree.stdout, /"name": "one"/);
    },
  );

  await t.test(
    "its directory and files are its own; what it may not write nobody writes for it",
    async () => {
      const { uid } = idsOf(ONE);
      const place = tree.file("made/here");
      const config = { user: ONE, directory: place, stdoutFile: "out", stderrFile: "err" };
      await create(tree, {
        name: "files",
        ...config,
        command: sh(`echo o; echo e >&2; ${FOREVER}`),
      });
      await until("its files", () => linesOf(`${place}/err`).length > 0);
      assert.deepEqual([linesOf(`${place}/out`), linesOf(`${place}/err`)], [["o"], ["e"]]);
      const owners = [place, `${place}/out`, `${place}/err`].map((file) => fs.statSync(file).uid);
      assert.deepEqual(owners, [uid, uid, uid]);
      assert.equal(fs.statSync(`${place}/out`).mode & 0o777, 0o600);
      assert.equal(fs.statSync(path.dirname(place)).uid, 0, "only the directory that it works in");
      fs.writeFileSync(tree.file("roots"), "", { mode: 0o600 });
      fs.symlinkSync(tree.file("roots"), `${place}/link`);
      const link = { ...config, stdoutFile: "link" };
      await create(tree, { name: "link", ...link, command: sh(`echo harm; ${FOREVER}`), ...ONCE });
      const { lastExit } = await statusWhen(tree, "link", ({ state }) => state === "stopped");
      assert.equal(lastExit?.code, 126);
      await tree.line(/^\[supervisor:STDERR\] \[link\] node 'link': .*made\/here\/link/m, "stderr");
      assert.equal(fs.readFileSync(tree.file("roots"), "utf8"), "");
    },
  );

  await t.test(
    "a script node of another user runs the tree's scripts, and is ready by its word",
    async () => {
      await create(tree, { name: "script", user: OTHER });
      const { pid } = await statusWhen(tree, "script", ({ ready }) => ready === true);
      assert.equal(titleOf(pid!), "coppice: script");
      assert.equal(words(factsOf(pid!)["Uid"])[0], `${idsOf(OTHER).uid}`);
      assert.equal(await ask(tree, 'supervisor.restart("script")'), true);
      await statusWhen(
        tree,
        "script",
        ({ ready, generation }) => ready === true && generation === 2,
      );
    },
  );

  await t.test("a Zeek of another user finds its scripts, and writes where it works", async () => {
    const { executable } = installZeek(tree.file("zeek"));
    const zeek = { executable, logScript: false } as const;
    await create(tree, { name: "z", user: ONE, interface: "lo", nice: 3, zeek });
    const { pid } = await statusWhen(tree, "z", ({ ready }) => ready === true);
    assert.equal(words(factsOf(pid!)["Uid"])[0], `${idsOf(ONE).uid}`);
    assert.equal(statFields(pid!)?.[16], "3");
    assert.equal(fs.statSync(tree.file("z/.status")).uid, idsOf(ONE).uid);
    assert.equal(await ask(tree, 'supervisor.destroy("z")'), true);
    const again = { name: "z", user: OTHER, interface: "lo", zeek };
    fs.rmSync(tree.file("z"), { recursive: true });
    await create(tree, again);
    const other = await statusWhen(tree, "z", ({ ready }) => ready === true);
    assert.equal(words(factsOf(other.pid!)["Uid"])[0], `${idsOf(OTHER).uid}`);
  });

  await t.test("what looks whether it is ready is who the node is", async () => {
    const directory = tree.file("probed");
    const ready = { command: sh("id -u >looked") };
    await create(tree, { name: "probed", user: ONE, directory, ready, command: sh(FOREVER) });
    await statusWhen(tree, "probed", (status) => status.ready === true);
    assert.deepEqual(linesOf(`${directory}/looked`), [`${idsOf(ONE).uid}`]);
  });

  await t.test("who is not there is refused at once", async () => {
    const refused = (config: object, message: RegExp) =>
      assert.rejects(create(tree, { name: "x", command: ["true"], ...config }), message);
    await refused({ user: "no-such-user" }, /^Error: node 'x': there is no user 'no-such-user' on/);
    await refused(
      { group: "no-such-group" },
      /^Error: node 'x': there is no group 'no-such-group'/,
    );
    await refused({ user: 54_321 }, /has the number 54321: it needs a 'group' too$/);
  });

  await t.test(
    "a limit that the machine cannot keep fails the start",
    { skip: memorySkip() },
    async () => {
      await create(tree, { name: "big", memoryMax: "64M", command: sh(FOREVER), ...ONCE });
      const { lastExit } = await statusWhen(tree, "big", ({ state }) => state === "stopped");
      assert.equal(lastExit?.code, 1);
      await tree.line(
        /^\[supervisor:STDERR\] \[big\] node 'big' failed to .*(memory|memoryMax).*: /m,
        "stderr",
      );
    },
  );

  await t.test(
    "a stop reaches what has left session, group and environment",
    { skip: skipGroups },
    async () => {
      await create(tree, { name: "leaver", command: sh(`${escaper(tree)}; ${FOREVER}`) });
      const escaped = await escapedOf(tree);
      assert.equal(await ask(tree, 'supervisor.stopNode("leaver")'), true);
      assert.equal(isAlive(escaped), false);
      assert.equal(await ask(tree, 'supervisor.destroy("leaver")'), true);
    },
  );

  await t.test(
    "when the Stem dies the kernel tells a node of another user, and a successor comes",
    async () => {
      const trap = `trap 'echo told >>told; exit 0' TERM; echo up; sleep 1000 & wait`;
      const directory = tree.file("mourner");
      await create(tree, { name: "mourner", user: ONE, directory, command: sh(trap) });
      await tree.line(/\[mourner\] up$/m);
      const left = skipGroups ? undefined : await leaveSomething(tree);
      const stem = await tree.stem();
      // No other Stem, which would tell it too.
      process.kill(tree.pid, "SIGSTOP");
      try {
        process.kill(stem, "SIGKILL");
        await until("SIGTERM", () => linesOf(`${directory}/told`).length > 0);
      } finally {
        process.kill(tree.pid, "SIGCONT");
      }
      const { pid } = await statusWhen(tree, "mourner", ({ state, generation }) => {
        return state === "running" && generation === 2;
      });
      await tree.lines(/\[mourner\] up$/m, 2);
      assert.equal(words(factsOf(pid!)["Uid"])[0], `${idsOf(ONE).uid}`);
      if (left !== undefined) {
        await statusWhen(
          tree,
          "left",
          (status) => status.state === "running" && status.generation === 2,
        );
        assert.equal(isAlive(left), false, "what a dead Stem left goes before its successor comes");
      }
    },
  );

  await t.test("at the end nothing is left, not even an empty control group", async () => {
    const group = linesOf(tree.file(".coppice/cgroup"))[0];
    assert.equal(group === undefined, Boolean(skipGroups));
    assert.deepEqual(await tree.stop(), { code: 0, signal: null });
    if (group !== undefined) assert.equal(fs.existsSync(group), false);
    assert.equal(fs.existsSync(tree.file(".coppice/cgroup")), false);
  });
});

test("what a killed tree left in its control group the next one ends", {
  skip: skipGroups,
}, async (t) => {
  const directory = publicDirectory(t);
  const first = plantToAsk(t, "", { directory });
  const escaped = await leaveSomething(first);
  const group = fs.readFileSync(first.file(".coppice/cgroup"), "utf8");
  const stem = await first.stem();
  process.kill(first.pid, "SIGSTOP");
  process.kill(stem, "SIGKILL");
  process.kill(first.pid, "SIGKILL");
  await first.ended;
  assert.equal(isAlive(escaped), true);
  const second = plant(t, "", { directory, options: ASKED });
  await ask(second, "1");
  assert.equal(isAlive(escaped), false);
  assert.match(second.stderr, new RegExp(`left in its control group: PID .*\\b${escaped}\\b`));
  assert.equal(fs.existsSync(group), false);
});

test("without control groups nodes are their process groups", { skip }, async (t) => {
  const tree = plant(t, "", { options: ["--no-cgroups", ...ASKED] });
  const { pid } = await create(tree, { name: "n", command: sh(FOREVER) });
  assert.doesNotMatch(fs.readFileSync(`/proc/${pid}/cgroup`, "utf8"), /coppice/);
  assert.equal(fs.existsSync(tree.file(".coppice/cgroup")), false);
  // Nobody else may search this directory.
  await create(tree, { name: "far", user: OTHER, ...ONCE });
  await tree.line(
    /^\[supervisor:STDERR\] \[far\] node 'far' failed to start: its user cannot reach /m,
    "stderr",
  );
});

test("--no-cgroups is for a Supervisor", () => {
  assert.throws(() => parseCommandLine(["--no-cgroups", "x.ts"]), /needs -j$/);
});

test("without root another user is refused, and one's own is nothing", { skip }, () => {
  const schema = path.join(import.meta.dirname, "../../src/supervisor/config/config-schema.ts");
  const { uid, gid } = idsOf(OTHER);
  const asOther = (config: object): string => {
    const code = `import(${JSON.stringify(schema)}).then(({ acceptConfig }) => {
      try { acceptConfig({ name: "a", command: ["x"], ...${JSON.stringify(config)} }, () => undefined); console.log("accepted"); }
      catch (error) { console.log(error.message); }
    })`;
    const identity = [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--"];
    const node = [process.execPath, "--disable-warning=ExperimentalWarning", "-e", code];
    return execFileSync("setpriv", [...identity, ...node], { encoding: "utf8", cwd: "/" }).trim();
  };
  assert.equal(asOther({ user: OTHER }), "accepted");
  assert.equal(
    asOther({ user: ONE }),
    `node 'a': another user needs root, and this Supervisor's user has the number ${uid}`,
  );
});

const ONCE = { revival: { when: "never" } } as const;

/** Starts a process outside of its session and group that nothing in its environment gives away. */
function escaper(tree: TestTree): string {
  const escaped = `echo $$ >${tree.file("escaped")}.new; mv ${tree.file("escaped")}.new ${tree.file("escaped")}; ${FOREVER}`;
  return `(setsid setsid env -i PATH="$PATH" sh -c '${escaped}' </dev/null >/dev/null 2>&1 &)`;
}

async function escapedOf(tree: TestTree): Promise<number> {
  await until("one that escapes", () => linesOf(tree.file("escaped")).length > 0);
  const pid = Number(linesOf(tree.file("escaped"))[0]);
  await isProgram(pid, "sleep");
  fs.rmSync(tree.file("escaped"));
  return pid;
}

async function leaveSomething(tree: TestTree): Promise<number> {
  await create(tree, {
    name: "left",
    command: sh(`test -e once || { touch once; ${escaper(tree)}; }; ${FOREVER}`),
  });
  return escapedOf(tree);
}

/** One that other users may search. */
function publicDirectory(t: TestContext): string {
  const directory = temporaryDirectory(t);
  fs.chmodSync(directory, 0o755);

  return directory;
}

async function isProgram(pid: number, name: string): Promise<void> {
  const comm = () => fs.readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  await until(`${pid} to be ${name}`, () => comm() === name, comm);
}

function factsOf(pid: number): Record<string, string> {
  const lines = fs.readFileSync(`/proc/${pid}/status`, "utf8").split("\n");
  return Object.fromEntries(lines.map((line) => /^(\w*):?\s*(.*)$/.exec(line)!.slice(1)));
}

function words(text: string | undefined): string[] {
  return (text ?? "").split(/\s+/).filter(Boolean);
}

function idsOf(user: string): { uid: number; gid: number; home: string } {
  const fields = accounts.split("\n").map((line) => line.split(":"));
  const [, , uid, gid, , home = ""] = fields.find(([name]) => name === user) ?? [];
  return { uid: Number(uid), gid: Number(gid), home };
}

function groupsOf(user: string): string[] {
  return words(execFileSync("id", ["-G", user], { encoding: "utf8" })).sort();
}

function canMakeGroups(): boolean {
  const read = (file: string) => fs.readFileSync(file, "utf8");
  const own = ownCgroup(read("/proc/self/mountinfo"), read("/proc/self/cgroup"));
  if (own === undefined) return false;
  const trial = path.join(own, `coppice-test-${process.pid}`);
  try {
    fs.mkdirSync(trial);
    fs.rmdirSync(trial);
    return fs.existsSync(path.join(own, "cgroup.procs")) && os.platform() === "linux";
  } catch {
    return false;
  }
}

/** Where memory can be limited this start does not fail. */
function memorySkip(): string | false {
  const read = (file: string) => fs.readFileSync(file, "utf8");
  const own = ownCgroup(read("/proc/self/mountinfo"), read("/proc/self/cgroup"));
  if (own === undefined || !fs.existsSync(path.join(own, "cgroup.controllers"))) return false;
  const isOffered = /\bmemory\b/.test(read(path.join(own, "cgroup.controllers")));
  return isOffered ? "memory can be limited here" : false;
}
