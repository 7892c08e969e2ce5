/** `broker` in scripts: in a Supervisor, in its nodes, and in plain processes. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { freePort } from "../fixtures/ports.ts";
import { TLS } from "../fixtures/remote.ts";
import { atEnd, plant, run, type TestTree, temporaryDirectory } from "../fixtures/tree.ts";
import { subscribed } from "../fixtures/websocket.ts";

/** A Supervisor, a node or a plain process: each runs the same script, and says where it listens. */
const PLACES = ["the Supervisor", "a node", "a plain process"] as const;

/** Runs `source` in one of them; it may use `broker`, `on`, `terminate` and `place`. */
function script(t: TestContext, place: (typeof PLACES)[number], source: string): TestTree {
  const whole = `import { args, broker, on, supervisor, terminate } from "coppice";
const isThere = ${place === "a node" ? "supervisor.isSupervised()" : "!supervisor.isSupervised()"};
${place === "a node" ? 'if (!isThere) on("init", () => supervisor.create({ name: "a" }));' : ""}
if (isThere) { ${source} }`;
  if (place !== "a plain process") return plant(t, whole, { script: "tree.mjs" });
  return runPlain(t, whole);
}

function runPlain(t: TestContext, source: string, operands: string[] = []): TestTree {
  const directory = temporaryDirectory(t);
  fs.writeFileSync(path.join(directory, "plain.mjs"), source);
  return run(t, directory, ["plain.mjs", ...operands]);
}

const VALUES = `"text \u00e9", true, 1.5, 7n, null, ["x"], new Set(["b", "a"]), new Map([["k", 1n]]),
  broker.count(4), broker.address("::1"), broker.subnet("10.0.0.0/8"), broker.port(80),
  broker.enumValue("E::X"), broker.timespan(1500), broker.timestamp(0)`;
const SHOWN: [type: string, data: unknown][] = [
  ["string", "text \u00e9"],
  ["boolean", true],
  ["real", 1.5],
  ["integer", 7],
  ["none", {}],
  ["vector", [{ "@data-type": "string", data: "x" }]],
  ["set", ["a", "b"].map((data) => ({ "@data-type": "string", data }))],
  [
    "table",
    [{ key: { "@data-type": "string", data: "k" }, value: { "@data-type": "integer", data: 1 } }],
  ],
  ["count", 4],
  ["address", "::1"],
  ["subnet", "10.0.0.0/8"],
  ["port", "80/tcp"],
  ["enum-value", "E::X"],
  ["timespan", "1500ms"],
  ["timestamp", "1970-01-01T00:00:00.000"],
];

for (const place of PLACES) {
  test(`events go both ways, with values of every type: WebSocket clients of ${place}`, async (t) => {
    const tree = script(
      t,
      place,
      `on("init", async () => {
        broker.subscribe("to/script");
        broker.onEvent("hello", (...values) => broker.publish("from/script", "back", ...values));
        broker.onEvent("begin", () => broker.publish("from/script", "values", ${VALUES}));
        broker.on("peerAdded", (peer) => console.log("added", peer.kind));
        broker.on("peerLost", (peer, reason) => console.log("lost", peer.kind, reason));
        const listener = await broker.listenWebSocket({ port: 0 });
        console.log("port", listener.port);
      });`,
    );
    const [, port] = await tree.line(/port (\d+)$/m);
    const zeek = await subscribed(t, `ws://127.0.0.1:${port}/v1/messages/json`, ["from/"]);
    await tree.line(/added client$/m);
    zeek.ws.send(event("to/script", "begin", []));
    const args = argsIn(await zeek.text());
    assert.deepEqual(
      args.map(({ "@data-type": type, data }) => [type, data]),
      SHOWN,
    );
    zeek.ws.send(event("to/script", "hello", args));
    assert.deepEqual(argsIn(await zeek.text()), args);
    zeek.ws.send(event("to/nobody", "hello", args));
    zeek.ws.close(1000);
    await tree.line(/lost client closed$/m);
  });
}

for (const [what, tls] of [
  ["anonymous TLS", true],
  ["plain TCP", false],
  ["certificates", TLS],
] as const) {
  test(`a node's listener and a plain script's peer speak Broker's own protocol: ${what}`, async (t) => {
    const options = `tls: ${JSON.stringify(tls)}`;
    const node = script(
      t,
      "a node",
      `on("init", async () => {
        broker.subscribe("to/node");
        broker.onEvent("hello", (text, number) => {
          console.log("heard", text, number);
          broker.publish("to/plain", "answer", text, number);
        });
        console.log("port", (await broker.listen({ port: 0, ${options} })).port);
      });`,
    );
    const [, port] = await node.line(/port (\d+)$/m);
    const plain = runPlain(
      t,
      `import { broker, terminate } from "coppice";
broker.subscribe("to/plain");
broker.onEvent("answer", (...args) => { console.log("answered", ...args); terminate(); });
const peering = broker.peer("127.0.0.1", ${port}, { ${options} });
await peering.connected;
broker.publish("to/node", "hello", "text", 2.5);`,
    );
    assert.deepEqual(await plain.end(), { code: 0, signal: null });
    await node.line(/heard text 2\.5$/m);
    assert.equal(plain.stdout, "answered text 2.5\n", plain.report());
  });
}

const LARGE = 6_000_000;
for (const [what, listen, peer] of [
  [
    "plain TCP",
    "listen({ port: 0, tls: false })",
    (port: string) => `peer("127.0.0.1", ${port}, { tls: false })`,
  ],
  ["anonymous TLS", "listen({ port: 0 })", (port: string) => `peer("127.0.0.1", ${port})`],
  [
    "a WebSocket",
    "listenWebSocket({ port: 0 })",
    (port: string) => `peerWebSocket("ws://127.0.0.1:${port}")`,
  ],
] as const) {
  test(`a script that publishes and ends at once loses nothing: ${what}`, async (t) => {
    const tree = script(
      t,
      "the Supervisor",
      `on("init", async () => {
        broker.subscribe("news/");
        broker.onEvent("small", (text) => console.log("small", text));
        broker.onEvent("large", (text) => console.log("large", text.length));
        console.log("port", (await broker.${listen}).port);
      });`,
    );
    const [, port = ""] = await tree.line(/port (\d+)$/m);
    const begin = `import { broker, on, terminate } from "coppice";
await broker.${peer(port)}.connected;`;
    const small = runPlain(
      t,
      `${begin}
for (let i = 0; i < 100; i++) broker.publish("news/small", "small", "n" + i);
on("done", () => broker.publish("news/small", "small", "last words"));
terminate();`,
    );
    assert.deepEqual(await small.end(), { code: 0, signal: null });
    await tree.lines(/^small n\d+$/m, 100);
    await tree.line(/^small last words$/m);
    const large = runPlain(
      t,
      `${begin}
broker.publish("news/large", "large", "x".repeat(${LARGE}));
terminate();`,
    );
    assert.deepEqual(await large.end(), { code: 0, signal: null });
    await tree.line(new RegExp(`^large ${LARGE}$`, "m"));
  });
}

test("a script that ends loses nothing either if its peer stands still for a while", async (t) => {
  const tree = script(
    t,
    "the Supervisor",
    `on("init", async () => {
      broker.subscribe("news/");
      broker.onEvent("large", (text) => console.log("large", text.length));
      console.log("port", (await broker.listen({ port: 0, tls: false })).port);
    });`,
  );
  const [, port = ""] = await tree.line(/port (\d+)$/m);
  const plain = runPlain(
    t,
    `import { broker, terminate } from "coppice";
await broker.peer("127.0.0.1", ${port}, { tls: false }).connected;
process.once("SIGUSR2", () => {
  broker.publish("news/large", "large", "x".repeat(${LARGE}));
  terminate();
  setTimeout(() => console.log("still waits"), 1200);
});
setInterval(() => {}, 1000);
console.log("ready");`,
  );
  await plain.line(/^ready$/m);
  process.kill(tree.pid, "SIGSTOP");
  atEnd(t, () => tree.child.kill("SIGCONT"));
  process.kill(plain.pid, "SIGUSR2");
  await plain.line(/^still waits$/m);
  process.kill(tree.pid, "SIGCONT");
  assert.deepEqual(await plain.end(), { code: 0, signal: null });
  await tree.line(new RegExp(`^large ${LARGE}$`, "m"));
});

test("a script whose peer has not answered yet ends soon all the same", async (t) => {
  const port = await freePort();
  const tree = runPlain(
    t,
    `import { broker, terminate } from "coppice";
const { connected } = broker.peer("127.0.0.1", ${port});
broker.peerWebSocket("ws://127.0.0.1:${port}");
connected.catch(({ code }) => console.log("rejected", code));
broker.publish("a/b", "c");
// Only the time in which it was awake counts: a stall is one tick, however long it is.
let ticks = 0;
setInterval(() => { ticks += 1; }, 10).unref();
process.on("exit", () => console.log("ms", 10 * ticks));
terminate();`,
  );
  assert.deepEqual(await tree.end(), { code: 0, signal: null });
  assert.match(tree.stdout, /^rejected COPPICE_NO_SUPERVISOR$/m);
  assert.ok(Number(/^ms (.*)$/m.exec(tree.stdout)?.[1]) < 2_000, tree.stdout);
});

test("a handler that fails is reported: a Supervisor goes on, other processes end", async (t) => {
  const source = `
broker.subscribe("x/");
broker.onEvent("sync", () => { throw new Error("thrown here"); });
broker.onEvent("async", async () => { throw new Error("rejected here"); });
broker.onEvent("ping", () => broker.publish("y/", "pong"));
on("init", async () => console.log("port", (await broker.listenWebSocket({ port: 0 })).port));`;
  for (const place of ["the Supervisor", "a plain process"] as const) {
    const tree = script(t, place, source);
    const [, port] = await tree.line(/port (\d+)$/m);
    const zeek = await subscribed(t, `ws://127.0.0.1:${port}/v1/messages/json`, ["y/"]);
    zeek.ws.send(event("x/", "sync", []));
    await tree.line(/^error: a handler of 'sync' failed: Error: thrown here$/m, "stderr");
    if (place === "a plain process") {
      assert.deepEqual(await tree.end(), { code: 1, signal: null });
      continue;
    }
    zeek.ws.send(event("x/", "async", []));
    await tree.line(/^error: a handler of 'async' failed: Error: rejected here$/m, "stderr");
    zeek.ws.send(event("x/", "ping", []));
    assert.match(await zeek.text(), /"pong"/);
  }
});

test("what cannot be published, listened on or known is refused with an error of ours", async (t) => {
  const tree = runPlain(
    t,
    `import { broker, terminate } from "coppice";
const tell = async (what, act) => { try { await act(); console.log(what, "fine"); } catch (error) { console.log(what, error.code ?? error.name, error.message); } };
await tell("publish", () => broker.publish("a", "b", { no: "type" }));
await tell("symbol", () => broker.publish("a", "b", Symbol("x")));
await tell("on", () => broker.on("peerGone", () => {}));
await tell("port", () => broker.port(70000));
await tell("listen", () => broker.listen({ host: "0.0.0.0", port: 0 }));
await tell("web", () => broker.listenWebSocket({ host: "0.0.0.0", port: 0 }));
await tell("once", () => broker.peer("127.0.0.1", ${await freePort()}, { retry: false }).connected);
terminate();`,
  );
  assert.deepEqual(await tree.end(), { code: 0, signal: null });
  for (const line of [
    /^publish COPPICE_BROKER_VALUE Broker has no type for an object/m,
    /^symbol COPPICE_BROKER_VALUE Broker has no type for a symbol/m,
    /^on TypeError no event is called 'peerGone'/m,
    /^port COPPICE_BROKER_VALUE not a port: 70000$/m,
    /^listen COPPICE_LISTEN will not listen on 0\.0\.0\.0/m,
    /^web COPPICE_LISTEN will not listen on 0\.0\.0\.0/m,
    /^once COPPICE_NO_SUPERVISOR cannot peer with/m,
  ]) {
    assert.match(tree.stdout, line);
  }
});

interface Json {
  "@data-type": string;
  data: unknown;
}

function event(topic: string, name: string, args: Json[]): string {
  const typed = (type: string, data: unknown): Json => ({ "@data-type": type, data });
  const call = typed("vector", [typed("string", name), typed("vector", args)]);
  const data = [typed("count", 1), typed("count", 1), call];
  return JSON.stringify({ type: "data-message", topic, "@data-type": "vector", data });
}

function argsIn(text: string): Json[] {
  const { data } = JSON.parse(text) as { data: Json[] };
  const [, args] = (data[2] as { data: Json[] }).data;
  return (args as Json & { data: Json[] }).data;
}
