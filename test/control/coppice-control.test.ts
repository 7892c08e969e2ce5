/** Requests of Coppice's own, as anybody may send them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Endpoint, type Peer } from "../../src/broker/endpoint.ts";
import { eventOf, eventValue } from "../../src/broker/event.ts";
import { Filter } from "../../src/broker/topics.ts";
import type { Commands } from "../../src/control/commands.ts";
import { coppiceControl } from "../../src/control/coppice-control.ts";
import { COPPICE_TOPIC, type Method, request } from "../../src/control/protocol.ts";

/** Those who are asked for, and what is answered. */
function asked(method: Method, params: object): { orders: string[]; answer: unknown } {
  const errors: string[] = [];
  const endpoint = new Endpoint("here", (error) => errors.push(String(error)));
  const orders: string[] = [];
  const order = (what: string) => (name: string) => {
    orders.push(`${what} '${name}'`);
    return Promise.resolve(true);
  };
  const commands = {
    destroy: order("destroy"),
    restart: order("restart"),
    ordered() {},
  } as Partial<Commands> as Commands;
  endpoint.serve(coppiceControl(endpoint, commands, { version: "1", instance: "i", pid: 1 }));
  let answer: unknown;
  const peer: Peer = {
    info: { kind: "client", address: "unix", id: "there" },
    mayControl: true,
    filter: new Filter([""]),
    send({ value }) {
      answer = JSON.parse(String(eventOf(value)?.args[1]));
    },
    close() {},
  };
  endpoint.attach(peer);
  endpoint.receive(peer, COPPICE_TOPIC, eventValue(request("1", method, params)));
  assert.deepEqual(errors, []);
  return { orders, answer };
}

for (const method of ["destroy", "restart"] as const) {
  for (const params of [{}, { name: null }, { name: 7 }, { name: false }, { name: ["a"] }]) {
    test(`${method} of ${JSON.stringify(params)} is refused: it is not all nodes`, () => {
      const { orders, answer } = asked(method, params);
      assert.deepEqual(orders, []);
      assert.deepEqual(answer, {
        error: { code: "COPPICE_USAGE", message: `${method} needs a name`, exitStatus: 2 },
      });
    });
  }
}

test("an empty name is all nodes", () => {
  assert.deepEqual(asked("restart", { name: "" }).orders, ["restart ''"]);
});
