/** `coppice top`: keys, what they do, and what is seen. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { coloured, plain } from "../../src/cli/colour.ts";
import { frameOf, plainFrame, type Scene, type SceneNode } from "../../src/cli/top/frame.ts";
import { keysIn } from "../../src/cli/top/keys.ts";
import { FIRST_LOOK, type Looking, press, shownOf } from "../../src/cli/top/model.ts";
import { displayWidth } from "../../src/cli/width.ts";
import type { NodeStatus } from "../../src/core/status.ts";
import { ForbiddenError } from "../../src/errors.ts";
import { coppice, FakeRemote, member, NOW, node } from "./fake.ts";

const ESC = "\u001b";

function seen(status: NodeStatus, load: number | "unknown" = "unknown", memory = 0): SceneNode {
  return { name: status.node.name, status, load, memory, usage: { cpu: 0, memory } };
}

const NODES: SceneNode[] = [
  seen(member("worker-10", "WORKER", { since: NOW - 50_000 }), 0.5, 3e6),
  seen(member("worker-2", "WORKER", { since: NOW - 90_000 }), 0.25, 9e6),
  seen(
    node("db", {
      state: "waiting",
      nextStart: NOW + 2_000,
      lastExit: { code: 3, at: NOW - 1_000 },
    }),
  ),
];

function scene(nodes: readonly SceneNode[] = NODES, more: Partial<Scene> = {}): Scene {
  return {
    nodes,
    pids: { supervisor: 41, stem: 42 },
    now: NOW,
    isZeek: false,
    problem: undefined,
    message: "",
    lines: [],
    ...more,
  };
}

/** Presses keys one after another. */
function type(looking: Looking, text: string, names = ["a", "b", "c"]) {
  const acts = [];
  let now = looking;
  for (const key of keysIn(text)) {
    const pressed = press(now, key, names, 2);
    now = pressed.looking;
    if (pressed.act !== undefined) acts.push(pressed.act);
  }
  return { looking: now, acts };
}

test("keys: characters, those with names in both of a terminal's modes, and nothing else", () => {
  assert.deepEqual(keysIn("aß🌳"), [{ typed: "a" }, { typed: "ß" }, { typed: "🌳" }]);
  assert.deepEqual(
    keysIn(`${ESC}[A${ESC}OB${ESC}[5~${ESC}[6~\r\u007f\u0003${ESC}`).map(
      (key) => "name" in key && key.name,
    ),
    ["up", "down", "page-up", "page-down", "enter", "backspace", "interrupt", "escape"],
  );
  assert.deepEqual(keysIn(`${ESC}[1;5C${ESC}[200~${ESC}x\u0001\ud800`), []);
});

test("arrows choose a node, and stop at the ends", () => {
  const chosen = (keys: string) => type(FIRST_LOOK, keys).looking.chosen;
  const [up, down] = [`${ESC}[A`, `${ESC}[B`];
  assert.equal(chosen(down), "b");
  assert.equal(chosen(down + down + down), "c");
  assert.equal(chosen(down + up + up), "a");
  assert.equal(chosen(`${ESC}[F`), "c");
  assert.equal(chosen(`${ESC}[F${ESC}[H`), "a");
  assert.equal(chosen(`${ESC}[6~`), "c");
  assert.equal(type(FIRST_LOOK, down, []).looking.chosen, undefined);
});

test("orders go to the chosen node; to destroy one is asked for", () => {
  const look = { ...FIRST_LOOK, chosen: "b" };
  assert.deepEqual(type(look, "rsS").acts, [
    { type: "restart", node: "b" },
    { type: "stop", node: "b" },
    { type: "start", node: "b" },
  ]);
  assert.deepEqual(type(look, "ky").acts, [{ type: "destroy", node: "b" }]);
  for (const no of ["kn", "kk", `k${ESC}`, "k\r", "kq"])
    assert.deepEqual(type(look, no).acts, [], no);
  // The question names a node, and means that one whatever is chosen by then.
  const asked = type(look, "k").looking;
  assert.deepEqual(type({ ...asked, chosen: "c" }, "y").acts, [{ type: "destroy", node: "b" }]);
  assert.deepEqual(type(look, "rk", []).acts, [], "there is none");
  assert.deepEqual(type(look, "ll").acts, [{ type: "follow", node: "b" }, { type: "unfollow" }]);
  assert.deepEqual(type(look, "q").acts, [{ type: "quit", status: 0 }]);
  for (const mode of ["", "/", "k", "l"])
    assert.deepEqual(type(look, `${mode}\u0003`).acts.at(-1), { type: "quit", status: 130 });
});

test("a filter is typed, kept, or given up; its letters are no orders", () => {
  const typed = type(FIRST_LOOK, "/rqx\u007f");
  assert.deepEqual(typed.acts, []);
  assert.equal(typed.looking.filter, "rq");
  assert.deepEqual(type(typed.looking, "\r").looking.mode, { tag: "list" });
  const again = type(type(typed.looking, "\r").looking, `/abc${ESC}`).looking;
  assert.deepEqual([again.filter, again.mode], ["rq", { tag: "list" }]);
});

test("sorted by name as people count, by what is used, and by time up; found by name, role or state", () => {
  const names = (look: Partial<Looking>) =>
    shownOf(NODES, { ...FIRST_LOOK, ...look }, NOW).map(({ name }) => name);
  assert.deepEqual(names({ sort: "name" }), ["db", "worker-2", "worker-10"]);
  assert.deepEqual(names({ sort: "cpu" }), ["worker-10", "worker-2", "db"]);
  assert.deepEqual(names({ sort: "memory" }), ["worker-2", "worker-10", "db"]);
  assert.deepEqual(names({ sort: "uptime" }), ["worker-2", "worker-10", "db"]);
  assert.deepEqual(names({ filter: "WAIT" }), ["db"]);
  assert.deepEqual(names({ filter: "-1" }), ["worker-10"]);
  assert.deepEqual(names({ filter: "nothing" }), []);
});

test("a picture: totals, pids, the nodes, the chosen one marked, and the keys", () => {
  const lines = frameOf(
    scene(),
    { ...FIRST_LOOK, chosen: "worker-2" },
    { columns: 110, rows: 9 },
    plain,
  );
  assert.equal(lines.length, 9);
  assert.equal(lines[0], "14:03:22  3 nodes: 2 running, 1 waiting");
  assert.equal(lines[1], "Supervisor 41, Stem 42   CPU 75.0%, memory 11.4 MiB   by name");
  assert.match(
    lines[3]!,
    /^ {2}NAME +ROLE +STATE +PID +UP SINCE +RESTARTS +LAST EXIT +CPU +MEMORY$/,
  );
  assert.match(lines[4]!, /^ {2}db +- +waiting, starts in 2s/);
  assert.match(lines[5]!, /^> worker-2 +worker +running +100 .*1m 30s.* 25\.0% +8\.6 MiB *$/);
  assert.match(lines[6]!, /^ {2}worker-10 /);
  assert.match(lines[8]!, /^q quit {2}\/ filter/);
  const bright = frameOf(scene(), FIRST_LOOK, { columns: 100, rows: 9 }, coloured);
  assert.match(bright[4]!, new RegExp(`^${ESC}\\[7m> db [^${ESC}]*${ESC}\\[0m$`), "inverse, whole");
});

test("of 500 nodes those around the chosen one are seen, and columns stay where they are", () => {
  const nodes = Array.from({ length: 500 }, (_, i) => seen(node(`node-${i}`), i / 500, i));
  const size = { columns: 80, rows: 24 };
  const at = (chosen: string) => frameOf(scene(nodes), { ...FIRST_LOOK, chosen }, size, plain);
  const first = at("node-0");
  assert.match(first[4]!, /^> node-0 /);
  assert.match(at("node-250").find((line) => line.startsWith(">"))!, /^> node-250 /);
  const last = at("node-499");
  assert.match(last.at(-2)!, /^> node-499 /);
  assert.equal(first[3], last[3]);
  const started = performance.now();
  for (let i = 0; i < 20; i++) at("node-250");
  assert.ok(
    (performance.now() - started) / 20 < 500,
    "far less than the second between two pictures",
  );
});

test("whatever nodes are called and print, and however small the screen, nothing leaves its place", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 30 }),
    fc.constantFrom(`${ESC}[2J`, "\u009b31m", "日本語", "a\nb", "\u202e", "__proto__", "\t\t"),
  );
  const size = fc.record({
    columns: fc.integer({ min: 1, max: 120 }),
    rows: fc.integer({ min: 1, max: 20 }),
  });
  const mode = fc.constantFrom<Looking["mode"]["tag"]>("list", "filter", "confirm", "lines");
  fc.assert(
    fc.property(fc.array(text, { maxLength: 6 }), text, size, mode, (names, word, size, tag) => {
      const nodes = names.map((name) => seen(node(name, { waitsFor: [word], state: "pending" })));
      const lines = names.map((text) => ({
        node: word,
        stream: "stderr" as const,
        at: NOW,
        text,
        complete: true,
      }));
      const looking = {
        ...FIRST_LOOK,
        filter: tag === "filter" ? word : "",
        mode: { tag, node: word, before: "" },
      };
      const picture = scene(nodes, { lines, message: word, problem: names[0] });
      const frame = frameOf(picture, looking as Looking, size, coloured);
      assert.ok(frame.length <= size.rows);
      for (const line of frame) {
        const shown = line.replaceAll(new RegExp(`${ESC}\\[\\d+m`, "g"), "");
        assert.doesNotMatch(shown, /[\p{Cc}\p{Cs}\u202a-\u202e]/u);
        assert.ok(
          displayWidth(shown) <= size.columns,
          `${displayWidth(shown)} of ${size.columns}: ${shown}`,
        );
      }
    }),
    { numRuns: 40 },
  );
});

test("what cannot be fetched is told where it is looked at", () => {
  const [, , third] = frameOf(
    scene(NODES, { problem: "no answer", message: "x" }),
    FIRST_LOOK,
    { columns: 80, rows: 9 },
    plain,
  );
  assert.equal(third, "error: no answer");
});

/** `coppice top` on a terminal whose keys the test presses, one group for each picture. */
async function play(remote: FakeRemote, groups: string[], { rows = 12 } = {}) {
  let pressed: ((text: string) => void) | undefined;
  let isGivenBack = false;
  const pictures: string[] = [];
  const playing = coppice(["top"], {
    remote,
    isTerminal: true,
    columns: 90,
    rows,
    env: { NO_COLOR: "1" },
    keyboard: (handler) => {
      pressed = handler;
      return () => {
        isGivenBack = true;
      };
    },
    onOutput(stdout) {
      pictures.push(stdout.slice(pictures.join("").length));
      const group = pictures.at(-1)?.startsWith(`${ESC}[H`) ? groups.shift() : undefined;
      if (group !== undefined) setImmediate(() => pressed?.(group));
    },
  });
  const result = await playing;
  assert.ok(isGivenBack, "the keyboard is given back");
  assert.ok(result.stdout.startsWith(`${ESC}[?1049h${ESC}[?25l`));
  assert.ok(result.stdout.endsWith(`${ESC}[?25h${ESC}[?1049l`), "and the screen as it was");
  return { ...result, pictures: pictures.map(stripVTControlCharacters) };
}

test("on a terminal: keys act on nodes, what became of it is told, and q gives the terminal back", async () => {
  const remote = new FakeRemote(node("a"), node("b"), node("__proto__"));
  const down = `${ESC}[B`;
  const { status, stderr, pictures } = await play(remote, [down, "r", "s", "ky", "q"]);
  assert.deepEqual([status, stderr], [0, ""]);
  assert.deepEqual(remote.asked, ["restart a", "stopNode a", "destroy a"]);
  assert.ok(pictures.some((text) => text.includes("stopping 'a'") || text.includes("stopped 'a'")));
  assert.equal(remote.handlers.size, 0);
  assert.ok(remote.isClosed);
});

test("an order that is refused is told, and nothing else happens", async () => {
  const remote = new FakeRemote(node("a"));
  remote.restart = async () => {
    throw new ForbiddenError("this connection may look, and not act");
  };
  const groups = ["r", "l", "\u0003"];
  const { status, pictures } = await play(remote, groups);
  assert.equal(status, 130);
  assert.ok(pictures.some((text) => text.includes("error: this connection may look, and not act")));
});

test("l shows a node's last lines, harmless", async () => {
  const remote = new FakeRemote(node("a"), node("b"));
  remote.lines = ["one", `${ESC}[2Jtwo\tthree`].map((text) => {
    return { node: "a", stream: "stdout" as const, at: NOW, text, complete: true };
  });
  const { pictures } = await play(remote, ["l", "", "l", "q"]);
  assert.ok(
    pictures.some((text) => /last lines of a\s+one\s+two {4}three/.test(text)),
    pictures.join("\n--\n"),
  );
  assert.deepEqual(remote.followOptions?.nodes, ["a"]);
});

test("without a terminal: one table with loads, or an object each second", async () => {
  const remote = new FakeRemote(node("a"));
  remote.use = { a: { cpu: 0, memory: 1024 ** 2 } };
  let now = NOW;
  const once = await coppice(["top"], {
    remote,
    now: () => now,
    sleep: async (milliseconds) => {
      now += milliseconds;
      remote.use = { a: { cpu: 500, memory: 1024 ** 2 } };
    },
  });
  assert.match(
    once.stdout,
    /^14:03:23 {2}1 node: 1 running\nSupervisor 42, Stem - {3}CPU 50\.0%, .*\nNAME .*\na +running .* 50\.0% +1\.0 MiB\n$/,
  );
  assert.doesNotMatch(once.stdout, new RegExp(ESC));

  const enough = new Error("enough");
  let stdout = "";
  const streaming = coppice(["top", "--json"], {
    remote,
    now: () => (now += 1_000),
    onOutput(text) {
      stdout = text;
      if (text.split("\n").length > 2) throw enough;
    },
  });
  await assert.rejects(streaming, enough);
  const [first, second] = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    [first.supervisor, first.nodes.a.memory, first.nodes.a.load],
    [42, 1024 ** 2, undefined],
  );
  assert.equal(second.nodes.a.load, 0);
});

test("a wrong sort or node is refused before the terminal changes", async () => {
  const wrong = await coppice(["top", "--sort", "size"], { isTerminal: true });
  assert.deepEqual([wrong.status, wrong.stdout], [2, ""]);
  const missing = await coppice(["top", "nobody"], { isTerminal: true });
  assert.deepEqual([missing.status, missing.stdout], [1, ""]);
  assert.match(missing.stderr, /there is no node 'nobody'/);
});

test("a picture without anything to show is one all the same", () => {
  assert.match(plainFrame(scene([]), FIRST_LOOK, plain)[0]!, /no nodes$/);
  const none = frameOf(scene(), { ...FIRST_LOOK, filter: "zzz" }, { columns: 80, rows: 9 }, plain);
  assert.match(none[4]!, /no node has 'zzz'/);
});
