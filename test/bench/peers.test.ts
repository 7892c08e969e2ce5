/** The pure parts of `npm run bench:peers`: what is kept, what is judged, what is shown. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { chartOf } from "../../bench/peers/chart.ts";
import { verdicts } from "../../bench/peers/goals.ts";
import { optionsOf } from "../../bench/peers/options.ts";
import { withResults } from "../../bench/peers/page.ts";
import { type Figure, merge, type Results, Samples, withAbsent } from "../../bench/peers/record.ts";
import { middle, number, ratio } from "../../bench/peers/text.ts";
import { seriesOf } from "../../bench/statistics.ts";

function figure(id: string, medians: Record<string, number>, unit = "ms"): Figure {
  const rows = Object.entries(medians).map(([peer, median]) => ({
    peer,
    value: seriesOf([median]),
  }));
  const better = id.startsWith("output") ? "more" : "less";
  return { id, what: `figure ${id}`, unit, better, rows };
}

function results(figures: readonly Figure[], machine = "here"): Results {
  const part = { at: "2026-11-28T08:00:00.000Z", load: 1, figures: [...figures], versions: {} };
  return { machine, parts: { [figures[0]?.id ?? "none"]: part } };
}

function verdictOn(figures: readonly Figure[], goal: RegExp) {
  const found = verdicts(results(figures)).find((verdict) => goal.test(verdict.goal));
  assert.ok(found, `there is a goal like ${goal}`);
  return found;
}

test("samples of several peers become one figure; who was too slow has no median", () => {
  const samples = new Samples();
  for (const value of [3, 1, 2]) samples.add("quick", value);
  samples.add("slow", 5);
  samples.add("slow", undefined, 120_000);
  samples.note("slow", "gave up");
  samples.note("none", "had not started");
  assert.equal(samples.isOver("slow"), true);
  assert.equal(samples.isOver("quick"), false);
  assert.deepEqual(samples.figure("x", "what", "ms", "less").rows, [
    { peer: "quick", value: { median: 2, min: 1, max: 3, count: 3 } },
    { peer: "slow", over: 120_000, note: "gave up" },
    { peer: "none", note: "had not started" },
  ]);
});

test("who has not started is told, and not passed over", () => {
  const figures = [figure("a", { coppice: 1, s6: 2 }), figure("b", { coppice: 1 })];
  const [a, b] = withAbsent(figures, ["coppice", "s6", "pm2"]);
  const row = { peer: "pm2", note: "has not started its programs in time" };
  assert.deepEqual(a?.rows.at(-1), row);
  assert.deepEqual(b?.rows.slice(1), [row]);
});

test("a measure that is run alone replaces its own part, and no other", () => {
  const old = results([figure("revival", { coppice: 9 })]);
  const fresh = results([figure("delay", { coppice: 1 })]);
  assert.deepEqual(Object.keys(merge(old, fresh).parts), ["revival", "delay"]);
  const again = merge(merge(old, fresh), results([figure("revival", { coppice: 4 })]));
  assert.equal(again.parts["revival"]?.figures[0]?.rows[0]?.value?.median, 4);
  assert.deepEqual(Object.keys(again.parts), ["revival", "delay"]);
});

test("results of another machine are not kept beside new ones", () => {
  const old = results([figure("revival", { coppice: 9 })], "elsewhere");
  assert.deepEqual(merge(old, results([figure("delay", {})])).parts, {
    delay: results([figure("delay", {})]).parts["delay"],
  });
  assert.equal(merge(undefined, old), old);
});

test("a goal is judged by the best peer, of which limits and variants of Coppice are none", () => {
  const medians = { coppice: 7, "bare spawn": 1, "coppice, a file each": 2, runit: 10, s6: 1000 };
  assert.deepEqual(verdictOn([figure("revival", medians)], /^revival/), {
    goal: "revival: at most 0.7 of the best peer's",
    found: { own: 7, limit: 7, unit: "ms" },
    isMet: true,
  });
  const missed = verdictOn([figure("revival", { ...medians, coppice: 7.1 })], /^revival/);
  assert.equal(missed.isMet, false);
});

test("where more is better, the best peer is the one with most", () => {
  const medians = { coppice: 140, runit: 20, s6: 100, cat: 900 };
  const verdict = verdictOn([figure("output-1", medians, "MB/s")], /^output of 1, all in one/);
  assert.deepEqual(verdict.found, { own: 140, limit: 150, unit: "MB/s" });
  assert.equal(verdict.isMet, false);
});

test("s6 without loggers is the harder goal for memory", () => {
  const medians = { coppice: 60, s6: 200, "s6, no loggers": 100 };
  const verdict = verdictOn([figure("pss-1000", medians, "MB")], /^proportional memory/);
  assert.deepEqual(verdict.found, { own: 60, limit: 70, unit: "MB" });
});

test("what each further node costs comes from two sizes", () => {
  const figures = [
    figure("scale-own-100", { coppice: 30 }, "MB"),
    figure("scale-own-1000", { coppice: 48 }, "MB"),
    figure("scale-own-5000", { coppice: 148 }, "MB"),
  ];
  const verdict = verdictOn(figures, /^private memory for each further node: no more/);
  assert.equal(verdict.found?.own, 25);
  assert.equal(Math.round(verdict.found?.limit ?? 0), 24);
  assert.equal(verdict.isMet, false);
});

test("what was not measured is not judged", () => {
  const verdict = verdictOn([figure("revival", { coppice: 7 })], /^revival/);
  assert.equal(verdict.found, undefined);
  assert.equal(verdict.isMet, undefined);
});

test("numbers have three digits that count, and peers are told as multiples of Coppice", () => {
  assert.deepEqual([12_345.6, 45.67, 1.234, 0.01234, 0].map(number), [
    "12,346",
    "45.7",
    "1.23",
    "0.012",
    "0.00",
  ]);
  const own = { peer: "coppice", value: seriesOf([20]) };
  assert.equal(ratio({ peer: "s6", value: seriesOf([50]) }, own), "× 2.50");
  assert.equal(ratio({ peer: "s6", over: 1_000 }, own), "");
  assert.equal(middle({ peer: "pm2", over: 120_000 }, "ms"), "more than 120 s");
  assert.equal(middle({ peer: "pm2", over: 120_000 }, "MB"), "not running after 120 s");
});

test("the page keeps what is written by hand, whatever is put into it", () => {
  const page =
    "# By hand\n<!-- results: made by npm run bench:peers -->\nold\n<!-- end of results -->\nend\n";
  const made = withResults(page, results([figure("revival", { coppice: 7, runit: 10 })]));
  assert.match(made, /^# By hand\n/);
  assert.match(made, /<!-- end of results -->\nend\n$/);
  assert.doesNotMatch(made, /\nold\n/);
  assert.match(made, /\| runit \| 10\.0 ms \| 10\.0–10\.0 \| × 1\.43 \|/);
  assert.match(made, /\| revival: [^|]* \| 7\.00 ms \| 7\.00 ms \| met \|/);
  assert.match(made, /\| not measured \|/);
  assert.equal(withResults(made, results([figure("revival", { coppice: 7, runit: 10 })])), made);
});

test("a page without a place for results is refused", () => {
  assert.throws(() => withResults("# Nothing\n", results([])), /has no place for results/);
});

test("the chart has a panel for each figure, also of who was too slow, with nothing unescaped", () => {
  const revival = figure("revival", { coppice: 7, "a<b&c": 100 });
  revival.rows.push({ peer: "pm2", over: 120_000 }, { peer: "runit", note: "had not started" });
  const svg = chartOf(
    results([
      revival,
      figure("start-1000", {}),
      figure("scale-own-10", { coppice: 30 }, "MB"),
      figure("scale-own-5000", { coppice: 90 }, "MB"),
    ]),
  );
  assert.match(svg, /figure revival/);
  assert.match(svg, /a&lt;b&amp;c/);
  assert.match(svg, /more than 120 s/);
  assert.match(svg, /– \(had not started\)/);
  assert.match(svg, /5,000 nodes/);
  assert.doesNotMatch(svg, /figure start-1000/);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
  assert.equal(svg.match(/<circle/g)?.length, 5);
});

test("the command line: some measures, some peers, and one clear line for what is wrong", () => {
  const options = optionsOf(["start", "revival", "--rounds", "3", "--peers", "s6,coppice"]);
  assert.ok(typeof options !== "string");
  // In the order in which all are measured.
  assert.deepEqual(
    options.measures.map(({ name }) => name),
    ["revival", "start"],
  );
  assert.equal(options.rounds, 3);
  assert.match(String(optionsOf(["speed"])), /^no measure is called 'speed': there are revival, /);
  assert.match(String(optionsOf(["--rounds", "0"])), /^--rounds is '0', and has to be/);
  assert.match(String(optionsOf(["--sizes", "10,x"])), /^--sizes is '10,x', and has to be/);
  assert.match(
    String(optionsOf(["--peers", "systemd"])),
    /^nobody is called 'systemd': there are /,
  );
  assert.match(String(optionsOf(["--fast"])), /^Unknown option '--fast': there are --rounds/);
});
