import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http";
import { test } from "node:test";
import {
  type Access,
  hostName,
  judgeAccess,
  judgeUpgrade,
} from "../../../src/broker/websocket/http-policy.ts";

const good: IncomingHttpHeaders = {
  host: "127.0.0.1:9997",
  upgrade: "websocket",
  connection: "Upgrade",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};
const open: Access = { local: false, names: new Set(["supervisor.example"]) };
const local: Access = { ...open, local: true, token: "unused" };

function judge(change: IncomingHttpHeaders = {}, access = open, head = {}) {
  const request = { method: "GET", httpVersion: "1.1", url: "/v1/messages/json", ...head };
  return judgeUpgrade({ ...request, headers: { ...good, ...change } }, access);
}

const session = { is: "session", mayControl: true };

test("A.1.1: a request for a WebSocket becomes a session", () => {
  assert.deepEqual(judge(), session);
  assert.deepEqual(judge({ upgrade: "WebSocket" }), session);
});

test("A.1.1: without HTTP/1.1, GET, upgrade, version and key it is a bad request", () => {
  const bad: [IncomingHttpHeaders, object][] = [
    [{}, { method: "POST" }],
    [{}, { httpVersion: "1.0" }],
    [{ upgrade: undefined }, {}],
    [{ upgrade: "h2c" }, {}],
    [{ upgrade: "websocket, h2c" }, {}],
    [{ "sec-websocket-version": undefined }, {}],
    [{ "sec-websocket-version": "8" }, {}],
    [{ "sec-websocket-version": "13, 13" }, {}],
    [{ "sec-websocket-key": undefined }, {}],
    [{ "sec-websocket-key": "short==" }, {}],
  ];
  for (const [headers, head] of bad) {
    const verdict = judge(headers, open, head);
    assert.ok(verdict.is === "refused", JSON.stringify([headers, head]));
    assert.equal(verdict.status, 400);
    assert.match(verdict.text, /^[^\n]+$/);
  }
});

test("A.1.2: any other path is told the right one", () => {
  const expected = {
    is: "misdirected",
    code: "invalid_uri",
    context: "Invalid URI - use /v1/messages/json",
  };
  for (const url of [
    "/",
    "/v1/messages/json/",
    "/v1/messages/json?",
    "/v1/messages/json?a=1",
    "/V1/messages/json",
    "//v1/messages/json",
    "/v1/messages",
  ]) {
    assert.deepEqual(judge({}, open, { url }), expected, url);
  }
});

test("A.1.3: an application's name has few characters", () => {
  for (const name of ["", "zeek-client", "a/b_c.d=e:f*g@h", "Z9"]) {
    assert.deepEqual(judge({ "x-application-name": name }), { ...session, application: name });
  }
  for (const name of ["with space", "a, b", "ä", "a\tb", "a;b"]) {
    assert.deepEqual(judge({ "x-application-name": name }), {
      is: "misdirected",
      code: "invalid_application_name",
      context: "Invalid X-Application-Name",
    });
  }
});

test("A.1.2, A.1.3: the path is looked at first, and what HTTP needs before both", () => {
  const wrong = { "x-application-name": "with space" };
  const verdict = judge(wrong, open, { url: "/" });
  assert.ok(verdict.is === "misdirected" && verdict.code === "invalid_uri");
  assert.equal(judge({ ...wrong, upgrade: "x" }, open, { url: "/" }).is, "refused");
});

test("F.8: a Host that is a name must be one of ours", () => {
  const accepted = [
    "",
    "127.0.0.1",
    "192.0.2.1:9997",
    "[::1]",
    "[2001:db8::1]:9997",
    "localhost",
    "LocalHost:1",
    "supervisor.example:9997",
    "Supervisor.Example",
  ];
  for (const host of accepted) assert.equal(judge({ host }).is, "session", host);
  assert.equal(judge({ host: undefined }).is, "session");
  const refused = [
    "attacker.example",
    "127.0.0.1.attacker.example",
    "localhost.attacker.example",
    "::1",
    "[attacker.example]",
    "a b",
    "supervisor.example:x",
    "user@localhost",
    "supervisor.example.",
  ];
  for (const host of refused) {
    const verdict = judge({ host });
    assert.ok(verdict.is === "refused" && verdict.status === 403, host);
  }
});

test("F.8: an Origin must be the page's own", () => {
  for (const host of ["127.0.0.1:9997", "localhost:9997", "supervisor.example"]) {
    for (const scheme of ["http", "https", "HTTP"]) {
      assert.equal(judge({ host, origin: `${scheme}://${host}` }).is, "session", host);
    }
  }
  const refused: [string | undefined, string][] = [
    ["127.0.0.1:9997", "null"],
    ["127.0.0.1:9997", ""],
    ["127.0.0.1:9997", "http://attacker.example"],
    ["127.0.0.1:9997", "http://127.0.0.1:80"],
    ["127.0.0.1:9997", "http://127.0.0.1:9997.attacker.example"],
    ["127.0.0.1:9997", "file://127.0.0.1:9997"],
    ["attacker.example", "http://attacker.example"],
    [undefined, "http://127.0.0.1:9997"],
    ["", "http://"],
  ];
  for (const [host, origin] of refused) {
    const verdict = judge({ host, origin });
    assert.ok(verdict.is === "refused" && verdict.status === 403, `${host} ${origin}`);
  }
});

test("F.8: with tokens, only who shows one is let in, and who may only look does not control", () => {
  const access = { ...open, token: "secret-1", readToken: "secret-2" };
  const answers: [string | undefined, unknown][] = [
    ["Bearer secret-1", session],
    ["bearer   secret-1 ", session],
    ["Bearer secret-2", { ...session, mayControl: false }],
    [undefined, 401],
    ["", 401],
    ["Bearer", 401],
    ["Bearer ", 401],
    ["Bearer secret", 401],
    ["Bearer secret-11", 401],
    ["Bearer SECRET-1", 401],
    ["Bearer secret-1 secret-2", 401],
    ["Basic secret-1", 401],
  ];
  for (const [authorization, expected] of answers) {
    const verdict = judge({ authorization }, access);
    assert.deepEqual(verdict.is === "refused" ? verdict.status : verdict, expected, authorization);
  }
  const looking = { ...open, readToken: "r" };
  assert.deepEqual(judge({ authorization: "Bearer r" }, looking), {
    ...session,
    mayControl: false,
  });
  assert.equal(judge({}, looking).is, "refused");
  assert.deepEqual(judge({ authorization: "Bearer anything" }), session);
});

test("F.8: whoever came over the Unix socket needs none of this", () => {
  const strange = { host: "attacker.example", origin: "http://attacker.example" };
  assert.deepEqual(judge(strange, local), session);
  assert.deepEqual(judgeAccess(strange, local), { is: "admitted", mayControl: true });
  assert.equal(judgeAccess(strange, open).is, "refused");
});

test("X-Coppice-Client is for the log: local, on one line, at most 200 characters", () => {
  const header = (text: string) => Buffer.from(text).toString("latin1");
  const clientOf = (text: string, access = local) => {
    const verdict = judge({ "x-coppice-client": header(text) }, access);
    return verdict.is === "session" ? verdict.client : undefined;
  };
  assert.equal(clientOf("coppice ctl, pid 7, user jürgen"), "coppice ctl, pid 7, user jürgen");
  assert.equal(clientOf("a\tb\u0085c\u2028d\u202ee\x7ff\ufeffg"), "abcdefg");
  assert.equal(clientOf("🌳".repeat(300)), "🌳".repeat(200));
  assert.equal(clientOf("somebody", open), undefined);
  assert.deepEqual(judge({}, local), session);
});

test("A.1.1: names of hosts are read with their ports", () => {
  const names: [string, string | undefined][] = [
    ["A.example:80", "a.example"],
    ["a.example:", "a.example"],
    ["[::1]:80", "::1"],
    ["[::1", undefined],
    ["[1.2.3.4]", undefined],
    ["a:b", undefined],
    ["::1", undefined],
    ["", undefined],
  ];
  for (const [host, name] of names) assert.equal(hostName(host), name, host);
});

test("a page shows its token as the name of a subprotocol, since it can set no header", () => {
  const access: Access = { ...open, token: "let me é in", readToken: "look" };
  const offer = (token: string) =>
    `coppice, coppice.bearer.${Buffer.from(token).toString("base64url")}`;
  const shown = (token: string) => judge({ "sec-websocket-protocol": offer(token) }, access);
  assert.deepEqual(shown("let me é in"), session);
  assert.deepEqual(shown("look"), { ...session, mayControl: false });
  for (const verdict of [
    shown("other"),
    shown(""),
    judge({ "sec-websocket-protocol": "coppice" }, access),
    judge({ "sec-websocket-protocol": "coppice.bearer.%%%" }, access),
    // What is given in the header counts alone.
    judge({ "sec-websocket-protocol": offer("look"), authorization: "Bearer no" }, access),
  ])
    assert.equal(verdict.is === "refused" && verdict.status, 401);
});

test("a subprotocol's token helps no page of another origin", () => {
  const protocol = `coppice, coppice.bearer.${Buffer.from("t").toString("base64url")}`;
  const headers = { "sec-websocket-protocol": protocol, origin: "http://elsewhere.example" };
  const verdict = judge(headers, { ...open, token: "t" });
  assert.equal(verdict.is === "refused" && verdict.status, 403);
});
