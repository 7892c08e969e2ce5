/** What is sent to the listeners for Broker's peers: plain, and with anonymous TLS. */
import type { Dice } from "../../test/simulation/dice.ts";
import { binaryBomb, varbyte } from "./bombs.ts";
import {
  corpusOf,
  type Kind,
  restartOfSacrifice,
  statusRequest,
  stopRequest,
  type Template,
} from "./corpus.ts";
import { mayBeSent } from "./guard.ts";
import { Line } from "./line.ts";
import { mutate, randomBytes } from "./mutate.ts";
import { Batch, common, hangUp, type Scenario, type Stage } from "./scenario.ts";

const CORPORA = { looking: corpusOf("looking", "binary"), acting: corpusOf("acting", "binary") };

export const NATIVE_SCENARIOS: readonly Scenario[] = [
  { name: "messages", weight: 12, run: (stage) => session(stage, "looking") },
  { name: "orders", weight: 2, run: (stage) => session(stage, "acting") },
  { name: "envelopes", weight: 40, run: envelopes },
  { name: "handshakes", weight: 60, run: handshakes },
  { name: "flood", weight: 1, isSlow: true, run: flood },
  { name: "everything", weight: 1, isSlow: true, run: everything },
  ...common((dice) =>
    Buffer.concat([handshake(dice, ["fuzz/"]), data(dice, dice.pick(CORPORA.looking.templates))]),
  ).map((scenario) => ({ ...scenario, weight: scenario.weight * (scenario.isSlow ? 1 : 10) })),
];

/** All that a peer sends to have the tree end. */
export function endingAsPeer(dice: Dice): Buffer {
  return Buffer.concat([handshake(dice, []), data(dice, stopRequest("binary"))]);
}

/** A sound session: what is wrong is inside of the payloads, and leaves it open. */
async function session(stage: Stage, kind: Kind): Promise<void> {
  const { dice } = stage;
  const line = new Line(stage.target);
  const batch = new Batch(stage, line);
  await batch.add(handshake(dice, someTopics(dice)), 0);
  for (let left = dice.between(1, 4000); left > 0 && !stage.isOver(); left--) {
    const message = messageOf(stage, kind);
    if (message !== undefined && !(await batch.add(message))) break;
  }
  if (kind === "looking" && dice.chance(0.5)) await batch.add(oddEnvelope(dice));
  else if (dice.chance(0.5)) await batch.add(envelope(dice, PING, CONTROL, BYE));
  await batch.flush();
  // There may be much to be dealt with yet: what comes next has to wait for it.
  await hangUp(stage, line, RUDENESS);
}

function messageOf(stage: Stage, kind: Kind): Buffer | undefined {
  const { dice } = stage;
  if (kind === "looking") {
    if (dice.chance(BOMBS)) return envelope(dice, DATA, TOPIC, binaryBomb(dice));
    if (dice.chance(OTHERS)) return otherMessage(dice);
  } else if (dice.chance(RESTARTS)) return data(dice, restartOfSacrifice("binary"));
  const template = dice.pick(CORPORA[kind].templates);
  const { topic, bytes, keep } = template;
  if (dice.chance(VALID)) return data(dice, template);
  const payload = mutate(bytes, dice, CORPORA[kind], keep);
  if (mayBeSent(payload, kind, "binary"))
    return envelope(dice, DATA, dice.chance(0.95) ? Buffer.from(topic) : oddTopic(dice), payload);
  stage.withheld();
  return undefined;
}

/** Sound ones of the other kinds. */
function otherMessage(dice: Dice): Buffer {
  switch (dice.between(0, 4)) {
    case 0:
      return envelope(dice, COMMAND, oddTopic(dice), randomBytes(dice, 40));
    case 1:
      return envelope(dice, PONG, CONTROL, randomBytes(dice, 11));
    case 2:
      return envelope(dice, PING, CONTROL, randomBytes(dice, dice.between(0, 300)));
    default:
      return envelope(dice, ROUTING, CONTROL, list(someTopics(dice)));
  }
}

/** A sound handshake, and then envelopes that are not. */
async function envelopes(stage: Stage): Promise<void> {
  const { dice } = stage;
  const line = new Line(stage.target);
  const batch = new Batch(stage, line);
  await batch.add(handshake(dice, someTopics(dice)), 0);
  for (let left = dice.between(0, 20); left > 0; left--)
    await batch.add(data(dice, dice.pick(CORPORA.looking.templates)));
  for (let left = dice.between(1, 4); left > 0; left--) await batch.add(oddEnvelope(dice));
  await batch.flush();
  void hangUp(stage, line);
}

function oddEnvelope(dice: Dice): Buffer {
  const sound = data(dice, dice.pick(CORPORA.looking.templates));
  switch (dice.between(0, 6)) {
    case 0: // Its length.
      sound.writeUInt32BE(oddLength(dice, sound.length - 4));
      return sound;
    case 1: // Its type, time to live, length of the topic.
      sound[dice.between(36, 40)] = dice.between(0, 255);
      return sound;
    case 2: // Whose and whom it is from and for.
      sound.set(randomBytes(dice, 16), dice.pick([4, 20]));
      return sound;
    case 3:
      return envelope(dice, ROUTING, CONTROL, oddList(dice));
    case 4:
      return frame(sound.subarray(4, dice.between(4, Math.min(60, sound.length))));
    case 5: // A message of the handshake, when that is over.
      return handshakeMessages(dice)[dice.between(0, 4)] ?? sound;
    default: {
      const odd = mutate(sound, dice, CORPORA.looking);
      if (odd.length >= 4 && dice.chance(0.7)) odd.writeUInt32BE(odd.length - 4);
      return odd;
    }
  }
}

/** Handshakes of which one field, length or message is not as it should be. */
async function handshakes(stage: Stage): Promise<void> {
  const { dice } = stage;
  const line = new Line(stage.target);
  const messages = handshakeMessages(dice);
  switch (dice.between(0, 4)) {
    case 0:
      messages.splice(dice.between(0, messages.length - 1), 1);
      break;
    case 1:
      messages.splice(dice.between(0, messages.length), 0, dice.pick(messages));
      break;
    case 2:
      messages.splice(dice.between(0, messages.length), 0, oddHandshakeMessage(dice));
      break;
    default: {
      const which = dice.between(0, messages.length - 1);
      messages[which] = mutatedHandshakeMessage(messages[which] ?? frame(Buffer.alloc(1)), dice);
    }
  }
  const batch = new Batch(stage, line);
  for (const message of messages) await batch.add(message);
  if (dice.chance(0.3)) await batch.add(data(dice, dice.pick(CORPORA.looking.templates)));
  await batch.flush();
  void hangUp(stage, line);
}

function mutatedHandshakeMessage(message: Buffer, dice: Dice): Buffer {
  const odd = Buffer.from(message);
  switch (dice.between(0, 4)) {
    case 0:
      odd.writeUInt32BE(oddLength(dice, odd.length - 4));
      return odd;
    case 1: // One field: type, magic number, id, versions.
      odd[dice.between(4, odd.length - 1)] = dice.between(0, 255);
      return odd;
    case 2: // Nobody's id.
      return odd.fill(0, Math.min(9, odd.length), Math.min(25, odd.length));
    default:
      return frame(mutate(odd.subarray(4), dice, CORPORA.looking));
  }
}

function oddHandshakeMessage(dice: Dice): Buffer {
  switch (dice.between(0, 3)) {
    case 0: // drop_conn, with all codes, and long texts.
      return frame(
        Buffer.concat([
          Uint8Array.of(9),
          MAGIC,
          randomBytes(dice, 17),
          varbyte(40_000),
          randomBytes(dice, dice.pick([0, 40_000])),
        ]),
      );
    case 1:
      return frame(Buffer.concat([Uint8Array.of(dice.pick([10, 11])), oddList(dice)]));
    case 2:
      return frame(
        Buffer.concat([Uint8Array.of(7), MAGIC, randomBytes(dice, dice.between(0, 99))]),
      );
    default:
      return frame(randomBytes(dice, dice.between(0, 30)));
  }
}

/** Asks and asks, and never reads an answer. */
async function flood(stage: Stage): Promise<void> {
  const { dice } = stage;
  const line = new Line(stage.target, false);
  const batch = new Batch(stage, line, FLOOD_MS);
  await batch.add(handshake(dice, [""]), 0);
  const request = data(dice, statusRequest("binary"));
  for (let left = 20_000; left > 0 && !stage.isOver(); left--)
    if (!(await batch.add(request))) break;
  line.socket.destroy();
  void stage.leave(line);
}

/** Wants everything, and reads nothing. */
async function everything(stage: Stage): Promise<void> {
  const { dice } = stage;
  const line = new Line(stage.target, false);
  const start = [handshake(dice, [""]), ...WATCHING.map((template) => data(dice, template))];
  await line.write(Buffer.concat(start));
  stage.sent(start.length);
  for (let left = dice.between(1, 40); left > 0 && !stage.isOver(); left--)
    await line.isClosedWithin(200);
  line.socket.destroy();
  void stage.leave(line);
}

function handshake(dice: Dice, topics: readonly string[]): Buffer {
  return Buffer.concat(handshakeMessages(dice, topics));
}

/**
 * All of this side's messages, which need not wait for the other's: with the smallest of ids this
 * side goes on after the other's hello, with the largest it only answers.
 */
function handshakeMessages(dice: Dice, topics: readonly string[] = ["fuzz/"]): Buffer[] {
  const isSmall = dice.chance(0.5);
  const id = Buffer.concat([
    Buffer.alloc(8, isSmall ? 0 : 0xff),
    // Some come more than once at a time.
    dice.chance(0.02) ? Buffer.alloc(8, 1) : randomBytes(dice, 8),
  ]);
  const hello = frame(Buffer.concat([Uint8Array.of(6), MAGIC, id, Uint8Array.of(1, 1)]));
  if (!isSmall) return [hello, frame(Buffer.concat([Uint8Array.of(11), list(topics)]))];
  return [
    hello,
    frame(Buffer.concat([Uint8Array.of(8), MAGIC, id, Uint8Array.of(1)])),
    frame(Buffer.concat([Uint8Array.of(10), list(topics)])),
    frame(Uint8Array.of(12)),
  ];
}

function data(dice: Dice, { topic, bytes }: Template): Buffer {
  return envelope(dice, DATA, Buffer.from(topic), bytes);
}

function envelope(dice: Dice, type: number, topic: Buffer, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(4 + 37);
  head.writeUInt32BE(37 + topic.length + payload.length);
  head.fill(dice.between(0, 255), 4, 20);
  head[36] = type;
  head.writeUInt16BE(dice.between(0, 16), 37);
  head.writeUInt16BE(topic.length, 39);
  return Buffer.concat([head, topic, payload]);
}

function frame(payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4 + payload.length);
  bytes.writeUInt32BE(payload.length);
  bytes.set(payload, 4);
  return bytes;
}

function list(topics: readonly string[]): Buffer {
  return Buffer.concat([
    varbyte(topics.length),
    ...topics.flatMap((topic) => [varbyte(Buffer.byteLength(topic)), Buffer.from(topic)]),
  ]);
}

function oddList(dice: Dice): Buffer {
  switch (dice.between(0, 4)) {
    case 0:
      return Buffer.concat([varbyte(dice.pick([4096, 4097, 0xffffffff])), Buffer.alloc(4096)]);
    case 1:
      return list(Array.from({ length: dice.pick([1, 4000]) }, (_, i) => `${i}/`));
    case 2:
      return list([randomBytes(dice, dice.between(0, 70_000)).toString("latin1")]);
    case 3:
      return Buffer.from("ffffffffff0f", "hex");
    default:
      return mutate(list(["zeek/supervisor", "", "fuzz/"]), dice, CORPORA.looking);
  }
}

function someTopics(dice: Dice): string[] {
  return dice.pick([[], ["fuzz/"], ["zeek/supervisor"], [""], ["coppice/client/", "zeek/"]]);
}

function oddTopic(dice: Dice): Buffer {
  switch (dice.between(0, 3)) {
    case 0:
      return Buffer.alloc(0);
    case 1:
      return Buffer.alloc(dice.between(1, 0xffff), "t");
    case 2:
      return Buffer.from("<$>/local/x");
    default:
      return randomBytes(dice, dice.between(1, 40));
  }
}

function oddLength(dice: Dice, length: number): number {
  return dice.pick([
    0,
    1,
    Math.max(0, length - 1),
    length + 1,
    8 << 20,
    (8 << 20) + 1,
    0x7fffffff,
    0xffffffff,
  ]);
}

const [DATA, COMMAND, ROUTING, PING, PONG] = [1, 2, 3, 4, 5];
const MAGIC = Buffer.from("ZEEK");
const CONTROL = Buffer.from("<$>");
const TOPIC = Buffer.from("zeek/supervisor");
const BYE = Buffer.from("BYE12345678");
const WATCHING = CORPORA.looking.templates.filter(({ bytes }) =>
  /watch|follow/.test(bytes.toString("latin1")),
);
/** How many messages are left as they are; are bombs; not data; restart what may be restarted. */
const [VALID, BOMBS, OTHERS, RESTARTS] = [0.02, 0.002, 0.03, 0.0005];
/** How often a session is left in the middle: what was not read yet never is. */
const RUDENESS = 0.03;
/** How long a flood waits for somebody to take it (ms). */
const FLOOD_MS = 1000;
