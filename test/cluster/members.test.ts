/** Who is there: what hellos and broken connections come to. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Members } from "../../src/cluster/members.ts";

test("a node is there from its hello until its connection is lost", () => {
  const members = new Members();
  assert.deepEqual(members.hello("a", "1"), [{ kind: "nodeUp", name: "a", id: "1" }]);
  assert.deepEqual(members.names, ["a"]);
  assert.deepEqual(members.hello("a", "1"), [], "said again");
  assert.deepEqual(members.lost("2"), [], "nobody's");
  assert.deepEqual(members.lost("1"), [{ kind: "nodeDown", name: "a", id: "1" }]);
  assert.deepEqual(members.lost("1"), []);
  assert.ok(!members.has("a"));
});

test("a node that comes back before its old process is known to be gone has gone and come", () => {
  const members = new Members();
  members.hello("a", "1");
  assert.deepEqual(members.hello("a", "2"), [
    { kind: "nodeDown", name: "a", id: "1" },
    { kind: "nodeUp", name: "a", id: "2" },
  ]);
  assert.deepEqual(members.lost("1"), [], "it is not this process that is lost");
  assert.deepEqual(members.names, ["a"]);
});
