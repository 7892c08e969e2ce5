/** What those who may only look get to see. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { redactEvent, redactStatus } from "../../src/control/redact.ts";
import type { NodeStatus } from "../../src/core/status.ts";

const STATUS: NodeStatus = {
  node: { name: "a", env: { TOKEN: "secret", EMPTY: "" }, command: ["x"] },
  state: "running",
  pid: 1,
  generation: 1,
  since: 0,
};
const HIDDEN = {
  ...STATUS,
  node: { ...STATUS.node, env: { TOKEN: "(hidden)", EMPTY: "(hidden)" } },
};

test("values of env are hidden, their names and all else are not", () => {
  const plain: NodeStatus = { ...STATUS, node: { name: "b" } };
  assert.deepEqual(redactStatus({ nodes: { a: STATUS, b: plain } }), {
    nodes: { a: HIDDEN, b: plain },
  });
  const event = { kind: "started", at: 0, text: "t", node: "a" } as const;
  assert.deepEqual(redactEvent({ ...event, status: STATUS }), { ...event, status: HIDDEN });
  assert.deepEqual(redactEvent(event), event);
  assert.equal(STATUS.node.env?.["TOKEN"], "secret", "what was given is as it was");
});

test("odd names stay names", () => {
  const env = JSON.parse('{"__proto__":"secret"}') as Record<string, string>;
  const nodes = Object.fromEntries([
    ["__proto__", { ...STATUS, node: { name: "__proto__", env } }],
  ]);
  const text = JSON.stringify(redactStatus({ nodes }));
  assert.doesNotMatch(text, /secret/);
  assert.match(text, /"env":\{"__proto__":"\(hidden\)"\}/);
});
