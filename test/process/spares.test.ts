/** Shells that are there before a node needs them, and become its process. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";
import { childrenOf, isAlive, plant, type TestTree, titleOf, until } from "../fixtures/tree.ts";

/** What a program finds around it; in the end it waits. */
const SHOW = `cd .; { tr '\\0' '\\n' </proc/$$/environ | sort; readlink /proc/$$/cwd
  sed "s/^/cgroup /" /proc/$$/cgroup; readlink /proc/$$/fd/0; ulimit -a; umask
  grep -E "Sig(Ign|Blk)" /proc/$$/status; cut -d" " -f5-6 /proc/$$/stat | sed "s/$$/self/g"
  } >shown-$$.new 2>&1; mv shown-$$.new shown-$$; echo "out $$"; echo "err $$" >&2; exec sleep 1000000`;

const TREE = `import { on, supervisor } from "coppice";
  on("init", async () => {
    for (const name of ["first", "second"])
      await supervisor.create({ name, directory: "it's here", command: ["sh", "-c", ${JSON.stringify(SHOW)}],
        env: { WORD: "it's \\"ü\\" $HOME \`id\`\\\\\\n  more" } });
    console.log("grown");
  });`;

test("a node whose process was there before it runs as any other, and ends with its Stem", async (t) => {
  const tree = plant(t, TREE);
  const stem = await tree.stem();
  const [first, second] = await Promise.all(
    ["first", "second"].map((name) => outOf(tree, name, 1)),
  );
  assert.ok(first !== undefined && second !== undefined);
  const before = shownBy(tree, first);
  // Both at once: as many spares as there are.
  const spares = await until("two spares", () => twoSparesOf(stem));
  for (const pid of [first, second]) process.kill(pid, "SIGKILL");
  const successors = await Promise.all(["first", "second"].map((name) => outOf(tree, name, 2)));
  assert.deepEqual([...successors].sort(), [...spares].sort());
  assert.deepEqual(shownBy(tree, successors[0] ?? 0), before);
  await tree.line(
    new RegExp(`^\\[supervisor:STDERR\\] \\[first\\] err ${successors[0]}$`, "m"),
    "stderr",
  );
  const next = await until("two other spares", () => twoSparesOf(stem));
  process.kill(stem, "SIGKILL");
  await until("their end", () => ![...successors, ...next].some(isAlive));
  const [third] = await Promise.all(["first", "second"].map((name) => outOf(tree, name, 3)));
  assert.deepEqual(shownBy(tree, third ?? 0), before);
});

test("spares that are killed are no loss, and none are left at the end", async (t) => {
  const tree = plant(t, TREE);
  const stem = await tree.stem();
  const first = await outOf(tree, "first", 1);
  const spares = await until("two spares", () => twoSparesOf(stem));
  for (const pid of spares) process.kill(pid, "SIGKILL");
  await until("their end", () => !spares.some(isAlive));
  process.kill(first, "SIGKILL");
  await outOf(tree, "first", 2);
  const more = await until("two more", () => twoSparesOf(stem));
  assert.deepEqual(await tree.stop(), { code: 0, signal: null });
  assert.deepEqual(more.filter(isAlive), []);
});

/** The pid in what a node's nth run printed. */
async function outOf(tree: TestTree, name: string, nth: number): Promise<number> {
  const pattern = new RegExp(`^\\[supervisor:STDOUT\\] \\[${name}\\] out (\\d+)$`, "m");
  return Number((await tree.lines(pattern, nth))[nth - 1]?.[1]);
}

function shownBy(tree: TestTree, pid: number): string {
  return fs.readFileSync(tree.file(`it's here/shown-${pid}`), "utf8");
}

function twoSparesOf(stem: number): number[] | undefined {
  const spares = childrenOf(stem).filter((pid) => titleOf(pid).endsWith("coppice: spare"));
  return spares.length === 2 && spares.every(isAlive) ? spares : undefined;
}
