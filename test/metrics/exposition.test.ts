/** Prometheus' text format, as its description has it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { renderFamily } from "../../src/metrics/exposition.ts";

test("a family is its help, its type and a line for each sample", () => {
  const text = renderFamily({
    name: "a_total",
    type: "counter",
    help: "One line.\nAnd a \\.",
    samples: [
      { value: 3 },
      { labels: { node: "x", role: undefined }, value: 1.5 },
      { labels: { role: undefined }, value: 0 },
      { labels: { a: "1", b: "2" }, value: 1e21 },
      { labels: { a: "1" }, further: ["b", '"'], value: 2 },
      { labels: {}, further: ["b", "3"], value: 2 },
      { further: ["b", "4"], value: 2 },
    ],
  });
  assert.equal(
    text,
    [
      "# HELP a_total One line.\\nAnd a \\\\.",
      "# TYPE a_total counter",
      "a_total 3",
      'a_total{node="x"} 1.5',
      "a_total 0",
      'a_total{a="1",b="2"} 1e+21',
      'a_total{a="1",b="\\""} 2',
      'a_total{b="3"} 2',
      'a_total{b="4"} 2',
      "",
    ].join("\n"),
  );
});

test("labels may hold anything, and numbers be what they are", () => {
  const labels = { node: '__proto__ "a"\\\n{}=,é' };
  const { POSITIVE_INFINITY, NEGATIVE_INFINITY, NaN: none } = Number;
  const samples = [{ labels, value: POSITIVE_INFINITY }, { value: NEGATIVE_INFINITY }];
  const text = renderFamily({
    name: "a",
    type: "gauge",
    help: "h",
    samples: [...samples, { value: none }],
  });
  assert.deepEqual(text.split("\n").slice(2), [
    'a{node="__proto__ \\"a\\"\\\\\\n{}=,é"} +Inf',
    "a -Inf",
    "a NaN",
    "",
  ]);
});

test("a family without samples still says that it is there; a histogram has parts", () => {
  assert.equal(
    renderFamily({ name: "a", type: "gauge", help: "h", samples: [] }),
    "# HELP a h\n# TYPE a gauge\n",
  );
  const histogram = renderFamily({
    name: "d",
    type: "histogram",
    help: "h",
    samples: [
      { part: "_bucket", labels: { le: "0.1" }, value: 1 },
      { part: "_sum", value: 0.5 },
      { part: "_count", value: 2 },
    ],
  });
  assert.match(histogram, /\nd_bucket\{le="0.1"\} 1\nd_sum 0.5\nd_count 2\n$/);
});
