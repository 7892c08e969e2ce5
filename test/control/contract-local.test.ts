/** The API in the Supervisor's own process, and over its socket. */
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { ASKED, ask } from "../fixtures/ask.ts";
import { TRANSPORTS } from "../fixtures/remote.ts";
import { plant } from "../fixtures/tree.ts";
import { CASES } from "./contract.ts";
import { runContract } from "./run-contract.ts";

const SCRIPT = path.join(import.meta.dirname, "..", "fixtures", "contract-script.ts");

test("the API in the process", async (t) => {
  const tree = plant(t, "", { options: [...ASKED, SCRIPT] });
  for (const [name] of CASES) {
    await t.test(`${name} (in the process)`, async () => {
      await ask(tree, `globalThis.runCase(${JSON.stringify(name)})`);
    });
  }
  await t.test("stop ends the tree (in the process)", async () => {
    await ask(tree, "globalThis.stopsTheTree()");
    assert.deepEqual(await tree.end(), { code: 0, signal: null });
  });
});

for (const transport of TRANSPORTS.filter(({ name }) => name === "unix")) runContract(transport);
