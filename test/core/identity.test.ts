/** Who a node is to be, against who there is and who we are. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { identityArguments, identityOf, identityVariables } from "../../src/core/identity.ts";

const ROOT = { uid: 0, gid: 0 };
const USERS = [
  { uid: 0, gid: 0, name: "root", home: "/root" },
  { uid: 1000, gid: 100, name: "ann", home: "/home/ann" },
];

function asked(config: { user?: string | number; group?: string | number }, own = ROOT) {
  return identityOf(config, {
    own,
    user: (user) =>
      USERS.find(({ name, uid }) => user === name || Number(user) === uid) ??
      (typeof user === "number" ? { uid: user } : undefined),
    group: (group) => (typeof group === "number" ? group : group === "zeek" ? 7 : undefined),
  });
}

test("a user comes with its own group and groups, and may be given another", () => {
  const ann = { uid: 1000, groups: "user's", name: "ann", home: "/home/ann" } as const;
  assert.deepEqual(asked({ user: "ann" }), { identity: { ...ann, gid: 100 } });
  assert.deepEqual(asked({ user: 1000 }), { identity: { ...ann, gid: 100 } });
  assert.deepEqual(asked({ user: "ann", group: "zeek" }), { identity: { ...ann, gid: 7 } });
});

test("a group alone leaves the rest as it is; a number that no user has needs one", () => {
  assert.deepEqual(asked({ group: "zeek" }), { identity: { uid: 0, gid: 7, groups: "ours" } });
  assert.deepEqual(asked({ user: 77, group: 7 }), {
    identity: { uid: 77, gid: 7, groups: "none" },
  });
  assert.match(
    JSON.stringify(asked({ user: 77 })),
    /no user .* has the number 77: it needs a 'group'/,
  );
});

test("who is not there is told, and so is that it takes root", () => {
  assert.deepEqual(asked({ user: "bob" }), { problem: "there is no user 'bob' on this machine" });
  assert.deepEqual(asked({ user: "ann", group: "x" }), {
    problem: "there is no group 'x' on this machine",
  });
  const own = { uid: 1000, gid: 100 };
  assert.match(JSON.stringify(asked({ user: "root" }, own)), /another user needs root, .* 1000/);
  assert.match(JSON.stringify(asked({ group: 7 }, own)), /another group needs root/);
});

test("who we are already takes nothing", () => {
  assert.deepEqual(asked({}), { identity: undefined });
  assert.deepEqual(asked({ user: "root" }), { identity: undefined });
  assert.deepEqual(asked({ user: "ann" }, { uid: 1000, gid: 100 }), { identity: undefined });
});

test("setpriv is told numbers, and the program who it is", () => {
  const identity = { uid: 1, gid: 2, groups: "user's", name: "ann", home: "/home/ann" } as const;
  assert.deepEqual(identityArguments(identity), ["--reuid=1", "--regid=2", "--init-groups"]);
  assert.deepEqual(identityArguments({ uid: 1, gid: 2, groups: "none" })[2], "--clear-groups");
  assert.deepEqual(identityArguments({ uid: 0, gid: 2, groups: "ours" })[2], "--keep-groups");
  assert.deepEqual(identityVariables(identity), {
    USER: "ann",
    LOGNAME: "ann",
    HOME: "/home/ann",
  });
  assert.deepEqual(identityVariables({ uid: 1, gid: 2, groups: "none" }), {});
});
