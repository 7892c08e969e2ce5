/** What scripts are told in a rehearsal is what they would be told by a Supervisor. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { RehearsedSupervisor } from "../../../src/supervisor/reload/rehearsed.ts";

test("two nodes cannot have one output file, and a destroyed one has none", async () => {
  const api = new RehearsedSupervisor(
    () => {},
    () => {},
  );
  const file = "/d/f";
  await api.create({ name: "a", command: ["true"], output: { file } });
  const second = { name: "b", command: ["true"], stdoutFile: file };
  await assert.rejects(api.create(second), /with that of node 'a' in \/d\/f: choose another file/);
  await api.destroy("a");
  await api.create(second);
  await assert.rejects(api.create({ name: "c", command: ["true"], output: { file } }), /'b'/);
  await api.destroy();
  await api.create({ name: "c", command: ["true"], output: { file } });
});
