/** SupervisorControl over Broker's own protocol, byte by byte: what a Zeek says to a Supervisor. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { freePort } from "../fixtures/ports.ts";
import {
  connectRaw,
  envelope,
  eventPayload,
  hello,
  list,
  originatorAck,
  originatorSyn,
  type RawPeer,
  string,
  versionSelect,
} from "../fixtures/raw-broker-peer.ts";
import { canConnect, unixClient } from "../fixtures/remote.ts";
import { atEnd, isAlive, plant, type TestTree, until } from "../fixtures/tree.ts";

/** Smaller than every other, and so the originator. */
const ID = "00000000-0000-4000-8000-000000000000";
const HEAD = `0e03 02${"0".repeat(15)}1 02${"0".repeat(15)}1 0e02`;

class NativeClient {
  readonly tree: TestTree;
  readonly peer: RawPeer;

  constructor(tree: TestTree, peer: RawPeer) {
    this.tree = tree;
    this.peer = peer;
  }

  say(...payloads: string[]): void {
    this.peer.say(...payloads.map((payload) => envelope(1, ID, "zeek/supervisor", payload)));
  }

  /** The next data message: where, and its bytes in hexadecimal. */
  async told(): Promise<{ topic: string; payload: string }> {
    for (;;) {
      const frame = (await this.peer.next("a message")).subarray(4);
      if (frame[32] !== 1) continue;
      const end = 37 + frame.readUInt16BE(35);
      const topic = frame.subarray(37, end).toString();
      return { topic, payload: frame.subarray(end).toString("hex") };
    }
  }

  /** The next one that is no news of a start. */
  async answer(): Promise<{ topic: string; payload: string }> {
    for (;;) {
      const told = await this.told();
      if (told.topic !== "zeek/supervisor/node_status") return told;
    }
  }
}

/** Where a tree listens. */
interface Place {
  tree: TestTree;
  port: number;
}

async function meet(
  t: TestContext,
  { tree, port }: Place,
  ...prefixes: string[]
): Promise<NativeClient> {
  // It finds no nodes, and leaves none.
  const remote = await unixClient(t, tree);
  atEnd(t, () => tree.child.exitCode === null && remote.destroy(""));
  const peer = await connectRaw(t, port);
  peer.say(hello(ID));
  const first = await peer.next("a probe or hello");
  const greeting = first[4] === 7 ? await peer.next("hello") : first;
  assert.equal(greeting[4], 6);
  peer.say(versionSelect(ID), originatorSyn(...prefixes));
  const answer = await peer.next("responder_syn_ack");
  assert.equal(answer[4], 11);
  assert.ok(answer.includes("zeek/supervisor"), "its filter has what requests are sent to");
  peer.say(originatorAck);
  return new NativeClient(tree, peer);
}

const request = (kind: string, ...args: string[]) =>
  eventPayload(`SupervisorControl::${kind}_request`, ...args);

/** create_request with a configuration of 12 fields, and `extra` as the 13th. */
function creation(id: string, name: string, extra?: object): string {
  const more = extra === undefined ? "" : `05${string(JSON.stringify(extra))}`;
  const config = `0e0${extra === undefined ? "c" : "d"} 05${string(name)} 000000000000 0e00 0e00 0d00 00 0d00 ${more}`;
  return `${HEAD} 05${string("SupervisorControl::create_request")} 0e02 05${string(id)} ${config}`;
}

const plain = (hex: string) => hex.replaceAll(/\s/g, "");
const truth = (kind: string, id: string, value: boolean) =>
  plain(
    `${HEAD} 05${string(`SupervisorControl::${kind}_response`)} 0e02 05${string(id)} 010${Number(value)}`,
  );

test("SupervisorControl over the native listener of one tree", async (t) => {
  const port = await freePort();
  const tree = plant(t, "", { options: ["-j", "--listen", String(port), "--no-tls"] });
  await until(
    "the listener",
    () => canConnect(port),
    () => tree.report(),
  );
  const place = { tree, port };

  await t.test(
    "A.7: a native peer's requests are answered in order, in one burst too",
    async (t) => {
      const native = await meet(t, place, "zeek/supervisor");
      native.say(
        creation("1", "a", { command: ["sleep", "1000"] }),
        request("restart", "2", "a"),
        request("restart", "3", "nobody"),
        request("destroy", "4", "a"),
        creation("5", "a", { command: ["sleep", "1000"] }),
        request("destroy", "", ""),
        request("restart", "7", ""),
      );
      const created = (id: string) => eventPayload("SupervisorControl::create_response", id, "");
      for (const [kind, id, payload] of [
        ["create", "1", plain(created("1"))],
        ["restart", "2", truth("restart", "2", true)],
        ["restart", "3", truth("restart", "3", false)],
        ["destroy", "4", truth("destroy", "4", true)],
        ["create", "5", plain(created("5"))],
        ["destroy", "", truth("destroy", "", true)],
        ["restart", "7", truth("restart", "7", true)],
      ] as const) {
        const expected = { topic: `zeek/supervisor/${kind}_response/${id}`, payload };
        assert.deepEqual(await native.answer(), expected);
      }
    },
  );

  await t.test(
    "C.4: status_response has the layout of the specification, and our own element behind it",
    async (t) => {
      const native = await meet(t, place, "zeek/supervisor");
      native.say(creation("r1", "foo"));
      await native.answer();
      const started = await native.told();
      const [, digits = ""] =
        new RegExp(
          `^${plain(HEAD)}05${string("SupervisorControl::node_status")}0e0205${string("foo")}02(.{16})$`,
        ).exec(started.payload) ?? [];
      const pid = Number.parseInt(digits, 16);
      assert.ok(isAlive(pid), started.payload);
      native.say(request("status", "r3", "foo"));
      const { topic, payload } = await native.answer();
      assert.equal(topic, "zeek/supervisor/status_response/r3");
      const zeeks = plain(
        `${HEAD} 0522 53757065727669736f72436f6e74726f6c3a3a7374617475735f726573706f6e7365 0e02 0502 7233
     0e01 0d01 0503 666f6f 0e03 0e0c 0503666f6f 00 00 00 00 00 00 0e00 0e00 0d00 00 0d00 03 ${digits} 05`,
      );
      assert.ok(payload.startsWith(zeeks), payload);
      const extra = Buffer.from(payload.slice(zeeks.length), "hex").toString();
      const { state, generation } = JSON.parse(extra.slice(extra.indexOf("{"))) as Record<
        string,
        unknown
      >;
      assert.deepEqual([state, generation], ["running", 1]);
    },
  );

  await t.test("E.1: a peer gets what its filter covers, and its own requests never", async (t) => {
    const native = await meet(t, place, "zeek/supervisor/restart_response/", "zeek/management");
    native.say(request("status", "1", ""), request("restart", "2", ""));
    assert.equal((await native.told()).topic, "zeek/supervisor/restart_response/2");
  });

  await t.test(
    "A.2: what does not fit is left unanswered, and the connection goes on",
    async (t) => {
      const native = await meet(t, place, "zeek/supervisor");
      native.say(
        request("status", "1"),
        request("status", "1", "2", "3"),
        request("nothing", "1", "2"),
        "0e03",
        "ff",
        plain(
          `${HEAD} 05${string("SupervisorControl::create_request")} 0e${list(["1", "a"], "05")}`,
        ),
        request("restart", "last", ""),
      );
      assert.equal((await native.told()).topic, "zeek/supervisor/restart_response/last");
    },
  );

  await t.test("F.11: stop_request over a native connection ends the tree", async (t) => {
    const native = await meet(t, place, "zeek/supervisor");
    native.say(request("stop"));
    assert.deepEqual(await native.tree.end(), { code: 0, signal: null });
    await native.peer.closed();
    const who = `127\\.0\\.0\\.1:\\d+ \\(Broker peer ${ID}\\)`;
    assert.match(native.tree.stderr, new RegExp(`^info: stop, ordered by ${who}$`, "m"));
  });
});
