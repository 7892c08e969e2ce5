import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { spareScript } from "../../src/stem/spare-script.ts";

const BASE = { PATH: "/usr/bin:/bin", GONE: "1", PWD: "/somewhere" };
const program = (env: NodeJS.ProcessEnv) => ({
  directory: "/usr",
  command: ["/usr/bin/env", "-0"],
  env,
});

function environmentOf(env: NodeJS.ProcessEnv, cgroup?: string): string[] {
  const input = spareScript(program(env), BASE, cgroup);
  assert.ok(input !== undefined);
  const text = execFileSync("/bin/sh", ["-s"], { input, env: BASE, encoding: "utf8" });
  return text.split("\0").slice(0, -1).sort();
}

test("the program gets the environment that it is to get, and nothing of the shell's", () => {
  const env = { ...BASE, GONE: undefined, WORD: 'a\'b "$HOME" `id`\n\\', EMPTY: "", _: "x" };
  const wanted = ["EMPTY=", "PATH=/usr/bin:/bin", "PWD=/somewhere", `WORD=${env.WORD}`, "_=x"];
  assert.deepEqual(environmentOf(env), wanted);
  assert.deepEqual(environmentOf({ PATH: "/bin" }), ["PATH=/bin"]);
});

test("on the way to a control group it is told where it works, as without a spare", () => {
  assert.deepEqual(environmentOf(BASE, "/no/such/group"), [
    "GONE=1",
    "PATH=/usr/bin:/bin",
    "PWD=/usr",
  ]);
});

test("what a shell cannot hand on is left to a process that is started for it", () => {
  for (const name of ["a.b", "1", "IFS", "ENV", "BASH_FUNC_x%%"])
    assert.equal(spareScript(program({ ...BASE, [name]: "x" }), BASE, undefined), undefined, name);
});
