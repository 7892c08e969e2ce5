/** Names in the log. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeNamed, nodesNamed, whoIs } from "../../src/control/who.ts";

test("whoever gives an order is told by what is known of them", () => {
  assert.equal(whoIs({ kind: "client", address: "unix", id: "x" }), "unix");
  assert.equal(
    whoIs({ kind: "client", address: "unix", id: "x", client: "PID 7", application: "top" }),
    "unix (PID 7, top)",
  );
  assert.equal(
    whoIs({ kind: "native", address: "127.0.0.1:5", id: "u-u" }),
    "127.0.0.1:5 (Broker peer u-u)",
  );
});

test("what others wrote stays on one line, and short", () => {
  assert.equal(nodesNamed(""), "all nodes");
  assert.equal(nodeNamed(""), "''");
  assert.equal(
    nodeNamed("a\ninfo: b\x1b[2J\x9b\u202e\udc80"),
    "'a\\u{a}info: b\\u{1b}[2J\\u{9b}\\u{202e}\\u{dc80}'",
  );
  assert.ok(nodesNamed("x".repeat(1e6)).length < 300);
  const client = `a\n${"x".repeat(1e5)}`;
  const who = whoIs({ kind: "client", address: "unix", id: "x", client });
  assert.ok(who.length < 300 && !who.includes("\n"));
});
