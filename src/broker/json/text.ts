/**
 * JSON as other programs of Broker write it. `JSON.parse` does not do: it rounds counts beyond 2^53,
 * hides whether `1` was `1.0`, and refuses the control characters and the `nan` that Zeek sends.
 */
import { BrokerFormatError } from "../../errors.ts";
import { Bounds } from "../bounds.ts";
import { fromBytes, normalText, textOfUnits } from "../text.ts";
import { MAX_DEPTH, MAX_VALUES } from "../values.ts";

export type Json = null | boolean | string | JsonNumber | Json[] | JsonObject;

/** A number as it was written; "nan", "inf", "NaN" and "Infinity" are some too. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Its keys are only ever compared: none of them has a meaning, not "__proto__" either. */
export class JsonObject {
  #last: Member | undefined;

  /** The last of several values counts. */
  get(key: string): Json | undefined {
    let member = this.#last;
    while (member !== undefined && member.key !== key) member = member.before;
    return member?.value;
  }

  /** The text under a key, if it is one. */
  text(key: string): string | undefined {
    const value = this.get(key);
    return typeof value === "string" ? value : undefined;
  }

  add(key: string, value: Json): void {
    this.#last = { key, value, before: this.#last };
  }
}

/** A list, since most objects have two members: an array would take several times the memory. */
interface Member {
  readonly key: string;
  readonly value: Json;
  readonly before: Member | undefined;
}

/**
 * Reads one JSON value. Strings may hold raw control characters and `\v`, and bytes that are no
 * UTF-8, as src/broker/text.ts has them.
 * @throws BrokerFormatError if it is not JSON, or is too deep or too large to be a message
 */
export function parseJson(text: string | Uint8Array): Json {
  return new Parser(typeof text === "string" ? text : fromBytes(text)).parse();
}

/** A string in JSON, whatever its characters; a byte that is no UTF-8 as `\udc80` to `\udcff`. */
export function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(normalText(text));
}

class Parser {
  readonly #text: string;
  readonly #bounds = new Bounds(BrokerFormatError, MAX_JSON_DEPTH, MAX_JSON_VALUES);
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Json {
    const value = this.#value();
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#unexpected();
    return value;
  }

  #value(): Json {
    this.#bounds.add(1);
    switch (this.#skipSpace()) {
      case Code.quote:
        return this.#string();
      case Code.openObject:
        return this.#object();
      case Code.openArray:
        return this.#array();
      default:
        return this.#word();
    }
  }

  #object(): JsonObject {
    const object = new JsonObject();
    this.#bounds.enter();
    let isLast = this.#isEmpty(Code.closeObject);
    while (!isLast) {
      if (this.#skipSpace() !== Code.quote) throw this.#unexpected();
      const key = this.#string();
      if (this.#skipSpace() !== Code.colon) throw this.#unexpected();
      this.#at++;
      object.add(key, this.#value());
      isLast = this.#isLast(Code.closeObject);
    }
    this.#bounds.leave();
    return object;
  }

  #array(): Json[] {
    const values: Json[] = [];
    this.#bounds.enter();
    let isLast = this.#isEmpty(Code.closeArray);
    while (!isLast) {
      values.push(this.#value());
      isLast = this.#isLast(Code.closeArray);
    }
    this.#bounds.leave();
    return values;
  }

  /** Skips what opens it, and what closes it if that is next. */
  #isEmpty(close: number): boolean {
    this.#at++;
    if (this.#skipSpace() !== close) return false;
    this.#at++;
    return true;
  }

  /** Skips a comma, or what closes it. */
  #isLast(close: number): boolean {
    const next = this.#skipSpace();
    if (next !== Code.comma && next !== close) throw this.#unexpected();
    this.#at++;
    return next === close;
  }

  #string(): string {
    const start = this.#at + 1;
    let hasSurrogates = false;
    for (let at = start; ; at++) {
      const code = this.#text.charCodeAt(at);
      if (code === Code.quote) {
        this.#at = at + 1;
        const text = this.#text.slice(start, at);
        return hasSurrogates ? normalText(text) : text;
      }
      if (code === Code.backslash) return this.#escapedString(start);
      if (Number.isNaN(code)) throw this.#unexpected();
      if (code >= 0xd800) hasSurrogates = true;
    }
  }

  #escapedString(start: number): string {
    const units = new Uint16Array(this.#endOfString(start) - start);
    let length = 0;
    this.#at = start;
    for (let code = this.#next(); code !== Code.quote; code = this.#next()) {
      units[length++] = code === Code.backslash ? this.#escape() : code;
    }
    return normalText(textOfUnits(units.subarray(0, length)));
  }

  #endOfString(start: number): number {
    for (let at = start; at < this.#text.length; at++) {
      const code = this.#text.charCodeAt(at);
      if (code === Code.quote) return at;
      if (code === Code.backslash) at++;
    }
    throw this.#unexpected();
  }

  #next(): number {
    return this.#text.charCodeAt(this.#at++);
  }

  #escape(): number {
    const character = this.#text[this.#at++] ?? "";
    if (character !== "u") {
      const code = ESCAPES.get(character);
      if (code === undefined) throw this.#unexpected();
      return code;
    }
    const digits = this.#text.slice(this.#at, this.#at + 4);
    if (!HEX.test(digits)) throw this.#unexpected();
    this.#at += 4;
    return Number.parseInt(digits, 16);
  }

  /** A number, or a name. */
  #word(): Json {
    const start = this.#at;
    let end = start;
    while (isOfWord(this.#text.charCodeAt(end))) end++;
    const word = this.#text.slice(start, end);
    const named = NAMES.get(word);
    if (named === undefined && !NUMBER.test(word)) throw this.#unexpected();
    this.#at = end;
    return named === undefined ? new JsonNumber(word) : named;
  }

  /** @returns the character that comes after; NaN at the end */
  #skipSpace(): number {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== Code.space && code !== Code.newline && code !== Code.return && code !== Code.tab)
        return code;
      this.#at++;
    }
  }

  #unexpected(): BrokerFormatError {
    return new BrokerFormatError(`not JSON at character ${this.#at}`);
  }
}

/** What numbers and names are made of. At the end of the text the code is NaN. */
function isOfWord(code: number): boolean {
  return (
    (code >= Code.zero && code <= Code.nine) ||
    (code >= Code.a && code <= Code.z) ||
    (code >= Code.A && code <= Code.Z) ||
    code === Code.plus ||
    code === Code.minus ||
    code === Code.dot
  );
}

const NAMES = new Map<string, Json>([
  ["null", null],
  ["true", true],
  ["false", false],
]);
for (const name of ["nan", "-nan", "inf", "-inf", "NaN", "Infinity", "-Infinity"]) {
  NAMES.set(name, new JsonNumber(name));
}
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const HEX = /^[\da-fA-F]{4}$/;
/** `\v` is not JSON, but Zeek writes it. */
const ESCAPES = new Map([
  ['"', 0x22],
  ["\\", 0x5c],
  ["/", 0x2f],
  ["b", 0x08],
  ["f", 0x0c],
  ["n", 0x0a],
  ["r", 0x0d],
  ["t", 0x09],
  ["v", 0x0b],
]);
/** What needs no escapes. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** A table takes three levels: its object, its array, and the objects of its entries. */
const MAX_JSON_DEPTH = 3 * MAX_DEPTH + 2;
/** A value takes three: its object, the name of its type, its data. Entries of tables take one more. */
const MAX_JSON_VALUES = 4 * MAX_VALUES;

const Code = {
  tab: 0x09,
  newline: 0x0a,
  return: 0x0d,
  space: 0x20,
  quote: 0x22,
  plus: 0x2b,
  comma: 0x2c,
  minus: 0x2d,
  dot: 0x2e,
  zero: 0x30,
  nine: 0x39,
  colon: 0x3a,
  A: 0x41,
  Z: 0x5a,
  openArray: 0x5b,
  backslash: 0x5c,
  closeArray: 0x5d,
  a: 0x61,
  z: 0x7a,
  openObject: 0x7b,
  closeObject: 0x7d,
} as const;
