/** A Zeek's Supervisor from afar: one that knows SupervisorControl, and nothing of ours. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Endpoint } from "../../src/broker/endpoint.ts";
import { type ConnectOptions, connect, type RemoteSupervisor } from "../../src/control/client.ts";
import type { Commands } from "../../src/control/commands.ts";
import { NODE_STATUS_TOPIC, nodeStatusEvent } from "../../src/control/requests.ts";
import { supervisorControl } from "../../src/control/supervisor-control.ts";
import { Watchers } from "../../src/control/watchers.ts";
import type { TreeEvent } from "../../src/core/api.ts";
import type { NodeConfig } from "../../src/core/config.ts";
import type { NodeStatus } from "../../src/core/status.ts";
import { NodeConfigError } from "../../src/errors.ts";
import { History } from "../../src/output/history.ts";
import { atEnd, until } from "../fixtures/tree.ts";
import { testEndpoint, testListener } from "../fixtures/websocket.ts";

/** Accepts everything, and starts nodes when it is told to. */
class FakeZeek implements Commands {
  readonly history = new History();
  readonly watchers = new Watchers(() => {});
  readonly nodes = new Map<string, NodeStatus>();
  readonly orders: string[] = [];
  readonly endpoint: Endpoint;
  stopped = 0;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
    endpoint.serve(supervisorControl(endpoint, this));
  }

  has = (name: string) => this.nodes.has(name);
  createFromAfar(node: NodeConfig): Promise<NodeStatus> {
    if (this.has(node.name))
      throw new NodeConfigError(`node with name '${node.name}' already exists`);
    const status: NodeStatus = { node, state: "pending", generation: 0, since: 0 };
    this.nodes.set(node.name, status);
    return Promise.resolve(status);
  }
  destroy = async (name: string) => this.nodes.delete(name);
  restart = async (name: string) => this.has(name);
  stopNode = async (name: string) => this.has(name);
  startNode = async (name: string) => this.has(name);
  status(name: string) {
    const found = [...this.nodes].filter(([node]) => name === "" || node === name);
    return { nodes: Object.fromEntries(found) };
  }
  usage = async () => ({});
  crashes = async () => [];
  crash = async () => undefined;
  stop(): void {
    this.stopped++;
    for (const peer of this.endpoint.peers) peer.close();
  }
  plan = async () => ({ changes: [], notes: [] });
  beginReload = this.plan;
  reloads = 0;
  reloaded = async () => ({ kept: [], changed: [], started: [], stopped: [] });
  ordered = (text: string) => void this.orders.push(text);

  started(name: string, pid: number): void {
    const status = this.nodes.get(name);
    if (status !== undefined && pid > 0) this.nodes.set(name, { ...status, pid });
    this.endpoint.publish(NODE_STATUS_TOPIC, nodeStatusEvent(name, pid));
  }
}

async function meet(
  t: TestContext,
  options: ConnectOptions = {},
): Promise<{ zeek: FakeZeek; remote: RemoteSupervisor }> {
  const zeek = new FakeZeek(testEndpoint(t, "99999999-9999-4999-8999-999999999999"));
  const { port } = await testListener(t, zeek.endpoint);
  const remote = await connect(`ws://127.0.0.1:${port}`, options);
  atEnd(t, () => remote.close());
  return { zeek, remote };
}

test("it is found to be a Zeek's, at once", { timeout: 60_000 }, async (t) => {
  // Long before the time is over in which one of ours would have to answer.
  const { remote } = await meet(t, { timeout: 600_000 });
  assert.deepEqual([remote.isZeek, remote.mayControl], [true, true]);
});

test("create waits for the pid, and fails with Zeek's words", async (t) => {
  const { remote, zeek } = await meet(t);
  let isCreated = false;
  const created = remote.create({ name: "a", interface: "lo", env: { A: "1" } }).finally(() => {
    isCreated = true;
  });
  await until("the request", () => zeek.has("a"));
  assert.equal((await remote.status()).nodes["a"]?.pid, undefined);
  assert.equal(isCreated, false);
  zeek.started("a", 4711);
  const status = await created;
  assert.equal(status.pid, 4711);
  assert.deepEqual(status.node, { name: "a", interface: "lo", env: { A: "1" } });
  await assert.rejects(remote.create({ name: "a" }), {
    name: "NodeConfigError",
    message: "node with name 'a' already exists",
  });
});

test("a node that does not start in time is told as it is", async (t) => {
  const zeek = new FakeZeek(testEndpoint(t, "99999999-9999-4999-8999-999999999999"));
  const { port } = await testListener(t, zeek.endpoint);
  // All else has to happen in that time too: a machine that stalls gets another try.
  const quick = <Result>(what: string, act: () => Promise<Result>) =>
    until(what, () =>
      act().catch((error: Error) => {
        assert.match(error.message, / within 0\.6 s$/);
        return undefined;
      }),
    );
  const remote = await quick("a connection in time", () =>
    connect(`ws://127.0.0.1:${port}`, { timeout: 600 }),
  );
  atEnd(t, () => remote.close());
  const { state, pid } = await quick("an answer in time", () =>
    remote.create({ name: `n${zeek.nodes.size}` }),
  );
  assert.deepEqual([state, pid], ["pending", undefined]);
});

test("destroy, restart and status say what Zeek says", async (t) => {
  const { remote, zeek } = await meet(t);
  await zeek.createFromAfar({ name: "a" });
  assert.deepEqual([await remote.restart("a"), await remote.restart("b")], [true, false]);
  assert.deepEqual(Object.keys((await remote.status()).nodes), ["a"]);
  assert.deepEqual((await remote.status("b")).nodes, {});
  assert.deepEqual([await remote.destroy("a"), await remote.destroy("a")], [true, false]);
  assert.equal(await remote.restart(""), true);
  assert.match(zeek.orders[0] ?? "", /^restart 'a', ordered by 127\.0\.0\.1:\d+ \(coppice\)$/);
});

test("watch tells of starts, also if another handler fails", async (t) => {
  const { remote, zeek } = await meet(t);
  const write = process.stderr.write;
  let said = "";
  process.stderr.write = ((text: string) => {
    said += text;
    return true;
  }) as typeof write;
  atEnd(t, () => {
    process.stderr.write = write;
  });
  const told: TreeEvent[] = [];
  remote.watch(() => {
    throw new Error("mine");
  });
  remote.watch((event) => told.push(event));
  zeek.started("a", 7);
  zeek.started("b", 0);
  await until("to be told", () => told.length === 2);
  assert.deepEqual(
    told.map(({ kind, text, node }) => [kind, text, node]),
    [
      ["started", "node 'a' was started (PID 7)", "a"],
      ["failed", "node 'b' could not be started", "b"],
    ],
  );
  assert.match(said, /^error: a watcher failed: Error: mine$/m);
});

test("what a Zeek has no words for is refused as such", async (t) => {
  const { remote } = await meet(t);
  await assert.rejects(remote.usage(), { code: "COPPICE_UNSUPPORTED" });
  await assert.rejects(remote.crashes(), { code: "COPPICE_UNSUPPORTED" });
  await assert.rejects(remote.crash("1"), { code: "COPPICE_UNSUPPORTED" });
  await assert.rejects(remote.follow(() => {}).ended, { code: "COPPICE_UNSUPPORTED" });
});

test("stop resolves when the connection is gone", async (t) => {
  const { remote, zeek } = await meet(t);
  await remote.stop();
  assert.equal(zeek.stopped, 1);
  await assert.rejects(remote.status(), { code: "COPPICE_NO_SUPERVISOR" });
});

test("what waits for an answer when the connection goes is told so, and later comes again", async (t) => {
  const { remote, zeek } = await meet(t);
  const { status } = zeek;
  zeek.status = () => {
    for (const peer of zeek.endpoint.peers) peer.close();
    return { nodes: {} };
  };
  await assert.rejects(remote.status(), { code: "COPPICE_CONNECTION_LOST" });
  await assert.rejects(remote.restart("a"), { code: "COPPICE_NO_SUPERVISOR" });
  zeek.status = status;
  await until("the next connection", () =>
    remote.status().then(
      () => true,
      () => false,
    ),
  );
});

test("nobody there, and addresses that are none, are told at once", async () => {
  for (const [url, code] of [
    ["http://127.0.0.1:1", "COPPICE_USAGE"],
    ["", "COPPICE_USAGE"],
    ["unix:", "COPPICE_USAGE"],
    ["unix:/nowhere/control.sock", "COPPICE_NO_SUPERVISOR"],
    ["ws://127.0.0.1:1", "COPPICE_NO_SUPERVISOR"],
    ["tcp://127.0.0.1:1", "COPPICE_NO_SUPERVISOR"],
  ] as const) {
    await assert.rejects(connect(url), { code }, url);
  }
});

test("a server that is none of ours is not waited for without end", async (t) => {
  const endpoint = testEndpoint(t, "99999999-9999-4999-8999-999999999999");
  const { port } = await testListener(t, endpoint);
  // A machine that stalls may need all of that time to connect: then it is tried again.
  await until("a connection that gets no answer", () =>
    connect(`ws://127.0.0.1:${port}`, { timeout: 300 }).then(
      () => assert.fail("nobody has answered anything"),
      (error: Error) => / does not answer within 0\.3 s$/.test(error.message),
    ),
  );
});
