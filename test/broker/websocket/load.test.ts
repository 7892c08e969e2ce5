import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Endpoint } from "../../../src/broker/endpoint.ts";
import type { Value } from "../../../src/broker/values.ts";
import { until } from "../../fixtures/tree.ts";
import { busy, TurnWatch } from "../../fixtures/turns.ts";
import {
  eventText,
  frame,
  RawClient,
  subscribed,
  subscribedInTime,
  testEndpoint,
  testListener,
  upgradeRequest,
} from "../../fixtures/websocket.ts";

const TEXT = 1;
const PING = 9;
const PONG = 10;

/** An endpoint that answers each "ask" with this many characters. */
function answering(t: TestContext, size: number): Endpoint & { asked: number } {
  const endpoint = Object.assign(testEndpoint(t, "server"), { asked: 0 });
  const answer = "x".repeat(size);
  endpoint.subscribe("ask");
  endpoint.onEvent("ask", () => {
    endpoint.asked++;
    endpoint.publish("answer", { name: "answer", args: [answer] });
  });
  return endpoint;
}

/** A client that has subscribed, and reads nothing from then on. */
async function deafClient(t: TestContext, port: number, first = '["answer"]'): Promise<RawClient> {
  const client = new RawClient(t, port).write(upgradeRequest()).write(frame(TEXT, first));
  await client.until(/"ack"/);
  client.socket.pause();
  return client;
}

test("A.4: whoever asks without reading is not listened to any more, and gets all when it reads", async (t) => {
  const endpoint = answering(t, 100_000);
  const { port, url } = await testListener(t, endpoint, { limits: { pingInterval: -1 } });
  const other = await subscribed(t, url, []);
  const client = await deafClient(t, port);
  const ask = frame(TEXT, eventText("ask", "ask"));
  const total = 400; // 40 MB of answers: far more than may wait.
  for (let i = 0; i < total; i++) client.write(ask);
  client.write(frame(PING, "the last"));
  let before = -1;
  await until("it not to be listened to", async () => {
    // Others are served meanwhile, which also tells that there were turns for both.
    other.ws.ping();
    const answered = other.pongs.length;
    await until("an answer for another", () => other.pongs.length > answered);
    const asked = endpoint.asked;
    const isStill = asked === before && asked > 0;
    before = asked;
    return isStill;
  });
  assert.ok(endpoint.asked < 200, `${endpoint.asked} answers were made for nobody`);
  client.socket.resume();
  await until("all answers", () => endpoint.asked === total);
  await until("the pong", () => client.bytes.subarray(-8).toString() === "the last");
  assert.equal(client.frames().length, total + 2);
});

test("A.4: whoever does not read what is published is dropped, and nobody waits for it", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const lost: string[] = [];
  endpoint.on("peerLost", (_info, reason) => lost.push(reason));
  const { port, url } = await testListener(t, endpoint);
  const client = await deafClient(t, port, '[""]');
  const quick = await subscribed(t, url, [""]);
  const text = "x".repeat(1_000_000);
  let sent = 0;
  await until("the loss", () => {
    endpoint.publish("a", { name: "news", args: [text] });
    sent++;
    return lost.length > 0;
  });
  assert.deepEqual(lost, ["too slow: does not read what is sent to it"]);
  // What waited, and what the system had taken.
  assert.ok(sent < 60, `${sent} MB were kept`);
  await until("all news", () => quick.texts.length === sent + 1);
  client.socket.resume();
  await client.end();
});

test("A.4: a single message may be larger than what may wait", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const { url } = await testListener(t, endpoint);
  const client = await subscribed(t, url, [""]);
  endpoint.publish("a", { name: "news", args: ["x".repeat(20 << 20)] });
  assert.ok((await client.text()).length > 20 << 20);
  assert.equal(client.closed, undefined);
});

test("A.4: whoever reads nothing for an interval is closed, even if it is not listened to", async (t) => {
  const endpoint = answering(t, 1_000_000);
  const lost: string[] = [];
  endpoint.on("peerLost", (_info, reason) => lost.push(reason));
  const { port } = await testListener(t, endpoint, {
    limits: { pingInterval: 100, closeTime: 100 },
  });
  const client = await deafClient(t, port);
  const ask = frame(TEXT, eventText("ask", "ask"));
  for (let i = 0; i < 100; i++) client.write(ask);
  await until("its loss", () => lost.length === 1);
  assert.deepEqual(lost, ["Ping timeout"]);
});

test("A.4: whoever keeps the server busy for long is not taken for dead", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const lost: string[] = [];
  let handled = 0;
  endpoint.on("peerLost", (_info, reason) => lost.push(reason));
  endpoint.subscribe("work");
  endpoint.onEvent("work", () => {
    busy(5);
    handled++;
  });
  const { url } = await testListener(t, endpoint, { limits: { pingInterval: 50 } });
  // One whose idle pong was kept back by a stall of this process, which is both sides, is closed:
  // then another tries.
  await until("one that ends by itself, after all its work", async () => {
    handled = 0;
    lost.length = 0;
    // Its pongs are behind all its work.
    const client = await subscribedInTime(t, url);
    if (client === false) return false;
    for (let i = 0; i < 200; i++) client.ws.send(eventText("work", "work"));
    await until("all work", () => handled === 200 || lost.length > 0);
    client.ws.close(1000);
    await until("its end", () => lost.length === 1);
    return handled === 200 && lost[0] === "closed";
  });
});

test("A.4: a flood does not hold up the loop, nor other clients", async (t) => {
  const endpoint = testEndpoint(t, "server");
  let handled = 0;
  const got: Value[] = [];
  endpoint.subscribe("");
  endpoint.onEvent("flood", () => handled++);
  endpoint.onEvent("other", (n: Value) => {
    got.push(n);
    // It is served while the flood lasts, not after it.
    assert.ok(handled < TOTAL, "the flood is over");
  });
  const { port, url } = await testListener(t, endpoint);
  const other = await subscribed(t, url);
  const flooding = new RawClient(t, port).write(upgradeRequest()).write(frame(TEXT, "[]"));
  await flooding.until(/"ack"/);
  const chunk = Buffer.concat(
    Array(1000).fill(frame(TEXT, eventText("a", "flood", "x".repeat(100)))),
  );
  for (let i = 0; i < TOTAL / 1000; i++) flooding.write(chunk);
  const turns = new TurnWatch(t);
  await until("the flood", () => handled > 0);
  for (const n of ["1", "2", "3"]) {
    other.ws.send(eventText("b", "other", n));
    await until("it", () => got.length === Number(n));
  }
  await until("all of it", () => handled === TOTAL);
  const median = turns.median();
  assert.ok(median < 20, `a turn took ${median} ms of the CPU`);
});
const TOTAL = 50_000;

test("A.4: floods of tiny frames, whatever they are, are bounded in memory and time", async (t) => {
  const endpoint = testEndpoint(t, "server");
  const { port, url } = await testListener(t, endpoint);
  const other = await subscribed(t, url);
  const start = process.memoryUsage().rss;
  for (const [first, tiny] of [
    ["[]", frame(TEXT, "")],
    ["[]", frame(PING, "")],
    ["[]", frame(PONG, "")],
    ["{}", frame(TEXT, "x")],
    ["{}", frame(PING, "")],
  ] as const) {
    const client = new RawClient(t, port).write(upgradeRequest()).write(frame(TEXT, first));
    await client.until(/"ack"|"error"/);
    client.socket.pause(); // It reads no answers.
    const chunk = Buffer.concat(Array(10_000).fill(tiny));
    for (let i = 0; i < 100; i++) client.write(chunk);
  }
  const turns = new TurnWatch(t);
  for (let n = 1; n <= 10; n++) {
    other.ws.ping();
    await until("an answer for another", () => other.pongs.length === n);
  }
  const median = turns.median();
  assert.ok(median < 50, `a turn took ${median} ms of the CPU`);
  const grown = (process.memoryUsage().rss - start) / (1 << 20);
  assert.ok(grown < 300, `grew by ${grown} MiB`);
});
