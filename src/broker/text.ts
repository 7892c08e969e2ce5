/**
 * Broker's strings are bytes. Here they are JavaScript strings: UTF-8 where they are UTF-8, and any
 * other byte as a lone surrogate U+DC80 to U+DCFF, so that nothing is lost on the way
 * (Python's "surrogateescape").
 */

/** Bytes into a string; every sequence of bytes has one, and gets its bytes back from `toBytes`. */
export function fromBytes(bytes: Uint8Array): string {
  return isUtf8(bytes) ? decoder.decode(bytes) : escaped(bytes);
}

export function toBytes(text: string): Uint8Array {
  return text.isWellFormed() ? encoder.encode(text) : unescaped(text);
}

/** The one string for the bytes that `text` stands for. */
export function normalText(text: string): string {
  return text.isWellFormed() ? text : fromBytes(toBytes(text));
}

/**
 * Orders as bytes are ordered, where UTF-16 puts characters beyond U+FFFF before some others, and
 * escaped bytes anywhere. Makes no bytes, as far as it can: a large set compares millions of times.
 * @param a as `normalText` has it; `b` too
 */
export function compareText(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  let at = 0;
  while (at < shorter && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === shorter) return a.length - b.length;
  const [unitOfA, unitOfB] = [a.charCodeAt(at), b.charCodeAt(at)];
  // Either both are escaped bytes, or both are second halves after the same first one.
  if (isLow(unitOfA) && isLow(unitOfB)) return unitOfA - unitOfB;
  if (!isLow(unitOfA) && !isLow(unitOfB)) return rankOf(unitOfA) - rankOf(unitOfB);
  return (
    firstByteOf(unitOfA) - firstByteOf(unitOfB) ||
    // A character's other bytes, of which it has at most three, against escaped ones.
    compareBytes(toBytes(a.slice(at, at + 8)), toBytes(b.slice(at, at + 8)))
  );
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** First halves of pairs come after all characters that are one unit. */
function rankOf(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdbff ? unit + 0x10000 : unit;
}

/** Of an escaped byte, itself; else of the character that begins there. */
function firstByteOf(unit: number): number {
  if (unit < 0x80) return unit;
  if (unit < 0x800) return 0xc0 + (unit >> 6);
  if (isLow(unit)) return unit - 0xdc00;
  return unit >= 0xd800 && unit <= 0xdbff ? 0xf0 + ((unit - 0xd7c0) >> 8) : 0xe0 + (unit >> 12);
}

/** A string of these UTF-16 code units. */
export function textOfUnits(units: Uint16Array): string {
  let text = "";
  for (let at = 0; at < units.length; at += CHUNK) {
    text += String.fromCharCode(...units.subarray(at, at + CHUNK));
  }
  return text;
}

/** Finds out without an exception, which costs too much where there are many strings. */
function isUtf8(bytes: Uint8Array): boolean {
  let at = 0;
  while (at < bytes.length) {
    const size = sequenceLength(bytes, at);
    if (size === 0) return false;
    at += size;
  }
  return true;
}

function escaped(bytes: Uint8Array): string {
  const units = new Uint16Array(bytes.length);
  let length = 0;
  let at = 0;
  while (at < bytes.length) {
    const size = sequenceLength(bytes, at);
    const code = size === 0 ? 0xdc00 + byteAt(bytes, at) : characterAt(bytes, at, size);
    if (code > 0xffff) units[length++] = 0xd7c0 + (code >> 10);
    units[length++] = code > 0xffff ? 0xdc00 + (code & 0x3ff) : code;
    at += Math.max(size, 1);
  }
  return textOfUnits(units.subarray(0, length));
}

/** How many bytes the character at `at` has; 0 if there is none in UTF-8 (RFC 3629). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = byteAt(bytes, at);
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  for (let i = 1; i < length; i++) if ((byteAt(bytes, at + i) & 0xc0) !== 0x80) return 0;
  // Neither longer than needed, nor a surrogate, nor beyond U+10FFFF.
  const code = characterAt(bytes, at, length);
  if (length === 3) return code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 0 : 3;
  if (length === 4) return code < 0x10000 || code > 0x10ffff ? 0 : 4;
  return length;
}

function characterAt(bytes: Uint8Array, at: number, length: number): number {
  if (length === 1) return byteAt(bytes, at);
  let code = byteAt(bytes, at) & (0x7f >> length);
  for (let i = 1; i < length; i++) code = (code << 6) | (byteAt(bytes, at + i) & 0x3f);
  return code;
}

/** 0, which continues nothing, after the end. */
function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function unescaped(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let length = 0;
  let from = 0;
  const takeUntil = (to: number) => {
    length += encoder.encodeInto(text.slice(from, to), bytes.subarray(length)).written;
  };
  for (let at = 0; at < text.length; at++) {
    const code = text.codePointAt(at) ?? 0;
    if (code > 0xffff) at++;
    else if (code >= 0xdc80 && code <= 0xdcff) {
      if (from < at) takeUntil(at);
      bytes[length++] = code - 0xdc00;
      from = at + 1;
    }
  }
  takeUntil(text.length);
  return bytes.slice(0, length);
}

/** How many arguments a call may have, at least. */
const CHUNK = 4096;
// `ignoreBOM` keeps a byte order mark: it is part of the string.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();
