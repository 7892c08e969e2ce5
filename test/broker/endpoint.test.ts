/** The endpoint: who gets what, and who may say what (section B). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Endpoint, type Peer, type PeerInfo, type Service } from "../../src/broker/endpoint.ts";
import { type BrokerEvent, eventOf, eventValue } from "../../src/broker/event.ts";
import type { Message } from "../../src/broker/message.ts";
import { Filter } from "../../src/broker/topics.ts";
import type { Value } from "../../src/broker/values.ts";

test("B: what comes from a client goes to handlers, other clients and peers, and not back", () => {
  const { endpoint, client, native } = setUp();
  const [one, two, peer, other] = [client("a"), client(""), native("a/"), native("b")];
  const heard = listen(endpoint, "a", "E");
  endpoint.receive(one, "a/b", event("E", "x"));
  assert.deepEqual(heard, [["x"]]);
  assert.deepEqual([one.got, two.got, peer.got, other.got], [[], ["E"], ["E"], []]);
});

test("B: what comes from a peer goes to handlers and clients; peers forward nothing to peers", () => {
  const { endpoint, client, native } = setUp();
  const [one, two, from] = [client(""), native(""), native("")];
  const heard = listen(endpoint, "", "E");
  endpoint.receive(from, "t", event("E"));
  assert.deepEqual([heard.length, one.got, two.got, from.got], [1, ["E"], [], []]);
});

test("B: what is published here goes to all who want it, and to no handler here", () => {
  const { endpoint, client, native } = setUp();
  const [one, two, three] = [client("t"), native("t"), native("u")];
  const heard = listen(endpoint, "t", "E");
  assert.ok(endpoint.hasReaders("t/1"));
  assert.ok(!endpoint.hasReaders("s"));
  endpoint.publish("t/1", { name: "E", args: [] });
  assert.deepEqual([heard, one.got, two.got, three.got], [[], ["E"], ["E"], []]);
});

test("B: overlapping subscriptions deliver one copy", () => {
  const { endpoint, client } = setUp();
  const one = client("t", "t/1", "");
  endpoint.publish("t/1", { name: "E", args: [] });
  assert.deepEqual(one.got, ["E"]);
});

test("B: handlers hear what was subscribed to, by prefix, each once", () => {
  const { endpoint, native } = setUp();
  const from = native("");
  const heard = listen(endpoint, "zeek/sup", "E");
  endpoint.subscribe("zeek/supervisor");
  for (const topic of ["zeek/supervisorX", "zeek/su", "zeek/supervisor"])
    endpoint.receive(from, topic, event("E", topic));
  assert.deepEqual(heard, [["zeek/supervisorX"], ["zeek/supervisor"]]);
});

test("what peers should send is what handlers and clients want, and they are told of changes", () => {
  const { endpoint, client, native } = setUp();
  const told: string[] = [];
  endpoint.on("filter", (filter) => told.push(`all ${filter.prefixes.join()}`));
  endpoint.on("localFilter", (filter) => told.push(`local ${filter.prefixes.join()}`));
  native("n");
  const one = client("a");
  endpoint.subscribe("b");
  endpoint.subscribe("b/c");
  endpoint.subscribe("a");
  endpoint.detach(one, "gone");
  // A client wanted "a" before, so that for peers nothing has changed; for this process it has.
  assert.deepEqual(told, ["all a", "all a,b", "local b", "local a,b"]);
  assert.deepEqual(endpoint.filter.prefixes, ["a", "b"]);
});

test("peers that come and go are told of, each going once", () => {
  const { endpoint, native } = setUp();
  const told: string[] = [];
  endpoint.on("peerAdded", ({ id }) => told.push(`+${id}`));
  endpoint.on("peerLost", ({ id }, reason) => told.push(`-${id} ${reason}`));
  const peer = native("");
  endpoint.detach(peer, "why");
  endpoint.detach(peer, "again");
  assert.deepEqual(told, ["+peer 1", "-peer 1 why"]);
});

test("A.2: what is no event is refused, and goes nowhere", () => {
  const { endpoint, client } = setUp();
  const [from, other] = [client(""), client("")];
  for (const value of [null, "E", [], [1, 2], ["E", []]])
    assert.equal(endpoint.receive(from, "t", value), "not an event");
  assert.deepEqual(other.got, []);
});

test("F.5: events of a service's module must fit; the rest passes as it is", () => {
  const { endpoint, client } = setUp();
  const [from, other] = [client(""), client("")];
  const { handled, service } = serviceOf("M::");
  endpoint.serve(service);
  assert.equal(endpoint.receive(from, "s/x", event("M::bad")), "not an event");
  assert.equal(endpoint.receive(from, "s/x", event("M::good")), "taken");
  assert.equal(endpoint.receive(from, "elsewhere", event("M::good")), "taken");
  assert.equal(endpoint.receive(from, "s/x", event("Other::any", 1, 2)), "taken");
  assert.deepEqual(handled, ["M::good"]);
  assert.deepEqual(other.got, ["M::good", "M::good", "Other::any"]);
});

test("who may only look gets what is for readers, and says what is harmless", () => {
  const { endpoint, client } = setUp();
  const [reader, master] = [client.reading(""), client("")];
  const { handled, service } = serviceOf("M::");
  endpoint.serve(service);
  assert.equal(endpoint.receive(reader, "s", event("M::good")), "forbidden");
  assert.equal(endpoint.receive(reader, "s", event("Other::any")), "forbidden");
  assert.equal(endpoint.receive(reader, "s", event("M::look")), "taken");
  assert.deepEqual(handled, ["M::look"]);
  endpoint.receive(master, "s", event("Other::secret"));
  endpoint.publish("s", { name: "Secret", args: [] });
  endpoint.publish("s", { name: "Open", args: [] }, { forReaders: true });
  endpoint.publish("s", { name: "Yours", args: [] }, { only: reader });
  assert.deepEqual(reader.got, ["Open", "Yours"]);
  assert.deepEqual(master.got, ["M::look", "Secret", "Open"]);
});

test("a handler that throws or rejects is reported; the others hear it all the same", async () => {
  const { endpoint, native, errors } = setUp();
  endpoint.subscribe("");
  endpoint.onEvent("E", () => {
    throw new Error("thrown");
  });
  endpoint.onEvent("E", () => Promise.reject(new Error("rejected")));
  const heard = listen(endpoint, "", "E");
  assert.equal(endpoint.receive(native(""), "t", event("E")), "taken");
  await new Promise((soon) => setImmediate(soon));
  assert.equal(heard.length, 1);
  assert.deepEqual(errors, [
    "a handler of 'E' failed: thrown",
    "a handler of 'E' failed: rejected",
  ]);
});

test("a handler that was removed hears no more", () => {
  const { endpoint, native } = setUp();
  const from = native("");
  endpoint.subscribe("");
  let calls = 0;
  const handler = () => calls++;
  endpoint.onEvent("E", handler);
  endpoint.receive(from, "t", event("E"));
  endpoint.offEvent("E", handler);
  endpoint.receive(from, "t", event("E"));
  assert.equal(calls, 1);
});

interface TestPeer extends Peer {
  /** Names of the events that it was sent. */
  got: string[];
}

function setUp() {
  const errors: string[] = [];
  const endpoint = new Endpoint("own id", (error, where) => {
    errors.push(`${where}: ${(error as Error).message}`);
  });
  let peers = 0;
  const attach = (kind: PeerInfo["kind"], mayControl: boolean, prefixes: string[]): TestPeer => {
    const got: string[] = [];
    const peer: TestPeer = {
      got,
      info: { kind, address: "somewhere", id: `peer ${++peers}` },
      mayControl,
      filter: new Filter(prefixes),
      send: (message: Message) => got.push(eventOf(message.value)?.name ?? "no event"),
      close() {},
    };
    endpoint.attach(peer);
    return peer;
  };
  const client = (...prefixes: string[]) => attach("client", true, prefixes);
  client.reading = (...prefixes: string[]) => attach("client", false, prefixes);
  const native = (...prefixes: string[]) => attach("native", true, prefixes);
  return { endpoint, errors, client, native };
}

function listen(endpoint: Endpoint, prefix: string, name: string): Value[][] {
  const heard: Value[][] = [];
  endpoint.subscribe(prefix);
  endpoint.onEvent(name, (...args) => heard.push(args));
  return heard;
}

function event(name: string, ...args: Value[]): Value {
  return eventValue({ name, args });
}

function serviceOf(module: string): { handled: string[]; service: Service } {
  const handled: string[] = [];
  const service: Service = {
    module,
    topic: "s",
    check: ({ name }: BrokerEvent) => !name.endsWith("bad"),
    isHarmless: ({ name }) => name.endsWith("look"),
    handle: ({ name }) => handled.push(name),
  };
  return { handled, service };
}
