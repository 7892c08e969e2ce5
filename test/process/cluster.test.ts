/** The cluster framework in real script nodes: connections, topics, and nodes that come back. */
import assert from "node:assert/strict";
import fs from "node:fs";
import net from "node:net";
import { type TestContext, test } from "node:test";
import type { ClusterEndpoint, NodeConfig, Role } from "../../src/index.ts";
import { freePort } from "../fixtures/ports.ts";
import { type Puppet, puppet } from "../fixtures/puppet.ts";
import { TLS } from "../fixtures/remote.ts";
import { atEnd, until } from "../fixtures/tree.ts";

type Layout = Record<string, ClusterEndpoint>;

/**
 * What every node does: it says who comes and goes, what it hears and when all are there; and it
 * publishes what the Supervisor's process has written for it, which is read on SIGUSR2.
 */
const NODE = `
import fs from "node:fs";
import { cluster, on, supervisor } from "coppice";
if (supervisor.isSupervised()) {
  cluster.on("nodeUp", (name, id) => console.log("up", name, id.length));
  cluster.on("nodeDown", (name) => console.log("down", name));
  cluster.onEvent("Test::said", (text) => console.log("heard", text));
  process.on("SIGUSR2", () => {
    const { topic, text } = JSON.parse(fs.readFileSync("order.json", "utf8"));
    cluster.publish(topic, "Test::said", text);
    console.log("said", text);
  });
  on("init", async () => {
    console.log("is", cluster.node, cluster.role, Object.keys(cluster.nodes).length, cluster.managerIsLogger);
    // Not awaited here: those that come after this node wait for the end of its init.
    cluster.connected("everyone").then(() =>
      console.log("connected to", [...cluster.peers].sort().join(",")),
    );
  });
}`;

async function layoutOf(roles: Record<string, Role>, silent: string[] = []): Promise<Layout> {
  const entries: [string, ClusterEndpoint][] = [];
  for (const [name, role] of Object.entries(roles)) {
    const port = silent.includes(name) ? 0 : await freePort();
    entries.push([name, { role, host: "127.0.0.1", port }]);
  }
  return Object.fromEntries(entries);
}

async function start(own: Puppet, cluster: Layout, rest: Partial<NodeConfig> = {}): Promise<void> {
  const names = Object.keys(cluster);
  await own.createAll(names.map((name) => ({ name, cluster, ...rest })));
}

/** Has a node publish a text that was not said before, and waits until it has. */
async function say(own: Puppet, node: string, topic: string, text: string): Promise<void> {
  const order = JSON.stringify({ topic, text });
  await own.call(
    `import("node:fs").then((fs) => fs.writeFileSync("order.json", ${JSON.stringify(order)}))`,
  );
  process.kill(await pidOf(own, node), "SIGUSR2");
  await own.tree.line(new RegExp(`^${OUT}\\[${node}\\] said ${text}$`, "m"));
}

/** Who has heard a text, when `count` have. */
async function hearers(own: Puppet, text: string, count: number): Promise<string[]> {
  const heard = await own.tree.lines(new RegExp(`^${OUT}\\[(.*)\\] heard ${text}$`, "m"), count);
  return heard.map(([, name = ""]) => name).sort();
}

/** What the Supervisor puts before what nodes print. */
const OUT = "\\[supervisor:STDOUT\\] ";

const ROLES: Record<string, Role> = {
  "logger-1": "LOGGER",
  manager: "MANAGER",
  "proxy-1": "PROXY",
  "worker-1": "WORKER",
  "worker-2": "WORKER",
};
const SILENT = ["worker-1", "worker-2"];
const WORKERS_PEERS = "logger-1,manager,proxy-1";
const NEIGHBOURS: Record<string, string> = {
  "logger-1": "manager,proxy-1,worker-1,worker-2",
  manager: "logger-1,proxy-1,worker-1,worker-2",
  "proxy-1": "logger-1,manager,worker-1,worker-2",
  "worker-1": WORKERS_PEERS,
  "worker-2": WORKERS_PEERS,
};

async function wholeCluster(t: TestContext, layout: Layout): Promise<Puppet> {
  const own = await puppet(t, NODE);
  await start(own, layout);
  for (const [name, peers] of Object.entries(NEIGHBOURS)) {
    await own.tree.line(new RegExp(`^${OUT}\\[${name}\\] connected to ${peers}$`, "m"));
  }
  return own;
}

test("a whole cluster", async (t) => {
  const layout = await layoutOf(ROLES, SILENT);
  const own = await wholeCluster(t, layout);

  await t.test(
    "23: nodes know who they are, and are connected as the layout says, each pair once",
    async () => {
      for (const [name, role] of Object.entries(ROLES)) {
        const ports = SILENT.includes(name) ? [] : [layout[name]?.port];
        assert.deepEqual(listening(await pidOf(own, name)), ports);
        await own.tree.line(new RegExp(`^${OUT}\\[${name}\\] is ${name} ${role} 5 false$`, "m"));
        const ups = own.tree.stdout.matchAll(new RegExp(`^${OUT}\\[${name}\\] up (.*) 36$`, "gm"));
        assert.deepEqual([...ups].map(([, peer]) => peer).sort(), NEIGHBOURS[name]?.split(","));
      }
      assert.equal(own.tree.stderr, "");
    },
  );

  await t.test(
    "an event on a role's topic gets to the nodes of that role, and on a node's topic to that node",
    async () => {
      await say(own, "manager", "zeek/cluster/worker", "to-workers");
      await say(own, "manager", "zeek/cluster/node/worker-2/", "to-one");
      await say(own, "worker-1", "zeek/cluster/manager", "to-manager");
      await say(own, "worker-1", "zeek/cluster/logger", "to-loggers");
      await say(own, "proxy-1", "zeek/cluster/pool/worker", "to-pool");
      // A node's own role: it does not come back, and does not pass from one peer to the next.
      await say(own, "worker-1", "zeek/cluster/worker", "to-own-role");
      await say(own, "manager", "zeek/cluster/", "to-nobody");
      // What each connection carries comes in order: when these are there, all is.
      for (const from of ["manager", "worker-1", "proxy-1"]) {
        const others = NEIGHBOURS[from]!.split(",");
        for (const other of others) {
          const end = `end-${from}-${other}`;
          await say(own, from, `zeek/cluster/node/${other}/`, end);
          assert.deepEqual(await hearers(own, end, 1), [other]);
        }
      }
      const heard: [string, string[]][] = [
        ["to-workers", ["worker-1", "worker-2"]],
        ["to-one", ["worker-2"]],
        ["to-manager", ["manager"]],
        ["to-loggers", ["logger-1"]],
        ["to-pool", ["worker-1", "worker-2"]],
        ["to-own-role", []],
        ["to-nobody", []],
      ];
      for (const [text, those] of heard) {
        assert.deepEqual(await hearers(own, text, 0), those, text);
      }
    },
  );

  await t.test("a manager that is killed comes back, and finds its peers and they it", async () => {
    const killed = await pidOf(own, "manager");
    process.kill(killed, "SIGKILL");
    await own.tree.lines(/^.*? \[manager\] connected to .*$/m, 2);
    // What it prints and what its status says come on two ways: the pid may still be the dead one's.
    await own.node("manager", ({ pid }) => pid !== undefined && pid !== killed);
    for (const name of NEIGHBOURS["manager"]!.split(",")) {
      await own.tree.line(new RegExp(`^${OUT}\\[${name}\\] down manager$`, "m"));
      await own.tree.lines(new RegExp(`^${OUT}\\[${name}\\] up manager `, "m"), 2);
    }
    await say(own, "worker-2", "zeek/cluster/manager", "after");
    assert.deepEqual(await hearers(own, "after", 1), ["manager"]);
    await say(own, "manager", "zeek/cluster/worker", "again");
    assert.deepEqual(await hearers(own, "again", 2), ["worker-1", "worker-2"]);
  });
});

test("what scripts subscribe to while they are loaded, or first in `init`, is known before anybody is connected", async (t) => {
  const source = `
import { cluster, on, supervisor } from "coppice";
if (supervisor.isSupervised()) {
  cluster.subscribe("early/");
  cluster.onEvent("E::x", (where) => console.log("heard", where));
  on("init", async () => {
    cluster.subscribe("init/");
    if (cluster.role !== "WORKER") return;
    await cluster.connected("MANAGER");
    cluster.publish("early/", "E::x", "early");
    cluster.publish("init/", "E::x", "init");
  });
}`;
  const own = await puppet(t, source);
  await start(own, await layoutOf({ manager: "MANAGER", worker: "WORKER" }, ["worker"]));
  await own.tree.line(/^.*? \[manager\] heard early$/m);
  await own.tree.line(/^.*? \[manager\] heard init$/m);
});

test("a peer that does not read is dropped, which is said at once; it is connected again when it goes on", async (t) => {
  const source = `${NODE}
if (supervisor.isSupervised()) process.on("SIGHUP", () => {
  const text = "x".repeat(1 << 20);
  for (let i = 0; i < 40; i++) cluster.publish(cluster.topics.worker, "Test::filler", text);
  console.log("filled");
});`;
  const own = await puppet(t, source);
  await start(own, await layoutOf({ manager: "MANAGER", worker: "WORKER" }, ["worker"]));
  await own.tree.line(/^.*? \[manager\] connected to worker$/m);
  const worker = await pidOf(own, "worker");
  process.kill(worker, "SIGSTOP");
  atEnd(t, () => process.kill(worker, "SIGCONT"));
  process.kill(await pidOf(own, "manager"), "SIGHUP");
  await own.tree.line(/^.*? \[manager\] down worker$/m);
  await own.tree.line(
    /^.*? \[manager\] warning: 'worker' is disconnected: the peer does not keep up: \d+ bytes wait to be sent to it; they are lost$/m,
    "stderr",
  );
  process.kill(worker, "SIGCONT");
  await own.tree.lines(/^.*? \[manager\] up worker /m, 2);
  await say(own, "manager", "zeek/cluster/worker", "afterwards");
  assert.deepEqual(await hearers(own, "afterwards", 1), ["worker"]);
});

/** The Supervisor is a peer that can greet nodes as a Zeek of any name. */
const GREETER = `${NODE}
import { broker } from "coppice";
if (supervisor.isSupervisor()) {
  const ids = new Set();
  broker.subscribe("zeek/cluster/nodeid/" + cluster.id + "/");
  broker.on("peerAdded", (peer) => ids.add(peer.id));
  broker.onEvent("Cluster::hello", (name, id) => console.log("hello of", name, ids.has(id)));
  globalThis.greet = (name) => {
    for (const id of ids) broker.publish("zeek/cluster/nodeid/" + id + "/", "Cluster::hello", name, cluster.id);
  };
}`;

test("clusters one after the other in one tree", async (t) => {
  const own = await puppet(t, GREETER);
  t.afterEach(() => own.destroy(""));

  await t.test(
    "a port that is taken is told in one line, and the node is tried again until it is free",
    async () => {
      const layout = await layoutOf({ manager: "MANAGER", worker: "WORKER" }, ["worker"]);
      const { port } = layout["manager"]!;
      const holder = net.createServer((socket) => socket.destroy()).listen(port, "127.0.0.1");
      atEnd(t, () => holder.close());
      await until("the port to be taken", () => holder.listening);
      // The worker goes its own way meanwhile: it is not the order of nodes that this is about.
      await start(own, layout, { after: [], revival: { delay: 100 } });
      const [told] = await own.news("nodeExit", "manager", 1);
      assert.equal(told?.exit?.code, 1);
      const line = `[supervisor:STDERR] [manager] error: node 'manager' cannot listen on 127.0.0.1:${port}: address already in use; its layout must give it an address of this host, and a port that is free\n`;
      // That it has ended is told on another way, and may be known before what it said.
      const [said] = await own.tree.line(/^.*? \[manager\] .*\n/m, "stderr");
      assert.equal(said, line);
      assert.ok(!/^.*? \[manager\] is/m.test(own.tree.stdout), "its `init` is not raised");
      holder.close();
      await own.tree.line(/^.*? \[manager\] connected to worker$/m);
      await own.tree.line(/^.*? \[worker\] connected to manager$/m);
    },
  );

  await t.test(
    "hosts may be IPv6 addresses, with brackets as Zeek writes them, and names",
    async () => {
      const layout = await layoutOf({ logger: "LOGGER", manager: "MANAGER", worker: "WORKER" });
      layout["logger"]!.host = "localhost";
      layout["manager"]!.host = "[::1]";
      layout["worker"]!.host = "::1";
      await start(own, layout);
      await own.tree.line(/^.*? \[worker\] connected to logger,manager$/m);
      await own.tree.line(/^.*? \[manager\] connected to logger,worker$/m);
    },
  );

  await t.test(
    "in bare mode nothing listens and nothing is connected, but a node knows its layout",
    async () => {
      const layout = await layoutOf({ "bare-1": "MANAGER", "bare-2": "WORKER" });
      await start(own, layout, { bareMode: true });
      await own.tree.line(/^.*? \[bare-1\] is bare-1 MANAGER 2 true$/m);
      await own.tree.line(/^.*? \[bare-2\] connected to $/m);
      for (const name of Object.keys(layout)) {
        assert.deepEqual(listening(await pidOf(own, name)), []);
      }
    },
  );

  await t.test(
    "a node without a layout has no name in a cluster, and nothing listens",
    async () => {
      await own.create({ name: "a" });
      await own.tree.line(/^.*? \[a\] is {2}NONE 0 true$/m);
      await own.tree.line(/^.*? \[a\] connected to $/m);
      assert.deepEqual(listening(await pidOf(own, "a")), []);
    },
  );

  for (const [what, name, cluster, line] of [
    [
      "its own name is not in it",
      "lost",
      { b: { role: "WORKER", host: "127.0.0.1", port: 0 } },
      /^.*? \[lost\] error: node 'lost' is not in the layout of its own cluster/m,
    ],
    [
      "there are two managers",
      "twin",
      {
        twin: { role: "MANAGER", host: "127.0.0.1", port: 0 },
        b: { role: "MANAGER", host: "127.0.0.1", port: 0 },
      },
      /^.*? \[twin\] error: a layout has one manager at most: 'b', 'twin'$/m,
    ],
    [
      "it would listen beyond the machine without certificates",
      "open",
      { open: { role: "MANAGER", host: "0.0.0.0", port: 27760 } },
      /^.*? \[open\] error: node 'open' will not listen on 0\.0\.0\.0:27760: .*cluster\.secure\(\{ insecure: true \}\)\)$/m,
    ],
  ] as const) {
    await t.test(
      `a layout that cannot be is told in one line, and the node ends with status 1: ${what}`,
      async () => {
        await own.create({ name, cluster, revival: { delay: 600_000 } });
        const [told] = await own.news("nodeExit", name, 1);
        assert.equal(told?.exit?.code, 1);
        await own.tree.line(line, "stderr");
      },
    );
  }

  await t.test(
    "a peer that says hello as Zeek does is a member, and is greeted; one that is not in the layout is not",
    async () => {
      const layout = await layoutOf({ manager: "MANAGER", zeek: "WORKER" });
      await own.create({ name: "manager", cluster: layout });
      const { port } = layout["manager"]!;
      await own.call(`coppice.broker.peer("127.0.0.1", ${port}).connected`);
      await own.tree.line(/^hello of manager true$/m);
      await own.call('globalThis.greet("stranger\\n")');
      await own.tree.line(
        /^.*? \[manager\] warning: a peer that is not in the layout: "stranger\\n"$/m,
        "stderr",
      );
      await own.call('globalThis.greet("zeek")');
      await own.tree.line(/^.*? \[manager\] up zeek 36$/m);
      await own.tree.line(/^.*? \[manager\] connected to zeek$/m);
    },
  );

  await t.test(
    "with certificates a cluster listens beyond the machine, and takes nobody without one",
    async () => {
      const layout = await layoutOf({ boss: "MANAGER", helper: "WORKER", stranger: "WORKER" }, [
        "helper",
        "stranger",
      ]);
      for (const endpoint of Object.values(layout)) endpoint.host = "0.0.0.0";
      const secure = `import { cluster } from "coppice"; cluster.secure({ tls: ${JSON.stringify(TLS)} });`;
      fs.writeFileSync(own.tree.file("secure.mjs"), secure);
      const stranger = `import { broker } from "coppice";
const { connected } = broker.peer("127.0.0.1", ${layout["boss"]!.port}, { retry: false });
connected.then(() => console.log("got in"), (error) => console.log("kept out:", error.message));`;
      fs.writeFileSync(own.tree.file("stranger.mjs"), stranger);
      for (const name of ["boss", "helper"]) {
        await own.create({ name, cluster: layout, addlUserScripts: ["secure.mjs"] });
      }
      await own.tree.line(/^.*? \[boss\] up helper 36$/m);
      await own.tree.line(/^.*? \[helper\] connected to boss$/m);
      await own.create({ name: "stranger", cluster: layout, addlUserScripts: ["stranger.mjs"] });
      const [, why] = await own.tree.line(/^.*? \[stranger\] kept out: (.*)$/m);
      assert.match(why ?? "", /handshake failure$/);
      assert.ok(!/up stranger|\[stranger\] connected/.test(own.tree.stdout), own.tree.report());
    },
  );

  await t.test("what comes at the wrong time is refused with a reason", async () => {
    fs.writeFileSync(
      own.tree.file("late.mjs"),
      `import { cluster, on, supervisor } from "coppice";
const tell = (error) => console.log(error.name, error.message);
if (supervisor.isSupervised()) {
  cluster.connected().catch(tell);
  try { cluster.on("nodeGone", () => {}); } catch (error) { tell(error); }
  on("init", () => { try { cluster.secure({ insecure: true }); } catch (error) { tell(error); } });
}`,
    );
    await own.create({
      name: "late",
      cluster: { late: { role: "WORKER", host: "::1", port: 0 } },
      addlUserScripts: ["late.mjs"],
    });
    await own.tree.line(
      /^.*? \[late\] Error .* wait for cluster\.connected\(\) in a handler of 'init'$/m,
    );
    await own.tree.line(
      /^.*? \[late\] TypeError no event is called 'nodeGone': there are nodeUp, nodeDown$/m,
    );
    await own.tree.line(
      /^.*? \[late\] Error .* call cluster\.secure\(\) while the script is loaded$/m,
    );
  });
});

async function pidOf(own: Puppet, name: string): Promise<number> {
  const { pid } = await own.node(name, (status) => status.pid !== undefined);
  return pid!;
}

/** The TCP ports on which a process listens. */
function listening(pid: number): number[] {
  const held = new Set(
    fs.readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return fs.readlinkSync(`/proc/${pid}/fd/${fd}`);
      } catch {
        return ""; // It was open for a moment.
      }
    }),
  );
  const sockets = ["tcp", "tcp6"].flatMap((table) =>
    fs.readFileSync(`/proc/net/${table}`, "utf8").trim().split("\n").slice(1),
  );
  return sockets
    .map((socket) => socket.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === LISTEN && held.has(`socket:[${inode}]`))
    .map(([, local = ""]) => Number.parseInt(local.split(":")[1] ?? "", 16));
}

/** As Linux writes the state in its tables. */
const LISTEN = "0A";
