/**
 * The small change of Broker's binary formats: big-endian numbers, varbytes (LEB128: seven bits at
 * a time, the lowest first, the high bit set while more follow) and strings behind their length.
 */
import { BrokerFormatError } from "../../errors.ts";
import { fromBytes, toBytes } from "../text.ts";

/** Reads from the front. Every method throws BrokerFormatError if what it reads is not there. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  /** @param bytes not copied: what is read later is what they are then */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#skip(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#skip(4));
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#skip(8));
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#skip(8));
  }

  f64(): number {
    return this.#view.getFloat64(this.#skip(8));
  }

  /** A number of 32 bits. */
  varbyte(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      // Not `<<`, which is signed.
      value += (byte & 0x7f) * 2 ** shift;
      if (value > 0xffff_ffff) break;
      if (byte < 0x80) return value;
    }
    throw new BrokerFormatError("a varbyte of more than 32 bits");
  }

  /** The next `length` bytes, in the memory that they are in. */
  bytes(length: number): Uint8Array {
    const start = this.#skip(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** A varbyte, and as many bytes as it says, as src/broker/text.ts has them. */
  string(): string {
    return fromBytes(this.bytes(this.varbyte()));
  }

  /** @throws BrokerFormatError if anything is left */
  end(): void {
    if (this.left > 0) throw new BrokerFormatError(`${this.left} bytes too many`);
  }

  /** Moves on, and returns where it was. */
  #skip(length: number): number {
    const start = this.#at;
    if (length > this.left) throw new BrokerFormatError("the message ends too early");
    this.#at = start + length;
    return start;
  }
}

/** Its length is one byte of a varbyte. */
const SHORT = 0x7f;

/** Writes to a buffer that grows. Numbers are taken to fit. */
export class Writer {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  /** @param size how many bytes are probably enough */
  constructor(size = 256) {
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written, in the writer's memory: writing more may or may not change it. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  u8(value: number): void {
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
  }

  u16(value: number): void {
    const at = this.#grow(2);
    this.#view.setUint16(at, value);
  }

  u32(value: number): void {
    const at = this.#grow(4);
    this.#view.setUint32(at, value);
  }

  u64(value: bigint): void {
    const at = this.#grow(8);
    this.#view.setBigUint64(at, value);
  }

  i64(value: bigint): void {
    const at = this.#grow(8);
    this.#view.setBigInt64(at, value);
  }

  f64(value: number): void {
    const at = this.#grow(8);
    this.#view.setFloat64(at, value);
  }

  /** @param value of 32 bits, without sign */
  varbyte(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.u8((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.u8(rest);
  }

  bytes(bytes: Uint8Array): void {
    const start = this.#grow(bytes.length);
    this.#bytes.set(bytes, start);
  }

  /** Its length in bytes as a varbyte, and its bytes. */
  string(text: string): void {
    if (text.length <= SHORT && this.#ascii(text)) return;
    const bytes = toBytes(text);
    this.varbyte(bytes.length);
    this.bytes(bytes);
  }

  /** Most strings are short and ASCII, where an encoder costs more than a loop. */
  #ascii(text: string): boolean {
    const start = this.#grow(1 + text.length);
    this.#bytes[start] = text.length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        this.#length = start;
        return false;
      }
      this.#bytes[start + 1 + i] = code;
    }
    return true;
  }

  /** Makes room, and returns where it begins. May replace the view: call it first. */
  #grow(length: number): number {
    const start = this.#length;
    const end = start + length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      larger.set(this.written());
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#length = end;
    return start;
  }
}
