/** The example of a cluster. */
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { run, temporaryDirectory } from "../fixtures/tree.ts";

const EXAMPLE = path.join(import.meta.dirname, "..", "..", "examples", "cluster-supervisor.ts");
const ROLES = {
  manager: "MANAGER",
  "logger-1": "LOGGER",
  "proxy-1": "PROXY",
  "worker-1": "WORKER",
};

for (const [what, operands, directory] of [
  ["below cluster-nodes", [], "cluster-nodes"],
  ["below the directory that was given", ["dir=deep/er"], "deep/er"],
] as const) {
  test(`every node knows its role and the others, ${what}`, async (t) => {
    const tree = run(t, temporaryDirectory(t), ["-j", EXAMPLE, ...operands]);
    await tree.line(/^the cluster of 4 nodes is there$/m);
    for (const [name, role] of Object.entries(ROLES)) {
      await tree.line(new RegExp(`\\[${name}\\] I am ${name}, a ${role}, which listens`));
      const place = tree.file(path.join(directory, name));
      await tree.line(new RegExp(`\\[${name}\\] I work in ${place}$`, "m"));
      await tree.lines(new RegExp(`\\[${name}\\] I know (?!${name},)`), 3);
    }
    assert.deepEqual(await tree.stop(), { code: 0, signal: null });
  });
}
