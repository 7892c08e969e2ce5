/** Coppice's own control events: what is answered, refused, and for how long it goes on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Endpoint, type Peer } from "../../src/broker/endpoint.ts";
import { eventOf, eventValue } from "../../src/broker/event.ts";
import { toBytes } from "../../src/broker/text.ts";
import { Filter } from "../../src/broker/topics.ts";
import type { Value } from "../../src/broker/values.ts";
import type { Commands } from "../../src/control/commands.ts";
import { coppiceControl } from "../../src/control/coppice-control.ts";
import { Watchers } from "../../src/control/watchers.ts";
import type { CrashRecord } from "../../src/core/crash.ts";
import { ReloadError, SupervisorEndingError } from "../../src/errors.ts";
import { History } from "../../src/output/history.ts";

const CRASH: CrashRecord = {
  id: "7",
  at: 0,
  node: "a",
  kind: "exit",
  exit: { code: 1 },
  generation: 1,
  next: { kind: "gaveUp" },
  stdout: { lines: [], omitted: 0, complete: true },
  stderr: { lines: ["bad"], omitted: 0, complete: true },
  config: { name: "a", env: { SECRET: "s3cret" } },
};

interface Heard {
  topic: string;
  name: string;
  args: readonly Value[];
}

class Client implements Peer {
  readonly info = { kind: "client", address: "unix", id: "c", client: "eve" } as const;
  readonly filter = new Filter(["coppice/client/"]);
  readonly heard: Heard[] = [];
  readonly endpoint: Endpoint;
  readonly mayControl: boolean;

  constructor(endpoint: Endpoint, mayControl = true) {
    this.endpoint = endpoint;
    this.mayControl = mayControl;
    endpoint.attach(this);
  }

  send: Peer["send"] = ({ topic, value }) => {
    const event = eventOf(value);
    assert.ok(event !== undefined);
    this.heard.push({ topic, name: event.name.replace("CoppiceControl::", ""), args: event.args });
  };

  close(): void {
    this.endpoint.detach(this, "closed");
  }

  say(...args: Value[]): string {
    const event = { name: "CoppiceControl::request", args };
    return this.endpoint.receive(this, "coppice/control", eventValue(event));
  }

  ask(id: string, method: string, params: unknown = {}): void {
    this.say(id, method, JSON.stringify(params));
  }

  /** The answer to a request, once it is there. */
  async answer(id: string): Promise<{ ok?: unknown; error?: { code: string; message: string } }> {
    for (let i = 0; i < 20; i++) await new Promise((next) => setImmediate(next));
    const found = this.heard.find(({ name, args }) => name === "response" && args[0] === id);
    assert.ok(found !== undefined, `an answer to ${id}`);
    assert.equal(found.topic, `coppice/client/${id}`);
    return JSON.parse(String(found.args[1])) as ReturnType<typeof JSON.parse>;
  }

  of(name: string): Heard[] {
    return this.heard.filter((one) => one.name === name);
  }
}

function meet() {
  const orders: string[] = [];
  const history = new History();
  const watchers = new Watchers(() => {});
  const commands: Commands = {
    history,
    watchers,
    has: () => true,
    createFromAfar: () => {
      throw new SupervisorEndingError();
    },
    destroy: () => Promise.resolve(true),
    restart: () => new Promise(() => {}),
    stopNode: () => Promise.resolve(true),
    startNode: () => Promise.resolve(true),
    status: () => ({ nodes: {} }),
    usage: () => Promise.reject(new Error("no usage")),
    crashes: () => Promise.resolve([]),
    crash: (id) => Promise.resolve(id === "7" ? CRASH : undefined),
    stop: () => orders.push("stopped"),
    plan: () => Promise.reject(new ReloadError("no plan")),
    beginReload: async ({ rolling }) => {
      orders.push(`reload ${rolling ?? "all"}`);
      return { changes: [], notes: [] };
    },
    reloads: 3,
    reloaded: () => new Promise(() => {}),
    ordered: (text) => orders.push(text),
  };
  const endpoint = new Endpoint("00000000-0000-4000-8000-000000000000", (error) =>
    assert.fail(String(error)),
  );
  endpoint.serve(coppiceControl(endpoint, commands, { version: "1", instance: "i", pid: 7 }));
  return { endpoint, history, watchers, orders, client: new Client(endpoint) };
}

test("hello says what it is, and what the connection may do", async () => {
  const { client, endpoint } = meet();
  client.ask("1", "hello");
  const { ok } = await client.answer("1");
  const { methods, ...about } = ok as { methods: string[] };
  assert.deepEqual(about, { version: "1", instance: "i", pid: 7, reloads: 3, mayControl: true });
  assert.ok(methods.includes("hello") && methods.includes("restart"));
  const looker = new Client(endpoint, false);
  looker.ask("1", "hello");
  assert.equal(((await looker.answer("1")).ok as { mayControl: boolean }).mayControl, false);
});

test("whoever may only look sees a crash without the values of the environment", async () => {
  const { client, endpoint } = meet();
  const looker = new Client(endpoint, false);
  client.ask("1", "crash", { id: "7" });
  assert.deepEqual(await client.answer("1"), { ok: CRASH });
  looker.ask("1", "crash", { id: "7" });
  const config = { name: "a", env: { SECRET: "(hidden)" } };
  assert.deepEqual(await looker.answer("1"), { ok: { ...CRASH, config } });
  client.ask("2", "crash", { id: "8" });
  assert.deepEqual(await client.answer("2"), { ok: null });
  client.ask("3", "crash", {});
  assert.equal((await client.answer("3")).error?.message, "crash needs an id");
});

const BAD: [what: string, method: string, params: string, code: string, message: RegExp][] = [
  ["an unknown method", "explode", "{}", "COPPICE_USAGE", /no method 'explode'/],
  ["a method of all objects", "toString", "{}", "COPPICE_USAGE", /no method/],
  ["no JSON", "status", "{", "COPPICE_USAGE", /not JSON/],
  ["no object", "status", "[]", "COPPICE_USAGE", /not an object/],
  ["destroy without a name", "destroy", "{}", "COPPICE_USAGE", /destroy needs a name/],
  ["restart without a name", "restart", '{"nodes":"a"}', "COPPICE_USAGE", /restart needs a name/],
  ["stop of a node without a name", "stopNode", "{}", "COPPICE_USAGE", /stopNode needs a name/],
  ["a name that is none", "destroy", '{"name":["a"]}', "COPPICE_USAGE", /destroy needs a name/],
  ["an order that is refused", "create", '{"config":{"name":"a"}}', "COPPICE_ENDING", /is ending/],
  ["an error inside", "usage", "{}", "COPPICE_INTERNAL", /^no usage$/],
];

for (const [what, method, params, code, message] of BAD) {
  test(`answered with an error: ${what}`, async () => {
    const { client } = meet();
    client.say("1", method, params);
    const { error } = await client.answer("1");
    assert.equal(error?.code, code);
    assert.match(error?.message ?? "", message);
  });
}

test("what is no request of three strings is no event", () => {
  const { client } = meet();
  for (const args of [[], ["1", "status"], ["1", "status", "{}", "x"], ["1", "status", 1.5]]) {
    assert.equal(client.say(...args), "not an event");
  }
  assert.deepEqual(client.heard, []);
});

test("orders are logged with who gave them, before they are carried out", async () => {
  const { client, orders } = meet();
  client.ask("1", "destroy", { name: "" });
  client.ask("2", "create", {});
  client.ask("4", "stopNode", { name: "a" });
  client.ask("5", "startNode", { name: "a" });
  client.ask("3", "stop");
  assert.deepEqual(orders, [
    "destroy all nodes, ordered by unix (eve)",
    "stop 'a', ordered by unix (eve)",
    "start 'a', ordered by unix (eve)",
    "stop, ordered by unix (eve)",
  ]);
  assert.deepEqual(await client.answer("3"), { ok: true });
  assert.equal(orders.at(-1), "stopped");
});

test("one connection has 32 streams at most, each of its own id, and they go with it", async () => {
  const { client, watchers } = meet();
  for (let i = 0; i < 33; i++) client.ask(`w${i}`, "watch");
  client.ask("w0", "watch");
  assert.match((await client.answer("w32")).error?.message ?? "", /no more than 32/);
  assert.match((await client.answer("w0")).error?.message ?? "", /going on already/);
  assert.equal(watchers.size, 32);
  client.ask("c", "cancel", { id: "w1" });
  client.ask("d", "cancel", { id: "nobody" });
  assert.deepEqual(
    [await client.answer("w1"), await client.answer("d")],
    [{ ok: true }, { ok: true }],
  );
  assert.equal(watchers.size, 31);
  client.ask("again", "watch");
  assert.equal(watchers.size, 32);
  watchers.tell({ kind: "changed", at: 1, text: "t" });
  assert.equal(client.of("event").length, 32);
  client.close();
  assert.equal(watchers.size, 0);
});

test("a follower gets as much as it grants, and never 4 MiB ahead", async () => {
  const { client, history } = meet();
  client.ask("f", "follow", { credit: 5, lines: null });
  client.ask("n", "follow", { credit: "much", lines: null });
  history.append("a", "stdout", toBytes("0123456789\n"), 1);
  await client.answer("f").catch(() => {});
  const [first] = client.of("output");
  assert.deepEqual(first?.args.slice(0, 1), ["f"]);
  assert.deepEqual(JSON.parse(String(first?.args[1])), {
    node: "a",
    stream: "stdout",
    at: 1,
    next: 11,
    missed: 0,
  });
  assert.equal(first?.args[2], "0123456789\n");
  history.append("a", "stdout", toBytes("more\n"), 2);
  await client.answer("f").catch(() => {});
  assert.equal(client.of("output").length, 1, "its credit is used up");
  client.ask("g", "grant", { id: "f", bytes: 1e15 });
  client.ask("h", "grant", { id: "f", bytes: -1e15 });
  const line = toBytes(`${"x".repeat(999)}\n`);
  for (let i = 0; i < 6_000; i++) {
    history.append("a", "stdout", line, 3);
    if (i % 10 === 0) await new Promise((next) => setImmediate(next));
  }
  await client.answer("g");
  const sent = client.of("output").reduce((sum, { args }) => sum + String(args[2]).length, 0);
  assert.ok(sent > 4_000_000 && sent < 4_400_000, String(sent));
  assert.ok(
    client.of("output").every(({ args }) => args[0] === "f"),
    "no credit, no output",
  );
});

test("a follower is told where it begins before anything else", async () => {
  const { client, history } = meet();
  history.append("a", "stdout", toBytes("1\n2\n"), 1);
  client.ask("f", "follow", { credit: 100, lines: 1, follow: false });
  assert.deepEqual(await client.answer("f"), { ok: true });
  assert.deepEqual(
    client.heard.map(({ name, args }) => [name, args[name === "event" ? 1 : 2] ?? args[1]]),
    [
      ["event", '{"from":{"a":2}}'],
      ["output", "2\n"],
      ["response", '{"ok":true}'],
    ],
  );
});
