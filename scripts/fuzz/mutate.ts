/** What can go wrong with bytes, as far as somebody who wants it to has thought of. */
import type { Dice } from "../../test/simulation/dice.ts";

/** Bytes that must stay as they are: from `start` up to, but not including, `end`. */
export interface Span {
  start: number;
  end: number;
}

export interface Mutator {
  /** What is put in. */
  tokens: readonly Buffer[];
  /** Another message, of which a piece is put in. */
  donor(dice: Dice): Buffer;
}

/** One to a few mutations, none of them inside of `keep`. */
export function mutate(bytes: Buffer, dice: Dice, mutator: Mutator, keep?: Span): Buffer {
  if (keep === undefined) return mutatePart(bytes, dice, mutator);
  const isBefore = dice.next() < keep.start / (keep.start + bytes.length - keep.end + 1);
  const [before, kept, after] = [
    bytes.subarray(0, keep.start),
    bytes.subarray(keep.start, keep.end),
    bytes.subarray(keep.end),
  ];
  return isBefore
    ? Buffer.concat([mutatePart(before, dice, mutator), kept, after])
    : Buffer.concat([before, kept, mutatePart(after, dice, mutator)]);
}

function mutatePart(bytes: Buffer, dice: Dice, mutator: Mutator): Buffer {
  let mutated = bytes;
  do mutated = once(mutated, dice, mutator);
  while (dice.chance(0.3));
  return mutated;
}

function once(bytes: Buffer, dice: Dice, { tokens, donor }: Mutator): Buffer {
  const at = dice.between(0, bytes.length);
  switch (dice.between(0, 9)) {
    case 0: {
      const flipped = Buffer.from(bytes);
      for (let flips = dice.between(1, 3); flips > 0 && flipped.length > 0; flips--) {
        const byte = dice.between(0, flipped.length - 1);
        flipped[byte] = (flipped[byte] ?? 0) ^ (1 << dice.between(0, 7));
      }
      return flipped;
    }
    case 1:
      return spliced(bytes, at, at, randomBytes(dice, dice.between(1, 8)));
    case 2:
      return spliced(bytes, at, at + shortLength(dice), EMPTY);
    case 3: {
      const piece = bytes.subarray(at, at + shortLength(dice));
      return spliced(bytes, at, at, repeated(piece, dice.chance(0.1) ? dice.between(2, 20) : 1));
    }
    case 4:
      return bytes.subarray(0, at);
    case 5: {
      const other = donor(dice);
      return Buffer.concat([bytes.subarray(0, at), other.subarray(dice.between(0, other.length))]);
    }
    case 6:
      return spliced(bytes, at, at, dice.pick(tokens));
    case 7: {
      const token = dice.pick(tokens);
      return spliced(bytes, at, at + token.length, token);
    }
    case 8:
      return withOtherNumber(bytes, at, dice);
    default: {
      const odd = Buffer.from(bytes);
      odd.set(dice.pick(ODD_BYTES).subarray(0, odd.length - at), at);
      return odd;
    }
  }
}

/** Replaces the next digits. Binary formats have some too, by chance. */
function withOtherNumber(bytes: Buffer, from: number, dice: Dice): Buffer {
  let start = from;
  while (start < bytes.length && !isDigit(bytes[start])) start++;
  let end = start;
  while (end < bytes.length && isDigit(bytes[end])) end++;
  return spliced(bytes, start, end, dice.pick(NUMBERS));
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** `bytes`, with those from `start` to `end` replaced. */
export function spliced(bytes: Buffer, start: number, end: number, by: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, start), by, bytes.subarray(end)]);
}

export function randomBytes(dice: Dice, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let i = 0; i < length; i++) bytes[i] = dice.between(0, 255);
  return bytes;
}

/** Mostly a few bytes, sometimes hundreds. */
function shortLength(dice: Dice): number {
  return dice.chance(0.8) ? dice.between(1, 8) : dice.between(1, 400);
}

function repeated(piece: Buffer, times: number): Buffer {
  return times === 1 ? piece : Buffer.concat(Array.from({ length: times }, () => piece));
}

const EMPTY = Buffer.alloc(0);
const NUMBERS = [
  "-1",
  "0",
  "-0",
  "00",
  "1.0",
  "1e999",
  "-1E-999",
  "9007199254740993",
  "9223372036854775808",
  "18446744073709551616",
  "9".repeat(30),
  "9".repeat(2000),
  "nan",
  "inf",
  "0x10",
  "1.",
  ".5",
].map((text) => Buffer.from(text));
const ODD_BYTES = [
  "00",
  "ff",
  "7f",
  "80",
  "0000",
  "ffff",
  "7fff",
  "8000",
  "00000000",
  "ffffffff",
  "7fffffff",
  "ffffffff0f",
  "ffffffffffffffff",
  "ffffffff7f",
  "8080808080808080808001",
  "c080",
  "eda080",
  "f4908080",
  "fe",
].map((hex) => Buffer.from(hex, "hex"));
