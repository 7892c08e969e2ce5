/**
 * What a SupervisorApi promises, in its own process and from afar. Every case gets a tree without
 * nodes, leaves it so, and knows only the API: it may run inside the Supervisor too.
 */
import assert from "node:assert/strict";
import type { TreeEvent } from "../../src/core/api.ts";
import type { NodeConfig } from "../../src/core/config.ts";
import { isAlive, until } from "../fixtures/tree.ts";
import { type Case, lineOf, OUTPUT_CASES, type Subject } from "./contract-output.ts";

const SLEEP = ["sleep", "1000"];
/** Never comes back by itself while a test looks. */
const revival = { delay: 600_000 };
/** Lives on until the test kills it, whatever else it is told. */
const STUBBORN: Partial<NodeConfig> = {
  command: ["sh", "-c", "trap 'echo told' TERM; echo ready; while :; do sleep 0.1; done"],
  stop: { interval: 600_000 },
};

export const CASES: Case[] = [
  [
    "create resolves with the first start",
    async ({ api }) => {
      const status = await api.create({ name: "a", command: SLEEP });
      assert.ok(isAlive(status.pid ?? 0));
      assert.deepEqual([status.state, status.generation], ["running", 1]);
      assert.deepEqual(status, (await api.status("a")).nodes["a"]);
    },
  ],
  [
    "create resolves with a first start that failed",
    async ({ api }) => {
      const status = await api.create({ name: "a", command: ["./nowhere"], revival });
      assert.deepEqual([status.pid, status.state], [undefined, "waiting"]);
      assert.ok((status.nextStart ?? 0) > status.since);
    },
  ],
  [
    "create refuses what Zeek refuses, in its words, and what is no configuration",
    async ({ api }) => {
      await api.create({ name: "taken", command: SLEEP });
      const both = { name: "a", interface: "lo", pcapFile: "x" };
      for (const [config, message] of [
        [{ name: "" }, /^node names must not be an empty string$/],
        [{ name: "a b" }, /^node names must not contain spaces: 'a b'$/],
        [{ name: "taken" }, /^node with name 'taken' already exists$/],
        [both, /^node with name 'a' has interface and pcap_file set$/],
        [
          { name: "a", directory: "/proc/nowhere" },
          /^failed to create working directory \/proc\/nowhere/,
        ],
        [{ name: "a", comand: SLEEP }, /unknown field 'comand'; did you mean 'command'/],
        [{ command: SLEEP }, /needs a name/],
        ["a", /must be an object/],
      ] as [NodeConfig, RegExp][]) {
        await assert.rejects(
          async () => api.create(config),
          (error: Error & { code?: string }) => {
            assert.match(error.message, message);
            assert.deepEqual([error.name, error.code], ["NodeConfigError", "COPPICE_NODE_CONFIG"]);
            return true;
          },
        );
      }
      assert.deepEqual(Object.keys((await api.status()).nodes), ["taken"]);
    },
  ],
  [
    "a configuration comes back as it was accepted",
    async ({ api }) => {
      const config: NodeConfig = {
        name: "\u00e9-__proto__",
        command: SLEEP,
        env: { MARK: '\u{1f333} "x"\n\u0001', EMPTY: "" },
        directory: "/tmp",
        stdoutFile: "/dev/null",
        cluster: { "worker-1": { role: "WORKER", host: "::1", port: 0, metricsPort: 9911 } },
        addlUserScripts: ["policy/frameworks/management/node"],
        revival: { when: "failure", delay: 5 },
        stop: { signal: "SIGINT" },
      };
      assert.deepEqual((await api.create(config)).node, config);
    },
  ],
  [
    "status is of one, of all, or of none",
    async ({ api }) => {
      for (const name of ["b", "a", "__proto__"]) await api.create({ name, command: SLEEP });
      assert.deepEqual(Object.keys((await api.status()).nodes), ["b", "a", "__proto__"]);
      assert.deepEqual(Object.keys((await api.status("")).nodes), ["b", "a", "__proto__"]);
      assert.deepEqual(Object.keys((await api.status("a")).nodes), ["a"]);
      assert.deepEqual(Object.keys((await api.status("__proto__")).nodes), ["__proto__"]);
      assert.deepEqual((await api.status("nobody")).nodes, {});
    },
  ],
  [
    "restart resolves with the next start, and is false for nobody",
    async ({ api }) => {
      assert.equal(await api.restart("nobody"), false);
      const { pid } = await api.create({ name: "a", command: SLEEP });
      assert.equal(await api.restart("a"), true);
      const after = (await api.status("a")).nodes["a"];
      assert.ok(!isAlive(pid ?? 0) && isAlive(after?.pid ?? 0));
      assert.equal(after?.generation, 2);
    },
  ],
  [
    "destroy resolves when nothing lives any more, and is false for nobody",
    async ({ api }) => {
      assert.equal(await api.destroy("nobody"), false);
      const { pid } = await api.create({ name: "a", command: SLEEP });
      assert.equal(await api.destroy("a"), true);
      assert.ok(!isAlive(pid ?? 0));
      assert.equal(await api.destroy("a"), false);
    },
  ],
  [
    "a destroyed name is free at once, whatever its process does",
    async ({ api }) => {
      const { pid } = await api.create({ name: "a", ...STUBBORN });
      await lineOf(api, "a", "ready");
      const destroyed = api.destroy("a");
      const created = api.create({ name: "a", command: SLEEP });
      const between = (await api.status("a")).nodes["a"];
      assert.deepEqual([between?.generation, between?.pid], [0, undefined]);
      // Killed before it is told to end, it would come back, and nobody would kill that one.
      await lineOf(api, "a", "told");
      process.kill(pid ?? 0, "SIGKILL");
      assert.equal(await destroyed, true);
      assert.ok(!isAlive(pid ?? 0));
      assert.ok(isAlive((await created).pid ?? 0));
    },
  ],
  [
    '"" is all, also of none',
    async ({ api }) => {
      assert.deepEqual([await api.restart(""), await api.destroy("")], [true, true]);
      const names = ["a", "b", "c"];
      await Promise.all(names.map((name) => api.create({ name, command: SLEEP })));
      assert.equal(await api.restart(""), true);
      const { nodes } = await api.status();
      assert.deepEqual(
        names.map((name) => nodes[name]?.generation),
        [2, 2, 2],
      );
      assert.equal(await api.destroy(""), true);
      assert.deepEqual((await api.status()).nodes, {});
    },
  ],
  [
    "two clients may ask at once: one creation of a name wins",
    async ({ api, other }) => {
      const outcomes = await Promise.allSettled(
        [api, other, api, other].map(async (one) => one.create({ name: "a", command: SLEEP })),
      );
      assert.deepEqual(outcomes.map(({ status }) => status).sort(), [
        "fulfilled",
        "rejected",
        "rejected",
        "rejected",
      ]);
      assert.deepEqual(await other.status("a"), await api.status("a"));
      const [one, two] = await Promise.all([api.restart("a"), other.restart("a")]);
      assert.deepEqual([one, two], [true, true]);
    },
  ],
  [
    "usage is of the nodes that run, and of those that were asked for",
    async ({ api }) => {
      assert.deepEqual(await api.usage(), {});
      for (const name of ["a", "b"]) await api.create({ name, command: SLEEP });
      await api.create({ name: "c", command: ["./nowhere"], revival });
      const all = await api.usage();
      assert.deepEqual(Object.keys(all).sort(), ["a", "b"]);
      assert.ok((all["a"]?.memory ?? 0) > 0 && (all["a"]?.cpu ?? -1) >= 0);
      const [one, none] = await Promise.all([api.usage("b"), api.usage("nobody")]);
      assert.deepEqual([Object.keys(one), none], [["b"], {}]);
    },
  ],
  [
    "a crash is told of, with all that is known, also when its node is gone",
    async ({ api, other }) => {
      assert.deepEqual(await api.crashes("crasher"), []);
      assert.deepEqual(
        [await api.crash("0"), await api.crash("999"), await api.crash("x/y")],
        [undefined, undefined, undefined],
      );
      const command = ["sh", "-c", "echo so it was; echo 'a\\377' >&2; exit 7"];
      const config: NodeConfig = { name: "crasher", command, env: { MARK: '\u{1f333} "x"' } };
      const { pid } = await api.create({ ...config, revival: { when: "never" } });
      const [summary] = await until("its record", async () => {
        const found = await api.crashes("crasher");
        return found.length > 0 && found;
      });
      await api.destroy("crasher");
      const record = await other.crash(summary?.id ?? "");
      assert.ok(record !== undefined);
      const { stdout, stderr, config: known, ...rest } = record;
      assert.deepEqual(rest, summary);
      assert.deepEqual(
        [rest.node, rest.kind, rest.exit, rest.pid, rest.generation, rest.next],
        ["crasher", "exit", { code: 7 }, pid, 1, { kind: "gaveUp" }],
      );
      assert.deepEqual(known, { ...config, revival: { when: "never" } });
      assert.deepEqual([stdout.lines, stdout.complete], [["so it was"], true]);
      assert.deepEqual(stderr.lines, ["a\udcff"]);
      assert.deepEqual(await other.crashes("crasher"), [summary]);
      assert.deepEqual((await other.crashes("")).at(-1), summary);
    },
  ],
  [
    "watch tells everything that happens, in order, to all who watch",
    async ({ api, other }) => {
      const told: TreeEvent[] = [];
      const also: TreeEvent[] = [];
      const unwatch = api.watch((event) => told.push(event));
      other.watch((event) => also.push(event))();
      const begun = Date.now();
      await api.status(); // What was asked before is known now, also from afar.
      const { pid } = await api.create({ name: "a", command: SLEEP });
      await api.restart("a");
      await api.destroy("a");
      const own = () => told.filter(({ node }) => node === "a");
      const kinds = () =>
        own()
          .map(({ kind }) => kind)
          .filter((kind) => kind !== "changed");
      await until(
        "its end",
        () => kinds().includes("gone"),
        () => JSON.stringify(told),
      );
      assert.deepEqual(kinds(), [
        "created",
        "started",
        "exited",
        "started",
        "destroyed",
        "exited",
        "gone",
      ]);
      const started = own().find(({ kind }) => kind === "started");
      assert.equal(started?.text, `node 'a' was started (PID ${pid})`);
      assert.equal(started?.status?.pid, pid);
      assert.ok(own().every(({ at }) => at >= begun - 1000 && at <= Date.now() + 1000));
      unwatch();
      const count = told.length;
      await api.create({ name: "b", command: SLEEP });
      await api.status();
      assert.equal(told.length, count);
      assert.deepEqual(
        also.filter(({ node }) => node === "a"),
        [],
      );
    },
  ],
  ...OUTPUT_CASES,
];

/** The whole tree goes: each way to reach it needs one of its own. */
export async function stopsTheTree({ api, other }: Subject): Promise<void> {
  // A name that no case has used: the lines of those are still told.
  const { pid } = await api.create({ name: "stubborn", ...STUBBORN });
  const told: TreeEvent[] = [];
  other.watch((event) => told.push(event));
  await other.status(); // What was asked before is known now; the other client's orders may overtake it.
  await lineOf(api, "stubborn", "ready");
  const stopped = api.stop();
  await until("the end", () => told.some(({ kind }) => kind === "ending"));
  await assert.rejects(async () => other.create({ name: "b", command: SLEEP }), {
    code: "COPPICE_ENDING",
  });
  process.kill(pid ?? 0, "SIGKILL");
  await stopped;
}

/** Runs a case on a tree without nodes, and leaves none. */
export async function runCase(name: string, subject: Subject): Promise<void> {
  const found = CASES.find(([one]) => one === name);
  assert.ok(found !== undefined, name);
  try {
    await found[1](subject);
  } finally {
    await subject.api.destroy("");
  }
}
