/** Who listens where, found without binding anything. */
import assert from "node:assert/strict";
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { holderOf, isWildcard, listeningSockets } from "../../src/os/listening.ts";
import { freePort } from "../fixtures/ports.ts";
import { atEnd } from "../fixtures/tree.ts";

async function listenOn(t: TestContext, host: string): Promise<number> {
  const server = net.createServer();
  // One that no other test listens on, on whichever address.
  server.listen(await freePort(), host);
  await once(server, "listening");
  atEnd(t, () => server.close());
  return (server.address() as AddressInfo).port;
}

for (const [host, isAll] of [
  ["127.0.0.1", false],
  ["::1", false],
  ["0.0.0.0", true],
  ["::", true],
] as const) {
  test(`a listener on ${host} is found with its address and its process`, async (t) => {
    const port = await listenOn(t, host);
    const [found, ...others] = listeningSockets().filter((one) => one.port === port);
    assert.deepEqual(others, []);
    assert.equal(found?.address, host);
    assert.equal(found && isWildcard(found), isAll);
    assert.equal(found?.uid, process.getuid?.());
    assert.equal(found && holderOf(found)?.pid, process.pid);
  });
}

test("a connection is no listener, and nobody holds a socket that is not there", async (t) => {
  const port = await listenOn(t, "127.0.0.1");
  const localPort = await freePort();
  const client = net.connect({ port, host: "127.0.0.1", localPort });
  await once(client, "connect");
  atEnd(t, () => client.destroy());
  assert.ok(!listeningSockets().some((one) => one.port === localPort));
  assert.equal(holderOf({ address: "127.0.0.1", port: 1, uid: 0, inode: "none" }), undefined);
});
