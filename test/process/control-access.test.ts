/** Who may do what: tokens to act, tokens to look, and nobody else. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { OutputLine, TreeEvent } from "../../src/core/api.ts";
import { client, reachable, TOKEN } from "../fixtures/remote.ts";
import { type TestTree, until } from "../fixtures/tree.ts";
import { TestClient } from "../fixtures/websocket.ts";
import { event, nodeConfig, program, str, tab, zeekClient } from "../fixtures/zeek-client.ts";

const READ_TOKEN = "let-me-look";
const SLEEP = ["sleep", "1000"];
const FORBIDDEN =
  '{"type":"error","code":"forbidden","context":"this connection may look, not act"}';

async function meet(t: TestContext): Promise<{ tree: TestTree; url: string }> {
  return reachable(t, {
    name: "ws",
    listen: `broker.listenWebSocket({ port: 0, token: "${TOKEN}", readToken: "${READ_TOKEN}" })`,
    url: (_tree, port) => `ws://127.0.0.1:${port}/v1/messages/json`,
  });
}

const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });

test("whoever may look gets status, events and output, with values of env hidden", async (t) => {
  const { url } = await meet(t);
  const looker = await client(t, url, { token: READ_TOKEN });
  const actor = await client(t, url, { token: TOKEN });
  assert.deepEqual([looker.mayControl, actor.mayControl], [false, true]);
  const told: TreeEvent[] = [];
  const lines: OutputLine[] = [];
  looker.watch((one) => told.push(one));
  looker.follow((line) => lines.push(line));
  await looker.status();
  const command = ["sh", "-c", "echo hello; exec sleep 1000"];
  await actor.create({ name: "a", command, env: { SECRET: "xyzzy" } });
  await until("a line", () => lines.some(({ text }) => text === "hello"));
  await until("the start", () => told.some(({ kind }) => kind === "started"));
  const { nodes } = await looker.status();
  assert.deepEqual(nodes["a"]?.node.env, { SECRET: "(hidden)" });
  assert.equal((await actor.status()).nodes["a"]?.node.env?.["SECRET"], "xyzzy");
  assert.doesNotMatch(JSON.stringify([told, nodes]), /xyzzy/);
  // A process that is just taking on a program has nothing yet.
  await until("memory", async () => ((await looker.usage())["a"]?.memory ?? 0) > 0);
});

test("whoever may look can do nothing else", async (t) => {
  const { tree, url } = await meet(t);
  const looker = await client(t, url, { token: READ_TOKEN });
  const refused = { code: "COPPICE_FORBIDDEN", name: "ForbiddenError" };
  await assert.rejects(looker.create({ name: "a", command: SLEEP }), refused);
  await assert.rejects(looker.destroy(""), refused);
  await assert.rejects(looker.restart(""), refused);
  await assert.rejects(looker.stop(), refused);
  const zeek = await zeekClient(t, url, ["zeek/"], bearer(READ_TOKEN));
  zeek.say(
    event("create_request", str("1"), program("a", SLEEP)),
    event("destroy_request", str("2"), str("")),
    event("restart_request", str("3"), str("")),
    event("stop_request"),
    event("create_response", str("1"), str("")),
  );
  for (let i = 0; i < 5; i++) assert.equal(await zeek.client.text(), FORBIDDEN);
  assert.deepEqual(await zeek.ask("status", "4", str("")), [{}]);
  assert.deepEqual(await tree.stop(), { code: 0, signal: null });
  assert.doesNotMatch(tree.stderr, /ordered/);
});

test("whoever may look sees no requests and answers of others, and no values of env", async (t) => {
  const { url } = await meet(t);
  const looker = await zeekClient(t, url, [""], bearer(READ_TOKEN));
  const actor = await zeekClient(t, url, [""], bearer(TOKEN));
  const secret = nodeConfig(
    "a",
    { 9: tab({ SECRET: str("xyzzy") }) },
    { command: ["sh", "-c", "echo xyzzy; exec sleep 1000"] },
  );
  assert.equal(await actor.ask("create", "1", secret), "");
  await actor.ask("status", "2", str(""));
  await looker.toldOf("node_status");
  const [{ a }] = (await looker.ask("status", "3", str(""))) as [{ a: unknown[][] }];
  assert.deepEqual(a[0]?.[9], { SECRET: "(hidden)" });
  const names = looker.client.texts.slice(1).map((text) => /Control::(\w+)/.exec(text)?.[1]);
  assert.deepEqual(names, ["node_status", "status_response"]);
  await actor.ask("status", "4", str(""));
  const seen = actor.client.texts.some((text) => /status_response".*"data":"3"/.test(text));
  assert.ok(!seen, "nor they its own answers");
});

test("nobody else gets in, and is told so", async (t) => {
  const { url } = await meet(t);
  for (const options of [{}, bearer("wrong"), { headers: { Authorization: TOKEN } }]) {
    const stranger = new TestClient(t, url, options);
    let status = 0;
    stranger.ws.on("unexpected-response", (_request, response) => {
      status = response.statusCode ?? 0;
      stranger.ws.terminate();
    });
    await stranger.end();
    assert.equal(status, 401);
  }
  for (const token of [undefined, "wrong"]) {
    const connecting = client(t, url, token === undefined ? {} : { token });
    await assert.rejects(connecting, { code: "COPPICE_NO_SUPERVISOR", exitStatus: 69 });
  }
});
