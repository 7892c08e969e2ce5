/** What a SupervisorApi promises about output: the other part of `contract.ts`. */
import assert from "node:assert/strict";
import type { FollowOptions, OutputLine, SupervisorApi } from "../../src/core/api.ts";
import { until } from "../fixtures/tree.ts";

export interface Subject {
  api: SupervisorApi;
  /** Another client; in the process the same. */
  other: SupervisorApi;
}

export type Case = [name: string, run: (subject: Subject) => Promise<void>];

export const OUTPUT_CASES: Case[] = [
  [
    "follow goes from the history into what comes, without loss or doubling",
    async ({ api }) => {
      // As much as a pipe and its reader can do, in many small and some large writes.
      const flood =
        'i=0; while [ $i -lt 10000 ]; do e=$((i + 20)); while [ $i -lt $e ]; do echo "line $i"; i=$((i + 1)); done; ' +
        'seq -f "line %.0f" $i $((i + 979)); i=$((i + 980)); done; exec sleep 1000';
      await api.create({ name: "numbers", command: ["sh", "-c", flood] });
      const { lines, following } = follow(api, {
        nodes: ["numbers"],
        lines: Number.POSITIVE_INFINITY,
      });
      await until(
        "the last line",
        () => lines.at(-1)?.text === "line 9999",
        () => report(lines),
      );
      const numbers = lines.map(({ text }) => Number(/^line (\d+)$/.exec(text)?.[1]));
      numbers.forEach((number, i) => {
        const before = i === 0 ? number - 1 : (numbers[i - 1] ?? 0);
        assert.equal(number, before + 1, `a gap after ${before}: ${JSON.stringify(lines[i])}`);
      });
      assert.ok(
        lines.every((line) => line.node === "numbers" && line.stream === "stdout" && line.complete),
      );
      following.stop();
      await following.ended;
    },
  ],
  [
    "a handler that takes its time finds a gap, and is told how much is missing",
    async ({ api }) => {
      // 2.5 MB, which is more than is kept for anybody.
      const flood = 'seq -f "%0999.0f" 2500; echo end; exec sleep 1000';
      let release: () => void = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const { lines } = follow(
        api,
        { nodes: ["slow"], lines: Number.POSITIVE_INFINITY },
        () => held,
      );
      await api.create({ name: "slow", command: ["sh", "-c", flood] });
      await lineOf(api, "slow", "end", 1);
      release();
      await until(
        "the last line",
        () => lines.at(-1)?.text === "end",
        () => report(lines),
      );
      const missed = lines.reduce((sum, line) => sum + (line.missed ?? 0), 0);
      const seen = lines.reduce((sum, line) => sum + line.text.length + 1, 0);
      assert.ok(missed > 0);
      // A line that was cut off by a gap ends without its newline.
      const cut = lines.filter(({ text }) => text.length !== 999 && text !== "end").length;
      assert.ok(
        Math.abs(missed + seen - (2_500 * 1000 + 4)) <= cut + 1,
        `${missed} + ${seen}, ${cut}`,
      );
      assert.ok(
        lines.every(({ text }) => text.length <= 999 || text === "end"),
        "no two lines are glued",
      );
    },
  ],
  [
    "follow: some lines, of some nodes, without going on",
    async ({ api }) => {
      const speak = (text: string) => ["sh", "-c", `printf '${text}'; exec sleep 1000`];
      await api.create({ name: "few", command: speak("1\\n2\\n3\\n") });
      await api.create({ name: "other", command: speak("b\\n") });
      await lineOf(api, "few", "3");
      await lineOf(api, "other", "b");
      const texts = async (options: FollowOptions) => {
        const { lines, following } = follow(api, { follow: false, ...options });
        await following.ended;
        return lines.map(({ text }) => text);
      };
      assert.deepEqual((await texts({ nodes: ["few", "other"] })).sort(), ["1", "2", "3", "b"]);
      assert.deepEqual(await texts({ nodes: ["few"], lines: 2 }), ["2", "3"]);
      assert.deepEqual(await texts({ nodes: ["few"], lines: 0 }), []);
      assert.deepEqual(await texts({ nodes: ["nobody"] }), []);
    },
  ],
  [
    "output comes as it was: bytes that are no UTF-8, both streams, long lines",
    async ({ api }) => {
      const script =
        "printf '\\303\\251\\360\\237\\214\\263\\377\\303\\n' >&2; printf '%070000d\\n' 0; exec sleep 1000";
      const { lines } = follow(api, { nodes: ["odd"] });
      await api.create({ name: "odd", command: ["sh", "-c", script] });
      const done = () =>
        lines.some(({ stream, complete }) => stream === "stdout" && complete) &&
        lines.some(({ stream }) => stream === "stderr");
      await until("all lines", done, () => report(lines));
      assert.equal(
        lines.find(({ stream }) => stream === "stderr")?.text,
        "\u00e9\u{1f333}\udcff\udcc3",
      );
      const long = lines.filter(({ stream }) => stream === "stdout");
      assert.ok(long.every(({ text }) => /^0+$/.test(text)));
      assert.equal(long.at(-1)?.complete, true);
    },
  ],
  [
    "a following ends when it is stopped, or when its handler fails",
    async ({ api }) => {
      await api.create({
        name: "ended",
        command: ["sh", "-c", "while :; do echo x; sleep 0.01; done"],
      });
      const { lines, following } = follow(api, { nodes: ["ended"] });
      await until("a line", () => lines.length > 0);
      following.stop();
      following.stop();
      const count = lines.length;
      await following.ended;
      await api.status();
      assert.equal(lines.length, count);
      const failing = api.follow(() => {
        throw new Error("I cannot");
      });
      await assert.rejects(failing.ended, /I cannot/);
    },
  ],
];

function follow(api: SupervisorApi, options: FollowOptions = {}, handle: () => unknown = () => {}) {
  const lines: OutputLine[] = [];
  const following = api.follow((line) => {
    lines.push(line);
    return handle();
  }, options);
  return { lines, following };
}

/** Waits until a node has said something. */
export async function lineOf(
  api: SupervisorApi,
  node: string,
  text: string,
  lines = 10,
): Promise<void> {
  const seen = follow(api, { nodes: [node], lines });
  await until(
    `'${text}' of ${node}`,
    () => seen.lines.some((line) => line.text === text),
    () => report(seen.lines),
  );
  seen.following.stop();
}

function report(lines: readonly OutputLine[]): string {
  return `${lines.length} lines, the last: ${JSON.stringify(lines.slice(-3)).slice(0, 500)}`;
}
