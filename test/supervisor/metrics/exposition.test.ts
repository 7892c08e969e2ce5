/** Prometheus' text format, as its description has it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Family } from "../../../src/metrics/family.ts";
import { Exposition } from "../../../src/supervisor/metrics/exposition.ts";

async function textOf(exposition: Exposition, ...families: Family[]): Promise<string> {
  let all = "";
  for await (const text of exposition.texts(families)) all += text;
  return all;
}

function gauge(...samples: Family["samples"]): Family {
  return { name: "a", type: "gauge", help: "h", samples };
}

test("a family is its help, its type and a line for each sample", async () => {
  const exposition = new Exposition();
  const sharedLabels = { node: 'x"', b: "2" };
  const samples = [
    { labels: {}, value: 3 },
    { labels: { node: "x" }, value: 1.5 },
    { labels: { a: "1", b: "2" }, value: 1e21 },
    { labels: { a: "1" }, sharedLabels, value: 2 },
    { labels: {}, sharedLabels, value: 2 },
  ];
  const counter: Family = {
    name: "a_total",
    type: "counter",
    help: "One line.\nAnd a \\.",
    samples,
  };
  assert.equal(
    await textOf(exposition, counter, gauge({ labels: {}, value: 0 })),
    [
      "# HELP a_total One line.\\nAnd a \\\\.",
      "# TYPE a_total counter",
      "a_total 3",
      'a_total{node="x"} 1.5',
      'a_total{a="1",b="2"} 1e+21',
      'a_total{a="1",node="x\\"",b="2"} 2',
      'a_total{node="x\\"",b="2"} 2',
      "# HELP a h",
      "# TYPE a gauge",
      "a 0",
      "",
    ].join("\n"),
  );
  assert.equal(exposition.contentType, "text/plain; version=0.0.4; charset=utf-8");
});

test("labels may hold anything, and numbers be what they are", async () => {
  const { POSITIVE_INFINITY, NEGATIVE_INFINITY } = Number;
  const text = await textOf(
    new Exposition(),
    gauge(
      { labels: { node: '__proto__ "a"\\\n{}=,é' }, value: POSITIVE_INFINITY },
      { labels: {}, sharedLabels: { node: "__proto__" }, value: NEGATIVE_INFINITY },
    ),
  );
  assert.deepEqual(text.split("\n").slice(2), [
    'a{node="__proto__ \\"a\\"\\\\\\n{}=,é"} +Inf',
    'a{node="__proto__"} -Inf',
    "",
  ]);
});

test("a node whose name looks like another's labels has series of its own", async () => {
  for (const type of ["counter", "gauge"] as const) {
    const samples = [
      { labels: { node: "a,role:b" }, value: 1 },
      { labels: { node: "a", role: "b" }, value: 2 },
    ];
    const text = await textOf(new Exposition(), { name: "a_total", type, help: "h", samples });
    assert.match(text, /\{node="a,role:b"\} 1\na_total\{node="a",role="b"\} 2\n/);
  }
});

test("what was told once is not told again; a family without samples still says that it is there", async () => {
  const exposition = new Exposition();
  const labels = { node: "gone" };
  assert.match(await textOf(exposition, gauge({ labels, value: 1 })), /gone/);
  assert.equal(await textOf(exposition, gauge()), "# HELP a h\n# TYPE a gauge\n");
  assert.equal(await textOf(exposition), "");
});

test("a failure is over with the scrape that it happens in", async () => {
  const exposition = new Exposition();
  const labels = {
    get node(): string {
      throw new Error("no name");
    },
  };
  await assert.rejects(textOf(exposition, gauge({ labels, value: 1 })), /no name/);
  assert.match(await textOf(exposition, gauge({ labels: {}, value: 1 })), /\na 1\n/);
});

test("a distribution counts what it is given, behind all else", async () => {
  const exposition = new Exposition();
  const count = exposition.distribution({ name: "d", help: "h", buckets: [0.1, 1] });
  for (const value of [0.05, 0.1, 0.5, 3]) count(value);
  const own = [
    "# HELP d h",
    "# TYPE d histogram",
    'd_bucket{le="0.1"} 2',
    'd_bucket{le="1"} 3',
    'd_bucket{le="+Inf"} 4',
    "d_sum 3.65",
    "d_count 4",
    "",
  ].join("\n");
  assert.equal(await textOf(exposition), own);
  const text = await textOf(exposition, gauge({ labels: {}, value: 1 }));
  assert.equal(text, `# HELP a h\n# TYPE a gauge\na 1\n${own}`);
});
