/** Runs the contract from afar, over one transport: one tree for all cases, and one to be ended. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { client, reachable, type Transport } from "../fixtures/remote.ts";
import { CASES, runCase, stopsTheTree } from "./contract.ts";

export function runContract(transport: Transport): void {
  test(`the API over ${transport.name}`, async (t) => {
    const { tree, url } = await reachable(t, transport);
    const api = await client(t, url, transport.options);
    const other = await client(t, url, transport.options);
    assert.ok(api.mayControl && !api.isZeek);
    for (const [name] of CASES) {
      await t.test(`${name} (${transport.name})`, () => runCase(name, { api, other }));
    }
    await t.test(
      `stop ends the tree, and resolves when it is gone (${transport.name})`,
      async () => {
        await stopsTheTree({ api, other });
        assert.deepEqual(await tree.end(), { code: 0, signal: null });
        assert.doesNotMatch(tree.stderr, /uncaught|unhandled|handler/, tree.report());
      },
    );
  });
}
