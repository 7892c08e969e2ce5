/** What systemd is told of a tree, on a clock that the test turns. */
import assert from "node:assert/strict";
import { mock, type TestContext, test } from "node:test";
import type { NodeStatus } from "../../../src/core/status.ts";
import { ManagedService, nodesText } from "../../../src/supervisor/service/managed-service.ts";

function node(name: string, state: NodeStatus["state"], ready?: boolean): NodeStatus {
  const status: NodeStatus = { node: { name }, state, generation: 1, since: 0 };
  return ready === undefined ? status : { ...status, ready };
}

/** A service of which everything is kept that it has said. */
function serve(t: TestContext, { watchdog = undefined as number | undefined, ok = true } = {}) {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  t.after(() => mock.timers.reset());
  const told: string[] = [];
  const said: string[] = [];
  const world = { nodes: [] as NodeStatus[], changed: () => {}, watches: 0, isAlive: true };
  const service = new ManagedService({
    send: async (assignments) => {
      told.push(assignments.join(" "));
      return ok;
    },
    watchdog,
    nodes: () => world.nodes,
    watch: (changed) => {
      world.watches++;
      world.changed = changed;
      return () => void world.watches--;
    },
    ping: (alive) => {
      if (world.isAlive) alive();
    },
    say: (text) => said.push(text),
  });
  return {
    service,
    world,
    said,
    /** What was said since the last call. */
    async told(milliseconds = 0) {
      mock.timers.tick(milliseconds);
      for (let i = 0; i < 20; i++) await Promise.resolve();
      return told.splice(0);
    },
  };
}

test("up, then how many nodes run, at most once a second, then the end", async (t) => {
  const { service, world, told } = serve(t);
  assert.deepEqual(await told(), ["STATUS=starting"]);
  service.ready();
  assert.deepEqual(await told(), ["READY=1 STATUS=no nodes"]);
  world.nodes = [node("a", "running")];
  world.changed();
  world.nodes.push(node("b", "waiting"));
  world.changed();
  assert.deepEqual(await told(999), []);
  assert.deepEqual(await told(1), ["STATUS=1 of 2 nodes run, 1 waiting"]);
  world.changed();
  assert.deepEqual(await told(5_000), [], "nothing new is not told");
  service.stopping();
  service.stopping();
  const [last] = await told();
  assert.equal(last, "STATUS=ending the tree STOPPING=1 EXTEND_TIMEOUT_USEC=30000000");
  assert.equal(world.watches, 0);
  assert.deepEqual(await told(10_000), ["EXTEND_TIMEOUT_USEC=30000000"]);
  service.ready();
  assert.deepEqual(await told(), [], "what has begun to end is never up again");
});

test("the sign of life is the Stem's: without its answer there is none", async (t) => {
  const { service, world, told } = serve(t, { watchdog: 30_000 });
  await told();
  assert.deepEqual(await told(60_000), [], "not before it is up");
  service.ready();
  assert.match((await told())[0] ?? "", /WATCHDOG=1/);
  assert.deepEqual(await told(10_000), ["WATCHDOG=1"]);
  world.isAlive = false;
  assert.deepEqual(await told(30_000), []);
  world.isAlive = true;
  assert.deepEqual(await told(10_000), ["WATCHDOG=1"]);
  service.stopping();
  await told();
  assert.ok(!(await told(30_000)).join().includes("WATCHDOG"));
});

test("a reload is told with the time of it, and waited for; then it is up again", async (t) => {
  const { service, told } = serve(t, { watchdog: 3_000 });
  service.ready();
  await told();
  await service.reloading();
  const [reload = ""] = await told();
  assert.match(reload, /^STATUS=reloading RELOADING=1 MONOTONIC_USEC=\d+$/);
  assert.deepEqual(
    await told(60_000),
    [],
    "nothing is started that the next image would not know of",
  );
  service.ready();
  assert.deepEqual(await told(), ["READY=1 STATUS=no nodes WATCHDOG=1"]);
});

test("what cannot be told is complained of once", async (t) => {
  const { service, said, told } = serve(t, { ok: false });
  service.ready();
  await told();
  service.stopping();
  await told();
  assert.equal(said.length, 1);
  assert.match(said[0] ?? "", /^warning: .*NotifyAccess=all$/);
});

test("how many nodes run, and what the others do", () => {
  const nodes = [
    node("a", "running", true),
    node("b", "running", false),
    node("c", "waiting"),
    node("d", "waiting"),
  ];
  assert.equal(nodesText(nodes), "2 of 4 nodes run, 1 not ready, 2 waiting");
  assert.equal(nodesText(nodes.slice(0, 1)), "1 of 1 node runs");
});
