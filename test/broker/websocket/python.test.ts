import assert from "node:assert/strict";
import { test } from "node:test";
import type { Value } from "../../../src/broker/values.ts";
import { requirePython, runPython } from "../../fixtures/python.ts";
import { testEndpoint, testListener } from "../../fixtures/websocket.ts";

interface Outcome {
  name: string;
  error: string | null;
}

test("A.1 to A.4, B: Python's websockets finds everything as it expects", async (t) => {
  if (!(await requirePython(t))) return;
  const endpoint = testEndpoint(t, "3eece35d-9f94-568d-861c-6a16c433e090");
  endpoint.subscribe("echo");
  endpoint.onEvent("echo", (what: Value) => {
    endpoint.publish("echoed", { name: "echoed", args: [what] });
  });
  endpoint.serve({
    module: "SupervisorControl::",
    topic: "zeek/supervisor",
    check: () => false,
    isHarmless: () => false,
    handle: () => {},
  });
  const closing = await testListener(t, endpoint);
  endpoint.subscribe("close");
  endpoint.onEvent("close", () => closing.close());
  const listeners = {
    plain: await testListener(t, endpoint),
    pinging: await testListener(t, endpoint, { limits: { pingInterval: 300 } }),
    hurried: await testListener(t, endpoint, { limits: { upgradeTime: 200 } }),
    small: await testListener(t, endpoint, { limits: { message: 1000 } }),
    few: await testListener(t, endpoint, { limits: { connections: 2 } }),
    guarded: await testListener(t, endpoint, { token: "act", readToken: "look" }),
    closing,
  };
  const ports = Object.entries(listeners).map(([name, { port }]) => [name, port]);
  const argument = JSON.stringify(Object.fromEntries(ports));
  const printed = await runPython(t, "websocket_rules.py", [argument]);
  const outcomes = printed
    .trim()
    .split("\n")
    .map((line): Outcome => JSON.parse(line));
  assert.ok(outcomes.length >= 20, printed);
  for (const { name, error } of outcomes) {
    await t.test(name, () => assert.equal(error, null, error ?? ""));
  }
});
