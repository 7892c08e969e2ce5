/** The names that a core may have. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { coreName, findCore } from "../../src/os/core-file.ts";

const CASES: [pattern: string, name: string, isCore: boolean][] = [
  ["core", "core", true],
  ["core", "core.42", true],
  ["core", "core.43", false],
  ["core", "score", false],
  ["core.%p", "core.42", true],
  ["core.%p", "core.421", false],
  ["core.%p", "core", false],
  ["core.%e.%p.%t", "core.web server.42.1795830174", true],
  ["core.%e.%p.%t", "core.web.43.1795830174", false],
  ["%e%%(1)+[a].core", "web%(1)+[a].core", true],
  ["%e%%(1)+[a].core", "web%11a.core", false],
];

for (const [pattern, name, isCore] of CASES) {
  test(`${name} is ${isCore ? "a" : "no"} core by ${pattern}`, () => {
    assert.equal(coreName(pattern, 42).test(name), isCore);
  });
}

test("after a signal that leaves none, none is looked for", async () => {
  const dead = { pid: 42, directory: "/nowhere", startedAt: 0 };
  assert.deepEqual(await findCore({ ...dead, signal: "SIGKILL" }), {});
  const { file, why } = await findCore({ ...dead, signal: "SIGSEGV" });
  assert.equal(file, undefined);
  assert.ok((why ?? "") !== "");
});
