/** SupervisorControl over WebSockets, as an unmodified client of Zeek's speaks it. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { type TestContext, test } from "node:test";
import { controlSocket, unixClient } from "../fixtures/remote.ts";
import { atEnd, isAlive, plant, type TestTree, until } from "../fixtures/tree.ts";
import {
  bool,
  count,
  event,
  int,
  NO_EVENT,
  nodeConfig,
  none,
  program,
  str,
  tab,
  unixUrl,
  vec,
  type ZeekClient,
  zeekClient,
} from "../fixtures/zeek-client.ts";
import { A8_RESTART_REQUEST, A8_RESTART_RESPONSE } from "../fixtures/zeek-messages.ts";

const SLEEP = ["sleep", "1000"];
const SHELL = ["sh", "-c", "trap 'echo told' TERM; echo ready; while :; do sleep 0.02; done"];
/** Lives on until the test kills it, whatever else it is told. */
const STUBBORN = { stop: { interval: 600_000 } };

interface Met {
  zeek: ZeekClient;
  url: string;
}

/** A client that finds a tree without nodes, and leaves it so. */
async function meet(t: TestContext, tree: TestTree, prefixes?: string[]): Promise<Met> {
  const url = unixUrl(controlSocket(tree));
  const remote = await unixClient(t, tree);
  atEnd(t, () => tree.child.exitCode === null && remote.destroy(""));
  return { url, zeek: await zeekClient(t, url, prefixes) };
}

test("SupervisorControl over the socket of one tree", async (t) => {
  const tree = plant(t, "");

  await t.test("A.7: every request is answered, in order, with what Zeek answers", async (t) => {
    const { zeek } = await meet(t, tree);
    zeek.say(
      event("status_request", str("1"), str("")),
      event("create_request", str("2"), program("a", SLEEP)),
      event("status_request", str("3"), str("a")),
      event("restart_request", str("4"), str("a")),
      event("restart_request", str("5"), str("nobody")),
      event("destroy_request", str("6"), str("nobody")),
      event("status_request", str("7"), str("nobody")),
      event("destroy_request", str("8"), str("a")),
      event("destroy_request", str("9"), str("a")),
      event("restart_request", str("10"), str("")),
      event("destroy_request", str("11"), str("")),
    );
    const answers: [string, ...unknown[]][] = [];
    while (answers.length < 11) {
      const { topic, name, args } = await zeek.told();
      if (name === "node_status") continue;
      assert.equal(topic, `zeek/supervisor/${name}/${args[0]}`);
      answers.push([name.replace("_response", ""), ...args]);
    }
    const [, , third] = answers;
    assert.match(JSON.stringify(third), /"a":\[\["a",null,/);
    assert.deepEqual(answers.toSpliced(2, 1), [
      ["status", "1", [{}]],
      ["create", "2", ""],
      ["restart", "4", true],
      ["restart", "5", false],
      ["destroy", "6", false],
      ["status", "7", [{}]],
      ["destroy", "8", true],
      ["destroy", "9", false],
      ["restart", "10", true],
      ["destroy", "11", true],
    ]);
  });

  await t.test("A.8: the restart of the specification is answered byte by byte", async (t) => {
    const { zeek } = await meet(t, tree);
    zeek.say(A8_RESTART_REQUEST);
    assert.equal(await zeek.client.text(), A8_RESTART_RESPONSE);
  });

  await t.test(
    "A.7: destroy is answered at once, before the process is gone, and frees the name",
    async (t) => {
      const { zeek } = await meet(t, tree);
      await zeek.ask("create", "1", program("a", SHELL, STUBBORN));
      const old = Number((await zeek.toldOf("node_status")).args[1]);
      await tree.line(/\[a\] ready$/m);
      assert.equal(await zeek.ask("destroy", "2", str("a")), true);
      assert.deepEqual(await zeek.ask("status", "3", str("")), [{}]);
      assert.equal(await zeek.ask("create", "4", program("a", SLEEP)), "");
      await tree.line(/\[a\] told$/m);
      assert.ok(isAlive(old));
      process.kill(old, "SIGKILL");
      const [, pid] = (await zeek.toldOf("node_status")).args;
      assert.ok(!isAlive(old) && isAlive(Number(pid)), "first one, then the other");
    },
  );

  await t.test(
    "E.2: an agent's deploy in one burst is answered in order, while all that it ends still lives",
    async (t) => {
      const { zeek } = await meet(t, tree);
      const names = ["manager", "logger", "worker-1", "worker-2"];
      const old: number[] = [];
      for (const name of names) {
        await zeek.ask("create", name, program(name, SHELL, STUBBORN));
        old.push(Number((await zeek.toldOf("node_status")).args[1]));
      }
      await tree.lines(/\[(manager|logger|worker-.)\] ready$/m, 4);
      zeek.say(
        event("status_request", str("s"), str("")),
        ...names.map((name) => event("destroy_request", str(`d-${name}`), str(name))),
        ...names.map((name) => event("create_request", str(`c-${name}`), program(name, SLEEP))),
        event("status_request", str("t"), str("")),
      );
      const order: unknown[] = [];
      let last: unknown;
      while (order.at(-1) !== "t") {
        const told = await zeek.told();
        if (told.name === "node_status") continue;
        order.push(told.args[0]);
        last = told.args[1];
        if (/^[cd]-/.test(String(told.args[0]))) assert.ok(last === true || last === "");
      }
      // An agent waits 5 s for its answers; they wait for nobody's end, which may take longer.
      assert.deepEqual(old.filter(isAlive), old);
      // Killed before they are told to end, they would come back, and nobody would kill those.
      await tree.lines(/\[(manager|logger|worker-.)\] told$/m, 4);
      for (const pid of old) process.kill(pid, "SIGKILL");
      const each = (kind: string) => names.map((name) => `${kind}-${name}`);
      assert.deepEqual(order, ["s", ...each("d"), ...each("c"), "t"]);
      assert.deepEqual(Object.keys((last as [object])[0]).sort(), [...names].sort());
    },
  );

  await t.test("A.7: the request's id comes back, whatever it is", async (t) => {
    const { zeek } = await meet(t, tree);
    for (const id of ["", "a/b", "\u00e9\u{1f333}", "<$>", "x".repeat(5000), '"\\\n\t', " "]) {
      assert.deepEqual(await zeek.ask("status", id, str("")), [{}], id.slice(0, 20));
      const last = JSON.parse(zeek.client.texts.at(-1) ?? "") as { topic: string };
      assert.equal(last.topic, `zeek/supervisor/status_response/${id}`);
    }
  });

  await t.test("A.7: what cannot be created is told in Zeek's words", async (t) => {
    const { zeek } = await meet(t, tree);
    const create = (config: ReturnType<typeof nodeConfig>) => zeek.ask("create", "r", config);
    assert.equal(await create(program("a", SLEEP)), "");
    assert.equal(await create(program("a", SLEEP)), "node with name 'a' already exists");
    assert.equal(await create(nodeConfig("")), "node names must not be an empty string");
    assert.equal(await create(nodeConfig("b c")), "node names must not contain spaces: 'b c'");
    assert.equal(
      await create(nodeConfig("b", { 1: str("eth0"), 2: str("x.pcap") })),
      "node with name 'b' has interface and pcap_file set",
    );
    assert.match(
      String(await create(nodeConfig("b", { 3: str("/proc/nowhere") }))),
      /^failed to create working directory \/proc\/nowhere/,
    );
    assert.match(String(await create(program("b", []))), /field 'command/);
    assert.deepEqual(Object.keys(((await zeek.ask("status", "s", str(""))) as [object])[0]), ["a"]);
  });

  await t.test(
    "A.2: arguments that do not fit, and events that are not known, are refused",
    async (t) => {
      const { zeek } = await meet(t, tree);
      const wrong = [
        event("restart_request", str("r")),
        event("restart_request", str("r"), str(""), str("")),
        event("restart_request", count(1), str("")),
        event("status_request", str("r"), none),
        event("stop_request", str("r")),
        event("create_request", str("r"), str("a")),
        event("create_request", str("r"), vec(str("a"))),
        event("create_request", str("r"), nodeConfig("a", { 10: count(1) })),
        event("create_request", str("r"), nodeConfig("a", { 9: none })),
        event("node_status", str("a"), int(1)),
        event("restart", str("r")),
      ];
      zeek.say(...wrong);
      for (const _ of wrong) assert.equal(await zeek.client.text(), NO_EVENT);
      zeek.say("{", '{"topic":"x"}');
      for (const _ of ["{", "no value"]) {
        assert.match(await zeek.client.text(), /"context":"failed to decode JSON object"/);
      }
      assert.deepEqual(await zeek.ask("status", "r", str("")), [{}], "the connection is as before");
    },
  );

  await t.test(
    "A.7: each start is told, revivals and restarts too, and a failed one with pid 0",
    async (t) => {
      const { zeek } = await meet(t, tree, ["zeek/supervisor/node_status"]);
      zeek.say(event("create_request", str("1"), program("a", SLEEP, { revival: { delay: 0 } })));
      const first = await zeek.told();
      assert.deepEqual([first.topic, first.name], ["zeek/supervisor/node_status", "node_status"]);
      assert.equal(first.args[0], "a");
      assert.ok(isAlive(Number(first.args[1])));
      process.kill(Number(first.args[1]), "SIGKILL");
      const revived = await zeek.told();
      zeek.say(event("restart_request", str("2"), str("a")));
      const restarted = await zeek.told();
      assert.equal(new Set([first, revived, restarted].map(({ args }) => args[1])).size, 3);
      const failing = program("b", ["./nowhere"], { revival: { delay: 600_000 } });
      zeek.say(event("create_request", str("3"), failing));
      assert.deepEqual((await zeek.told()).args, ["b", 0]);
    },
  );

  await t.test(
    "B: requests are seen by others that want them, not by the sender, answers by all",
    async (t) => {
      const { zeek, url } = await meet(t, tree);
      const other = await zeekClient(t, url);
      const deaf = await zeekClient(t, url, ["other/topic"]);
      zeek.say(event("restart_request", str("mine"), str("")));
      assert.equal((await other.told()).name, "restart_request");
      assert.equal((await other.told()).name, "restart_response");
      assert.equal((await zeek.told()).name, "restart_response");
      // What it was sent before comes before this.
      deaf.client.ws.ping();
      await until("a pong", () => deaf.client.pongs.length > 0);
      assert.equal(deaf.client.texts.length, 1, "the acknowledgement alone");
    },
  );

  await t.test(
    "E.3: a configuration of the management framework comes back as it was",
    async (t) => {
      const { zeek } = await meet(t, tree);
      const endpoint = (role: string, port: string, metrics = none) =>
        vec(
          { "@data-type": "enum-value", data: `Supervisor::${role}` },
          { "@data-type": "address", data: "127.0.0.1" },
          { "@data-type": "port", data: port },
          none,
          none,
          metrics,
        );
      const config = nodeConfig("worker-1", {
        1: str("lo"),
        3: str(tree.file("nodes/worker-1")),
        6: bool(true),
        7: vec(str("policy/frameworks/management/agent/main.zeek")),
        8: vec(str("policy/frameworks/management/node")),
        9: tab({ ZEEK_MANAGEMENT_NODE: str("AGENT") }),
        10: int(0),
        11: tab({
          manager: endpoint("MANAGER", "2200/tcp", { "@data-type": "port", data: "9911/tcp" }),
          "worker-1": endpoint("WORKER", "0/?"),
        }),
      });
      assert.equal(await zeek.ask("create", "c", config), "");
      zeek.say(event("status_request", str("s"), str("worker-1")));
      await zeek.toldOf("status_response");
      const text = zeek.client.texts.find((one) => one.includes("status_response")) ?? "";
      assert.ok(text.includes(JSON.stringify(config)), text);
    },
  );

  await t.test(
    "F.11: stop_request ends the tree in order, and every connection with 1001",
    async (t) => {
      const { zeek, url } = await meet(t, tree);
      const other = await zeekClient(t, url);
      await zeek.ask(
        "create",
        "c",
        program("last", [
          "sh",
          "-c",
          "trap 'echo bye; exit' TERM; echo ready; while :; do sleep 0.02; done",
        ]),
      );
      await tree.line(/\[last\] ready$/m);
      zeek.say(event("stop_request"));
      for (const { client } of [zeek, other]) {
        assert.deepEqual(await client.end(), { code: 1001, reason: "Terminating" });
      }
      assert.deepEqual(await tree.end(), { code: 0, signal: null });
      assert.match(tree.stdout, /\[last\] bye$/m);
      assert.ok(!fs.existsSync(controlSocket(tree)), "the socket goes too");
    },
  );
});
