/** The CPU time of children that have ended. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ChildrenCpu } from "../../src/os/children-cpu.ts";
import { startProcess } from "../../src/os/spawn.ts";

function world() {
  let total = 1_000;
  const soon: (() => void)[] = [];
  const told: [string, number | undefined][] = [];
  const children = new ChildrenCpu(
    () => total,
    (act) => void soon.push(act),
  );
  return {
    children,
    told,
    use: (cpu: number) => {
      total += cpu;
    },
    end: (name: string) => children.ended((cpu) => told.push([name, cpu])),
    turn: () => {
      for (const act of soon.splice(0)) act();
    },
  };
}

test("what one has used that was fetched alone is told; of several together nobody knows", () => {
  const { children, told, use, end, turn } = world();
  use(500);
  children.want();
  use(70);
  end("a");
  turn();
  use(10);
  end("b");
  use(20);
  end("c");
  turn();
  use(5);
  end("d");
  turn();
  assert.deepEqual(told, [
    ["a", 70],
    ["b", undefined],
    ["c", undefined],
    ["d", 5],
  ]);
});

test("what others have used that nobody asks about counts for nobody", () => {
  const { children, told, use, end, turn } = world();
  children.want();
  use(70);
  children.skip();
  use(30);
  children.ended();
  turn();
  use(5);
  end("a");
  turn();
  assert.deepEqual(told, [["a", 5]]);
});

test("a process that has worked, and nothing else, has used that", async () => {
  const code =
    "const t = process.cpuUsage; while (t().user < 400_000); process.exit(t().user > 0 ? 3 : 4)";
  const used = await new Promise<number | undefined>((resolve) => {
    startProcess(
      { file: process.execPath, args: ["-e", code], env: {}, stdout: "ignore", stderr: "ignore" },
      { started() {}, failed: assert.fail, exited() {}, used: resolve },
    );
  });
  assert.ok(used !== undefined && used >= 380 && used < 30_000, `${used}`);
});
