/** One session, as states and messages: every cell of the table. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decodeEnvelope,
  decodeHandshake,
  type Envelope,
  ErrorCode,
  EVERYONE,
  encodeHandshake,
  encodePong,
  type Handshake,
  type Malformed,
} from "../../../src/broker/native/messages.ts";
import {
  type Action,
  begin,
  claimed,
  decodeFor,
  filterChanged,
  type Message,
  receive,
  type Self,
  type Session,
  type Step,
} from "../../../src/broker/native/session.ts";
import { Filter } from "../../../src/broker/topics.ts";
import { LARGE, MIDDLE, SMALL } from "../../fixtures/raw-broker-peer.ts";

const SELF: Self = { id: MIDDLE, filter: new Filter(["zeek/supervisor"]) };
const OWN = ["zeek/supervisor"];

const SESSIONS = {
  hello: { phase: "hello" },
  answer: { phase: "answer" },
  version: { phase: "version", peer: SMALL },
  claim: { phase: "claim", peer: SMALL, role: "responder" },
  syn: { phase: "syn", peer: SMALL },
  syn_ack: { phase: "syn_ack", peer: LARGE, told: SELF.filter },
  ack: { phase: "ack", peer: SMALL, told: SELF.filter, filter: new Filter(["theirs"]) },
  peered: { phase: "peered", peer: SMALL, told: SELF.filter, leaving: false },
  over: { phase: "over" },
} satisfies { [Phase in Session["phase"]]: Extract<Session, { phase: Phase }> };

const bytes = (hex: string) => Buffer.from(hex, "hex");
const header = { sender: SMALL, receiver: EVERYONE, ttl: 16 };
const MESSAGES = {
  "hello of a smaller": { type: "hello", id: SMALL, min: 1, max: 1 },
  "hello of a larger": { type: "hello", id: LARGE, min: 1, max: 1 },
  probe: { type: "probe" },
  version_select: { type: "version_select", id: SMALL, version: 1 },
  drop_conn: { type: "drop_conn", id: SMALL, code: 28, text: "shutting\ndown" },
  "drop_conn redundant": { type: "drop_conn", id: SMALL, code: 39, text: "redundant" },
  originator_syn: { type: "originator_syn", filter: ["theirs"] },
  responder_syn_ack: { type: "responder_syn_ack", filter: ["theirs"] },
  originator_ack: { type: "originator_ack" },
  malformed: { type: "malformed", code: ErrorCode.wrongMagic, reason: "wrong magic number" },
  data: { ...header, type: "data", topic: "t", payload: bytes("00") },
  "data for us": { ...header, receiver: MIDDLE, type: "data", topic: "t", payload: bytes("00") },
  "data for another": {
    ...header,
    receiver: LARGE,
    type: "data",
    topic: "t",
    payload: bytes("00"),
  },
  "data on a reserved topic": {
    ...header,
    type: "data",
    topic: "<$>/local/data/status",
    payload: bytes("00"),
  },
  command: { ...header, type: "command", topic: "t", payload: bytes("") },
  routing_update: { ...header, type: "routing_update", topic: "<$>", filter: ["new"] },
  ping: { ...header, type: "ping", topic: "<$>", payload: bytes("01") },
  bye: { ...header, type: "ping", topic: "<$>", payload: bytes("4259450102030405060708") },
  pong: { ...header, type: "pong", topic: "<$>", payload: bytes("01") },
} satisfies Record<string, Message>;

type Row = { [Name in keyof typeof MESSAGES]: string };

const IGNORED = "same:";
const DROPPED = "over: close(refused by the peer: shutting down (28))";
const REDUNDANT = `over: close(refused by the peer: redundant (39) redundant ${SMALL})`;
const WRONG_MAGIC = "over: send(drop_conn 38 wrong magic number) close(wrong magic number)";
const unexpected = (type: string) =>
  `over: send(drop_conn 31 unexpected ${type}) close(unexpected ${type})`;

/** What every state of the handshake does, unless its row says otherwise. */
const HANDSHAKE: Row = {
  "hello of a smaller": unexpected("hello"),
  "hello of a larger": unexpected("hello"),
  probe: IGNORED,
  version_select: unexpected("version_select"),
  drop_conn: DROPPED,
  "drop_conn redundant": REDUNDANT,
  originator_syn: unexpected("originator_syn"),
  responder_syn_ack: unexpected("responder_syn_ack"),
  originator_ack: unexpected("originator_ack"),
  malformed: WRONG_MAGIC,
  // Not read as such before the handshake is over; total all the same.
  data: unexpected("data"),
  "data for us": unexpected("data"),
  "data for another": unexpected("data"),
  "data on a reserved topic": unexpected("data"),
  command: unexpected("command"),
  routing_update: unexpected("routing_update"),
  ping: unexpected("ping"),
  bye: unexpected("ping"),
  pong: unexpected("pong"),
};

const TABLE: { [Phase in Session["phase"]]: Row } = {
  hello: {
    ...HANDSHAKE,
    "hello of a smaller": `version: send(hello ${MIDDLE} 1-1)`,
    "hello of a larger": `claim: claim(${LARGE})`,
  },
  answer: {
    ...HANDSHAKE,
    "hello of a smaller": unexpected("hello: the smaller id goes on"),
    "hello of a larger": `claim: claim(${LARGE})`,
    version_select: `claim: claim(${SMALL})`,
  },
  version: { ...HANDSHAKE, version_select: `claim: claim(${SMALL})` },
  claim: HANDSHAKE,
  syn: { ...HANDSHAKE, originator_syn: `ack: send(responder_syn_ack ${OWN})` },
  syn_ack: {
    ...HANDSHAKE,
    responder_syn_ack: `peered: send(originator_ack) established(${LARGE} theirs)`,
  },
  ack: { ...HANDSHAKE, originator_ack: `peered: established(${SMALL} theirs)` },
  peered: {
    "hello of a smaller": "over: close(unexpected hello)",
    "hello of a larger": "over: close(unexpected hello)",
    probe: "over: close(unexpected probe)",
    version_select: "over: close(unexpected version_select)",
    drop_conn: "over: close(unexpected drop_conn)",
    "drop_conn redundant": "over: close(unexpected drop_conn)",
    originator_syn: "over: close(unexpected originator_syn)",
    responder_syn_ack: "over: close(unexpected responder_syn_ack)",
    originator_ack: "over: close(unexpected originator_ack)",
    malformed: "over: close(wrong magic number)",
    data: "same: deliver(t 00)",
    "data for us": "same: deliver(t 00)",
    "data for another": IGNORED,
    "data on a reserved topic": IGNORED,
    command: IGNORED,
    routing_update: "same: filter(new)",
    ping: "peered: send(pong 01)",
    bye: "peered: send(pong 4259450102030405060708)",
    pong: IGNORED,
  },
  over: Object.fromEntries(Object.keys(MESSAGES).map((name) => [name, IGNORED])) as Row,
};

for (const phase of Object.keys(SESSIONS) as Session["phase"][]) {
  test(`D: what a session does in the state '${phase}'`, () => {
    for (const name of Object.keys(MESSAGES) as (keyof typeof MESSAGES)[]) {
      const session: Session = SESSIONS[phase];
      const step = receive(session, MESSAGES[name], SELF);
      const state = step.session === session ? "same" : step.session.phase;
      assert.equal(shown(state, step.actions), TABLE[phase][name], `${phase}: ${name}`);
    }
  });
}

test("D: the acceptor begins with a probe, the connector with a hello", () => {
  assert.equal(all(begin("acceptor", SELF)), "hello: send(probe)");
  assert.equal(all(begin("connector", SELF)), `answer: send(hello ${MIDDLE} 1-1)`);
});

test("D: a claim that is granted goes on as originator or as responder", () => {
  const originator: Session = { phase: "claim", peer: LARGE, role: "originator" };
  assert.equal(
    all(claimed(originator, true, SELF)),
    `syn_ack: send(version_select ${MIDDLE} 1) send(originator_syn ${OWN})`,
  );
  assert.equal(all(claimed(SESSIONS.claim, true, SELF)), "syn:");
});

test("D: a claim that is refused ends as a redundant connection, in either role", () => {
  for (const role of ["originator", "responder"] as const) {
    assert.equal(
      all(claimed({ phase: "claim", peer: LARGE, role }, false, SELF)),
      `over: send(drop_conn 39 redundant connection) close(redundant connection redundant ${LARGE})`,
    );
  }
});

test("D: a claim is answered only where one was made", () => {
  for (const session of Object.values(SESSIONS).filter(({ phase }) => phase !== "claim")) {
    assert.deepEqual(claimed(session, true, SELF), { session, actions: [] });
    assert.deepEqual(claimed(session, false, SELF), { session, actions: [] });
  }
});

test("D: versions that do not contain 1 are refused", () => {
  const refused = (text: string) => `over: send(drop_conn 2 ${text}) close(${text})`;
  for (const [min, max] of [
    [0, 0],
    [2, 2],
    [2, 255],
    [2, 1],
  ] as const) {
    for (const session of [SESSIONS.hello, SESSIONS.answer]) {
      const step = receive(session, { type: "hello", id: LARGE, min, max }, SELF);
      assert.equal(all(step), refused("unsupported versions offered"), `${min}-${max}`);
    }
  }
  for (const [min, max] of [
    [0, 1],
    [1, 7],
    [0, 255],
  ] as const) {
    const step = receive(SESSIONS.hello, { type: "hello", id: LARGE, min, max }, SELF);
    assert.equal(all(step), `claim: claim(${LARGE})`);
  }
  for (const version of [0, 2, 255]) {
    for (const session of [SESSIONS.answer, SESSIONS.version]) {
      const step = receive(session, { type: "version_select", id: SMALL, version }, SELF);
      assert.equal(all(step), refused("unsupported version selected"));
    }
  }
});

test("D: an endpoint does not peer with itself, nor with nobody, nor with another than said hello", () => {
  const refused = (text: string) => `over: send(drop_conn 29 ${text}) close(${text})`;
  const itself = refused("an endpoint cannot peer with itself");
  const nobody = refused("the id of no endpoint");
  for (const session of [SESSIONS.hello, SESSIONS.answer]) {
    assert.equal(
      all(receive(session, { type: "hello", id: MIDDLE, min: 1, max: 1 }, SELF)),
      itself,
    );
    const none: Handshake = { type: "hello", id: EVERYONE, min: 1, max: 1 };
    assert.equal(all(receive(session, none, SELF)), nobody);
  }
  const select = (id: string): Handshake => ({ type: "version_select", id, version: 1 });
  assert.equal(all(receive(SESSIONS.answer, select(MIDDLE), SELF)), itself);
  assert.equal(all(receive(SESSIONS.answer, select(EVERYONE), SELF)), nobody);
  assert.equal(
    all(receive(SESSIONS.version, select(LARGE), SELF)),
    refused("another id than in the hello"),
  );
});

test("D: a filter that changes is told to a peer, and to nobody during the handshake", () => {
  const self: Self = { id: MIDDLE, filter: new Filter(["b", "a"]) };
  const step = filterChanged(SESSIONS.peered, self);
  assert.equal(all(step), "peered: send(routing_update a,b)");
  assert.deepEqual(filterChanged(step.session, self).actions, []);
  assert.deepEqual(filterChanged(SESSIONS.peered, SELF).actions, []);
  for (const session of Object.values(SESSIONS).filter(({ phase }) => phase !== "peered")) {
    assert.deepEqual(filterChanged(session, self), { session, actions: [] });
  }
});

test("D: a filter that changed during the handshake is told right after it", () => {
  const self: Self = { id: MIDDLE, filter: new Filter(["changed"]) };
  assert.equal(
    all(receive(SESSIONS.syn_ack, MESSAGES.responder_syn_ack, self)),
    `peered: send(originator_ack) send(routing_update changed) established(${LARGE} theirs)`,
  );
  assert.equal(
    all(receive(SESSIONS.ack, MESSAGES.originator_ack, self)),
    `peered: send(routing_update changed) established(${SMALL} theirs)`,
  );
});

test("D: after BYE the peer is known to be leaving; other pings mean nothing", () => {
  const after = (message: Message) => receive(SESSIONS.peered, message, SELF).session;
  assert.deepEqual(after(MESSAGES.bye), { ...SESSIONS.peered, leaving: true });
  assert.deepEqual(after(MESSAGES.ping), SESSIONS.peered);
  const longer = { ...MESSAGES.bye, payload: bytes("425945010203040506070809") };
  assert.deepEqual(after(longer), SESSIONS.peered);
  const left = receive(SESSIONS.peered, MESSAGES.bye, SELF).session;
  assert.deepEqual(receive(left, MESSAGES.ping, SELF).session, left);
});

test("D: frames are read as envelopes once the handshake is over, and not before", () => {
  const pong = encodePong(SMALL, MIDDLE, bytes("01")).subarray(4);
  const ack = encodeHandshake({ type: "originator_ack" }).subarray(4);
  for (const session of Object.values(SESSIONS)) {
    const isPeered = session.phase === "peered";
    assert.equal(decodeFor(session, pong).type, isPeered ? "pong" : "malformed");
    assert.equal(decodeFor(session, ack).type, isPeered ? "malformed" : "originator_ack");
  }
});

test("D: two sessions, whoever connects, agree on filters, and each knows the other", () => {
  for (const [connector, acceptor] of [
    [SMALL, LARGE],
    [LARGE, SMALL],
  ] as const) {
    const sides = {
      connector: {
        self: { id: connector, filter: new Filter(["c"]) },
        session: SESSIONS.over as Session,
      },
      acceptor: {
        self: { id: acceptor, filter: new Filter(["a"]) },
        session: SESSIONS.over as Session,
      },
    };
    const log: string[] = [];
    const queue: ["connector" | "acceptor", Uint8Array][] = [];
    const act = (side: "connector" | "acceptor", step: Step): void => {
      sides[side].session = step.session;
      for (const action of step.actions) {
        if (action.type === "send") {
          queue.push([side === "connector" ? "acceptor" : "connector", action.frame.subarray(4)]);
        } else if (action.type === "claim") {
          act(side, claimed(step.session, true, sides[side].self));
        } else log.push(`${side} ${shown("", [action])}`);
      }
    };
    act("acceptor", begin("acceptor", sides.acceptor.self));
    act("connector", begin("connector", sides.connector.self));
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [side, payload] = next;
      const { session, self } = sides[side];
      act(side, receive(session, decodeFor(session, payload), self));
    }
    assert.deepEqual(log.sort(), [
      `acceptor : established(${connector} c)`,
      `connector : established(${acceptor} a)`,
    ]);
  }
});

function all(step: Step): string {
  return shown(step.session.phase, step.actions);
}

function shown(state: string, actions: Action[]): string {
  return [`${state}:`, ...actions.map(one)].join(" ");
}

function one(action: Action): string {
  switch (action.type) {
    case "send":
      return `send(${said(action.frame)})`;
    case "claim":
      return `claim(${action.peer})`;
    case "established":
      return `established(${action.peer} ${action.filter.prefixes})`;
    case "filter":
      return `filter(${action.filter.prefixes})`;
    case "deliver":
      return `deliver(${action.topic} ${Buffer.from(action.payload).toString("hex")})`;
    case "close": {
      const redundant = action.redundant === undefined ? "" : ` redundant ${action.redundant}`;
      return `close(${action.reason}${redundant})`;
    }
  }
}

function said(frame: Uint8Array): string {
  const payload = frame.subarray(4);
  const first = decodeHandshake(payload);
  const message: Handshake | Envelope | Malformed =
    first.type === "malformed" ? decodeEnvelope(payload) : first;
  switch (message.type) {
    case "hello":
      return `hello ${message.id} ${message.min}-${message.max}`;
    case "version_select":
      return `version_select ${message.id} ${message.version}`;
    case "drop_conn":
      return `drop_conn ${message.code} ${message.text}`;
    case "originator_syn":
    case "responder_syn_ack":
    case "routing_update":
      return `${message.type} ${message.filter}`;
    case "pong":
      return `pong ${Buffer.from(message.payload).toString("hex")}`;
    default:
      return message.type;
  }
}
