/**
 * Broker's strings are bytes. Here they are JavaScript strings: UTF-8 where they are UTF-8, and any
 * other byte as a lone surrogate U+DC80 to U+DCFF, so that nothing is lost on the way
 * (Python's "surrogateescape").
 */

/** Bytes into a string; every sequence of bytes has one, and gets its bytes back from `toBytes`. */
export function fromBytes(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return escaped(bytes);
  }
}

export function toBytes(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text);
  const parts: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0xdc80 && code <= 0xdcff) parts.push(code - 0xdc00);
    else for (const byte of encoder.encode(character)) parts.push(byte);
  }
  return Uint8Array.from(parts);
}

/** The one string for the bytes that `text` stands for. */
export function normalText(text: string): string {
  return text.isWellFormed() ? text : fromBytes(toBytes(text));
}

/** Orders as bytes are ordered; UTF-16 puts characters beyond U+FFFF before others. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  if (SIMPLE.test(a) && SIMPLE.test(b)) return a < b ? -1 : 1;
  return compareBytes(toBytes(a), toBytes(b));
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Takes as much as is UTF-8 at once, and escapes what is not byte by byte. */
function escaped(bytes: Uint8Array): string {
  let text = "";
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length === 0) text += String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
    else text += strict.decode(bytes.subarray(at, at + length));
    at += Math.max(length, 1);
  }
  return text;
}

/** How many bytes the character at `at` has; 0 if there is none in UTF-8. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  try {
    strict.decode(bytes.subarray(at, at + length));
    return at + length <= bytes.length ? length : 0;
  } catch {
    return 0;
  }
}

/** No surrogates: code units order as bytes do. */
const SIMPLE = /^[\0-\ud7ff]*$/;
// `ignoreBOM` keeps a byte order mark: it is part of the string.
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
