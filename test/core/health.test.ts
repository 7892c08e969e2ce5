/** How a node's health may be checked: what a configuration may say, and what it comes to. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkRulesOf, type HealthCheck, heartbeatFdOf } from "../../src/core/health.ts";
import { httpTarget } from "../../src/core/http-target.ts";
import { acceptConfig } from "../../src/supervisor/config/config-schema.ts";

const accept = (health: unknown, more: object = {}) =>
  acceptConfig({ name: "a", health, ...more }, () => undefined);
const program = { command: ["x"] };

const KINDS = /^node 'a': field 'health': must be one of \{ command \}, \{ http \}, \{ port \} and/;
const REFUSED: [what: string, health: unknown, more: object, message: RegExp][] = [
  ["no way", {}, {}, KINDS],
  ["two ways", { http: 80, port: 80 }, {}, KINDS],
  ["a word", "http", {}, KINDS],
  ["an empty command", { command: [] }, {}, KINDS],
  ["no time between checks", { http: 80, interval: 0 }, {}, /^node 'a': field 'health.interval'/],
  ["no time for a check", { http: 80, timeout: 0 }, {}, /^node 'a': field 'health.timeout'/],
  [
    "more time than a timer holds",
    { http: 80, timeout: 2 ** 31 },
    {},
    /^node 'a': field 'health.timeout'/,
  ],
  ["no failures", { http: 80, failures: 0 }, {}, /^node 'a': field 'health.failures'/],
  ["stdout", { heartbeat: { fd: 1 } }, {}, /^node 'a': field 'health.heartbeat.fd'/],
  ["no heartbeat", { heartbeat: false }, {}, KINDS],
  [
    "https",
    { http: "https://h/x" },
    {},
    /^node 'a': health.http cannot check https: use a command, \{ command: \["curl", "-fsS", "https:\/\/h\/x"\] \}$/,
  ],
  [
    "no URL",
    { http: "h:80" },
    {},
    /health.http is a port, PORT\/path or an http:\/\/ URL .* 'h:80'$/,
  ],
  ["a user", { http: "http://u:p@h/" }, {}, /health.http is a port/],
  ["no port", { port: "h:99999" }, {}, /health.port is a port, HOST:PORT or a Unix socket's path/],
  [
    "a program without a descriptor",
    { heartbeat: true },
    program,
    /only a node that runs scripts has a heartbeat of its own: for a program name the descriptor/,
  ],
  ["a Zeek's heartbeat", { heartbeat: { fd: 4 } }, { zeek: {} }, /a Zeek gives no heartbeat$/],
  ["a Zeek's own heartbeat", { heartbeat: true }, { zeek: {} }, /a Zeek gives no heartbeat$/],
  [
    "one descriptor for two",
    { heartbeat: { fd: 5 } },
    { ...program, ready: { fd: 5 } },
    /health.heartbeat and ready are given on one descriptor: each needs its own$/,
  ],
  ["that of a script's `init`", { heartbeat: { fd: 3 } }, {}, /on one descriptor/],
];

for (const [what, health, more, message] of REFUSED) {
  test(`refused: ${what}`, () => {
    assert.throws(() => accept(health, more), { name: "NodeConfigError", message });
  });
}

test("accepted: each way, of each kind of node that can have it", () => {
  for (const more of [{}, program, { zeek: {} }]) {
    accept({ command: ["./look", ""] }, more);
    accept({ http: 80, interval: 1, timeout: 1, failures: 1 }, more);
    accept({ http: "http://[::1]:8080/x?y" }, more);
    accept({ port: "run/a.sock" }, more);
    accept({ port: 80, host: "h" }, more);
  }
  accept({ heartbeat: true });
  accept({ heartbeat: { fd: 3 } }, program);
});

test("an HTTP check is a port of this host, with or without a path, or a whole URL", () => {
  const here = { host: "127.0.0.1", authority: "127.0.0.1:8080", port: 8080 };
  assert.deepEqual(httpTarget(8080), { ...here, path: "/" });
  assert.deepEqual(httpTarget("8080"), { ...here, path: "/" });
  assert.deepEqual(httpTarget("8080/a?b#c"), { ...here, path: "/a?b" });
  assert.deepEqual(httpTarget("http://h"), { host: "h", authority: "h", port: 80, path: "/" });
  assert.deepEqual(httpTarget("HTTP://[::1]:81/ä b"), {
    host: "::1",
    authority: "[::1]:81",
    port: 81,
    path: "/%C3%A4%20b",
  });
  for (const wrong of [0, "0", "99999/x", "/x", "h", "https://h", "http://", "http://h:0/"])
    assert.equal(httpTarget(wrong), undefined, String(wrong));
});

test("a heartbeat's descriptor is the one that was named, or one that nothing else has", () => {
  const fd = (heartbeat: true | { fd: number }, more: object = {}) =>
    heartbeatFdOf({ name: "a", health: { heartbeat }, ...more });
  assert.equal(fd({ fd: 9 }, program), 9);
  assert.equal(fd(true), 4);
  assert.equal(fd(true, { ready: { fd: 4 } }), 3);
  assert.equal(heartbeatFdOf({ name: "a", health: { http: 80 } }), undefined);
});

test("each way has a name for people, and what was not said has its default", () => {
  const rules = (health: HealthCheck) => checkRulesOf({ name: "a", health }, 0);
  const usual = { interval: 10_000, failures: 3, first: 10_000 };
  assert.deepEqual(rules({ http: 80 }), { ...usual, what: "http://127.0.0.1/" });
  assert.deepEqual(rules({ port: "h:1" }), { ...usual, what: "port h:1" });
  assert.deepEqual(rules({ command: ["a", "b"] }), { ...usual, what: "a b" });
  assert.deepEqual(rules({ heartbeat: true, interval: 5, failures: 1 }), {
    what: "heartbeat",
    interval: 5,
    failures: 1,
    first: 5,
  });
  assert.equal(checkRulesOf({ name: "a" }, 0), undefined);
});

test("the first checks of a thousand nodes are spread over an interval", () => {
  const firsts = Array.from(
    { length: 1_000 },
    (_, id) => checkRulesOf({ name: "a", health: { http: 80 } }, id + 1)?.first ?? 0,
  ).sort((a, b) => a - b);
  assert.ok(firsts[0]! >= 10_000 && firsts.at(-1)! < 20_000);
  // On average one in 10 ms: nowhere do many come together, and nowhere is there a gap.
  for (let i = 0; i + 10 < firsts.length; i++) {
    const span = firsts[i + 10]! - firsts[i]!;
    assert.ok(span > 50 && span < 200, `${span} ms for ten`);
  }
});
