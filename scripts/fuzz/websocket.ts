/** What is sent to the listeners for WebSockets: the Unix socket, plain TCP and TLS. */
import { isUtf8 } from "node:buffer";
import type { Dice } from "../../test/simulation/dice.ts";
import { jsonBomb } from "./bombs.ts";
import {
  type Corpus,
  corpusOf,
  type Kind,
  restartOfSacrifice,
  statusRequest,
  stopRequest,
} from "./corpus.ts";
import { mayBeSent } from "./guard.ts";
import { Line } from "./line.ts";
import { mutate, randomBytes } from "./mutate.ts";
import { Batch, common, hangUp, type Scenario, type Stage } from "./scenario.ts";

const CORPORA = { looking: corpusOf("looking", "json"), acting: corpusOf("acting", "json") };
const [TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION] = [1, 2, 8, 9, 10, 0];

export const WEBSOCKET_SCENARIOS: readonly Scenario[] = [
  { name: "messages", weight: 6, run: (stage) => session(stage, "looking") },
  { name: "orders", weight: 1, run: (stage) => session(stage, "acting") },
  { name: "frames", weight: 40, run: frames },
  { name: "upgrades", weight: 40, run: upgrades },
  { name: "subscriptions", weight: 20, run: subscriptions },
  { name: "flood", weight: 1, isSlow: true, run: flood },
  { name: "everything", weight: 1, isSlow: true, run: everything },
  ...common((dice) =>
    Buffer.concat([UPGRADE, subscribe(dice, ["fuzz"]), frameOf(dice, dice.pick(TEMPLATES))]),
  ).map((scenario) => ({ ...scenario, weight: scenario.weight * (scenario.isSlow ? 1 : 10) })),
];

/** All that a client sends to have the tree end. */
export function endingOverWebSocket(dice: Dice): Buffer {
  return Buffer.concat([UPGRADE, subscribe(dice, []), frameOf(dice, stopRequest("json").bytes)]);
}

/** A sound session with mutated messages, most of which leave it open. */
async function session(stage: Stage, kind: Kind): Promise<void> {
  const { dice } = stage;
  const line = new Line(stage.target);
  const batch = new Batch(stage, line);
  await batch.add(Buffer.concat([UPGRADE, subscribe(dice, someTopics(dice))]), 0);
  for (let left = dice.between(1, 4000); left > 0 && !stage.isOver(); left--) {
    const message = messageOf(stage, kind, CORPORA[kind]);
    if (message === undefined) continue;
    if (!(await batch.add(framed(dice, message)))) break;
  }
  if (dice.chance(0.5)) await batch.add(header(dice, CLOSE, true, Buffer.from([0x03, 0xe8])), 0);
  await batch.flush();
  // There may be much to be dealt with yet: what comes next has to wait for it.
  await hangUp(stage, line, RUDENESS);
}

function messageOf(stage: Stage, kind: Kind, corpus: Corpus): Buffer | undefined {
  const { dice } = stage;
  if (kind === "looking" && dice.chance(BOMBS)) return jsonBomb(dice);
  if (kind === "acting" && dice.chance(RESTARTS)) return SACRIFICED;
  const { bytes, keep } = dice.pick(corpus.templates);
  const message = dice.chance(VALID) ? bytes : mutate(bytes, dice, corpus, keep);
  if (mayBeSent(message, kind, "json")) return message;
  stage.withheld();
  return undefined;
}

/** In one frame, or in some with a ping between; as text only if it is some. */
function framed(dice: Dice, message: Buffer): Buffer {
  const opcode = dice.chance(0.7) && isUtf8(message) ? TEXT : BINARY;
  if (!dice.chance(0.03)) return header(dice, opcode, true, message);
  const pieces: Buffer[] = [];
  let rest = message;
  for (let i = dice.between(1, 4); i > 0; i--) {
    const cut = dice.between(0, rest.length);
    pieces.push(
      header(dice, pieces.length === 0 ? opcode : CONTINUATION, false, rest.subarray(0, cut)),
    );
    if (dice.chance(0.3))
      pieces.push(header(dice, dice.pick([PING, PONG]), true, randomBytes(dice, 9)));
    rest = rest.subarray(cut);
  }
  return Buffer.concat([...pieces, header(dice, CONTINUATION, true, rest)]);
}

/** Some sound frames, and then some that are not: in their headers, or in their order. */
async function frames(stage: Stage): Promise<void> {
  const { dice } = stage;
  const line = new Line(stage.target);
  const batch = new Batch(stage, line);
  await batch.add(Buffer.concat([UPGRADE, subscribe(dice, [])]), 0);
  for (let left = dice.between(0, 40); left > 0; left--)
    await batch.add(frameOf(dice, dice.pick(TEMPLATES)));
  for (let left = dice.between(1, 6); left > 0; left--) await batch.add(oddFrame(dice));
  await batch.flush();
  void hangUp(stage, line);
}

function oddFrame(dice: Dice): Buffer {
  const payload = dice.chance(0.5) ? dice.pick(TEMPLATES) : randomBytes(dice, dice.between(0, 200));
  const sound = header(dice, dice.between(0, 15), dice.chance(0.5), payload);
  switch (dice.between(0, 7)) {
    case 0:
      return sound;
    case 1: // Reserved bits, opcode, end, mask.
      sound[dice.between(0, 1)] = dice.between(0, 255);
      return sound;
    case 2: // Lengths that are too long for what they are, of which the largest.
      return Buffer.concat([Buffer.from([0x81, 0xff]), randomBytes(dice, 12), payload]);
    case 3:
      return Buffer.concat([Buffer.from([0x82, 0xff, 0, 0, 0, 0]), randomBytes(dice, 8), payload]);
    case 4: // Control frames: long, in pieces, with codes there are not.
      return header(
        dice,
        dice.pick([CLOSE, PING, PONG]),
        dice.chance(0.7),
        randomBytes(dice, dice.between(0, 300)),
      );
    case 5:
      return header(
        dice,
        CLOSE,
        true,
        Buffer.concat([randomBytes(dice, 2), payload.subarray(0, 120)]),
      );
    case 6: // Unmasked.
      return Buffer.concat([
        Buffer.from([0x81, Math.min(125, payload.length)]),
        payload.subarray(0, 125),
      ]);
    default:
      return mutate(sound, dice, CORPORA.looking);
  }
}

/** Requests that are not quite those for a WebSocket, and what does not belong after them. */
async function upgrades(stage: Stage): Promise<void> {
  const { dice } = stage;
  const line = new Line(stage.target);
  const batch = new Batch(stage, line);
  for (let left = dice.between(1, 3); left > 0; left--) {
    const request = mutate(requestOf(dice), dice, HTTP);
    await batch.add(dice.chance(0.3) ? Buffer.concat([request, END_OF_HEAD]) : request);
  }
  if (dice.chance(0.3)) await batch.add(frameOf(dice, dice.pick(TEMPLATES)));
  await batch.flush();
  void hangUp(stage, line);
}

/** Plain requests for what is told to monitoring, some sent ahead of the answers to others. */
function pageRequests(dice: Dice): Buffer {
  const requests = Array.from({ length: dice.between(1, dice.chance(0.1) ? 200 : 4) }, () => {
    const line = `${dice.pick(METHODS)} ${dice.pick(PAGES)} HTTP/1.${dice.chance(0.9) ? 1 : 0}`;
    const headers = dice.chance(0.3) ? [dice.pick(ODD_HEADERS)] : [];
    return [line, ...headers, "", ""].join("\r\n");
  });
  return Buffer.from(requests.join(""), "latin1");
}

function requestOf(dice: Dice): Buffer {
  if (dice.chance(0.2)) return pageRequests(dice);
  const line = dice.pick(REQUEST_LINES);
  const headers = HEADERS.filter(() => !dice.chance(0.05));
  for (let left = dice.between(0, 3); left > 0; left--) headers.push(dice.pick(ODD_HEADERS));
  if (dice.chance(0.01)) headers.push(...Array.from({ length: 200 }, (_, i) => `X-${i}: y`));
  return Buffer.from(
    [dice.chance(0.5) ? REQUEST_LINES[0] : line, ...headers, "", ""].join("\r\n"),
    "latin1",
  );
}

/** First messages that are none, or too many, and messages to a session that is dead of it. */
async function subscriptions(stage: Stage): Promise<void> {
  const { dice } = stage;
  const line = new Line(stage.target);
  const batch = new Batch(stage, line);
  await batch.add(UPGRADE, 0);
  await batch.add(framed(dice, oddSubscriptions(dice)));
  for (let left = dice.between(0, 40); left > 0; left--)
    await batch.add(frameOf(dice, dice.pick(TEMPLATES)));
  await batch.flush();
  void hangUp(stage, line);
}

function oddSubscriptions(dice: Dice): Buffer {
  switch (dice.between(0, 12)) {
    case 0:
      return Buffer.from("[".repeat(dice.between(1, 60_000)));
    case 1:
      return Buffer.from(JSON.stringify(Array.from({ length: 8000 }, (_, i) => `${i}`)));
    case 2:
      return Buffer.from(`["${"x".repeat(dice.between(60_000, 70_000))}"]`);
    case 3:
      return jsonBomb(dice);
    default:
      return mutate(Buffer.from('["zeek/supervisor","fuzz/","\\udc80"]'), dice, CORPORA.looking);
  }
}

/** Asks and asks, and never reads an answer. */
async function flood(stage: Stage): Promise<void> {
  const { dice } = stage;
  const line = new Line(stage.target, false);
  const batch = new Batch(stage, line, FLOOD_MS);
  await batch.add(Buffer.concat([UPGRADE, subscribe(dice, [""])]), 0);
  const request = header(dice, TEXT, true, statusRequest("json").bytes);
  for (let left = 20_000; left > 0 && !stage.isOver(); left--)
    if (!(await batch.add(request))) break;
  line.socket.destroy();
  void stage.leave(line);
}

/** Wants everything, and reads nothing. */
async function everything(stage: Stage): Promise<void> {
  const { dice } = stage;
  const line = new Line(stage.target, false);
  await line.write(
    Buffer.concat([
      UPGRADE,
      subscribe(dice, [""]),
      frameOf(dice, dice.pick(WATCHING)),
      frameOf(dice, dice.pick(WATCHING)),
    ]),
  );
  stage.sent(2);
  for (let left = dice.between(1, 40); left > 0 && !stage.isOver(); left--)
    await line.isClosedWithin(200);
  line.socket.destroy();
  void stage.leave(line);
}

function someTopics(dice: Dice): string[] {
  return dice.pick([[], ["fuzz/"], ["zeek/supervisor"], [""], ["coppice/client/", "zeek/"]]);
}

function subscribe(dice: Dice, topics: string[]): Buffer {
  return header(dice, TEXT, true, Buffer.from(JSON.stringify(topics)));
}

function frameOf(dice: Dice, message: Buffer): Buffer {
  return header(dice, TEXT, true, message);
}

/** A frame as a client sends it: masked, its length in as few bytes as it takes. */
function header(dice: Dice, opcode: number, isLast: boolean, payload: Buffer): Buffer {
  const { length } = payload;
  const [code, more] = length < 126 ? [length, 0] : length < 65_536 ? [126, 2] : [127, 8];
  const start = 2 + more + 4;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = (isLast ? 0x80 : 0) | opcode;
  frame[1] = 0x80 | code;
  if (more === 2) frame.writeUInt16BE(length, 2);
  if (more === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  const key = dice.chance(0.5) ? 0 : dice.between(0, 2 ** 32 - 1);
  frame.writeUInt32BE(key, start - 4);
  payload.copy(frame, start);
  if (key !== 0) {
    for (let i = 0; i < length; i++)
      frame[start + i] = (payload[i] ?? 0) ^ (frame[start - 4 + (i & 3)] ?? 0);
  }
  return frame;
}

const PATH = "/v1/messages/json";
const REQUEST_LINES = [
  `GET ${PATH} HTTP/1.1`,
  `GET ${PATH} HTTP/1.0`,
  `POST ${PATH} HTTP/1.1`,
  `GET ${PATH}?x=1 HTTP/1.1`,
  "GET / HTTP/1.1",
  "CONNECT 127.0.0.1:80 HTTP/1.1",
  "OPTIONS * HTTP/1.1",
  `GET http://evil.example${PATH} HTTP/1.1`,
  `GET /${"x".repeat(9000)} HTTP/1.1`,
  "PRI * HTTP/2.0",
  "\x16\x03\x01\x02\x00\x01",
] as const;
const METHODS = ["GET", "GET", "GET", "HEAD", "POST"] as const;
const PAGES = ["/metrics", "/services.json", "/healthz", "/readyz?x", "/nowhere", PATH] as const;
const HEADERS = [
  "Host: 127.0.0.1",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
  "X-Application-Name: fuzz",
];
const ODD_HEADERS = [
  "Host: evil.example",
  "Host:",
  "Origin: http://evil.example",
  "Content-Length: 5",
  "Content-Length: -1",
  "Content-Length: 99999999999999999999",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: chunked, identity",
  "Expect: 100-continue",
  "Upgrade: h2c",
  "Connection: keep-alive",
  "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99",
  "Sec-WebSocket-Protocol: a, a, ,",
  "Sec-WebSocket-Version: 8",
  "X-Application-Name: \xff\x01",
  "X-Coppice-Client: \xe2\x80\xa8 \x7f x",
  "Authorization: Bearer x",
  `X-Long: ${"y".repeat(10_000)}`,
  "Trailer: x",
  "__proto__: x",
  ": x",
  " folded",
];
const UPGRADE = Buffer.from([REQUEST_LINES[0], ...HEADERS, "", ""].join("\r\n"));
const END_OF_HEAD = Buffer.from("\r\n\r\n");
const HTTP = {
  tokens: [
    "\r\n",
    "\n",
    "\0",
    ":",
    " ",
    "HTTP/1.1",
    "0\r\n\r\n",
    "fffffffff\r\n",
    "\xff",
    "%00",
    ",",
  ].map((text) => Buffer.from(text, "latin1")),
  donor: () => UPGRADE,
};
const TEMPLATES = CORPORA.looking.templates.map(({ bytes }) => bytes);
const WATCHING = TEMPLATES.filter((bytes) => /"(watch|follow)"/.test(bytes.toString()));
const SACRIFICED = restartOfSacrifice("json").bytes;
/** How many messages are left as they are; are bombs; restart what may be restarted. */
const [VALID, BOMBS, RESTARTS] = [0.02, 0.002, 0.0005];
/** How often a session is left in the middle: what was not read yet never is. */
const RUDENESS = 0.03;
/** How long a flood waits for somebody to take it (ms). */
const FLOOD_MS = 1000;
