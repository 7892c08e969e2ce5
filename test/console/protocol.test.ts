/** The page and the Supervisor understand each other: each one's codec reads what the other's wrote. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventOf, eventValue } from "../../src/broker/event.ts";
import { decodeDataMessage, encodeDataMessage } from "../../src/broker/json/json.ts";
import { judgeUpgrade } from "../../src/broker/websocket/http-policy.ts";
import { ackText, errorText } from "../../src/broker/websocket/protocol.ts";
import { askAccess } from "../../src/console/protocol/access.ts";
import { decodeMessage, encodeEvent } from "../../src/console/protocol/envelope.ts";
import { protocolsFor } from "../../src/console/protocol/token.ts";

const ODD = [
  "",
  "plain",
  'quotes " and \\ and \u0000',
  "é 👍 \u202e",
  "bytes \udc80\udcff",
  "__proto__",
];

test("the Supervisor reads the page's events", () => {
  const event = { name: "CoppiceControl::request", args: ODD };
  const { topic, value } = decodeDataMessage(encodeEvent("coppice/control", event));
  assert.equal(topic, "coppice/control");
  assert.deepEqual(eventOf(value), event);
});

test("the page reads the Supervisor's events", () => {
  const event = { name: "CoppiceControl::output", args: ODD };
  const message = decodeMessage(encodeDataMessage(eventValue(event), "coppice/client/x"));
  assert.deepEqual(message, { is: "event", event });
});

test("whatever else comes is an acknowledgement, an error, or nothing to the page", () => {
  assert.deepEqual(decodeMessage(ackText({ endpoint: "e", version: "v" })), { is: "ack" });
  const error = errorText({ code: "c", context: "why" });
  assert.deepEqual(decodeMessage(error), { is: "error", text: "why" });
  const bad = ["", "{", "null", "3", "[]", "{}", '{"type":"data-message"}'];
  const event = encodeEvent("t", { name: "n", args: ["a"] });
  // Parts of an event that are not there, or something else.
  bad.push(event.replace('"data":"a"', '"data":1'), event.replace('"string"', '"count"'));
  for (const text of bad) assert.deepEqual(decodeMessage(text), { is: "other" }, text);
});

test("the Supervisor finds the page's token, whatever is in it", () => {
  for (const token of ["let-me-in", "ünïcode/+=~", "x".repeat(300)]) {
    const headers = {
      host: "127.0.0.1",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      "sec-websocket-protocol": protocolsFor(token).join(", "),
    };
    const request = { method: "GET", httpVersion: "1.1", url: "/v1/messages/json", headers };
    const verdict = judgeUpgrade(request, { local: false, names: new Set(), token });
    assert.equal(verdict.is, "session", token);
    for (const name of protocolsFor(token)) assert.match(name, /^[\w.-]+$/);
  }
  assert.deepEqual(protocolsFor(""), ["coppice"]);
});

test("a token that no header can carry is a wrong one, and not a Supervisor that is away", async () => {
  const nobody = new URL("http://127.0.0.1:1/");
  assert.deepEqual(await askAccess(nobody, "let-me-☃"), { is: "locked" });
  assert.deepEqual(await askAccess(nobody, "let-me-in"), { is: "away" });
});
