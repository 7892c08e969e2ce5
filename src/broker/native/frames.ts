/**
 * Frames of Broker's peers: `u32be length, payload`. Pure: bytes in, one frame at a time out, so
 * that whoever reads may stop between any two of them.
 */
import { BrokerFormatError } from "../../errors.ts";

export class FrameReader {
  readonly #limit: number;
  readonly #chunks: Uint8Array[] = [];
  /** Where the first chunk goes on. */
  #at = 0;
  /** A frame that did not arrive in one piece, and how much of it is there. */
  #pieces: Uint8Array = new Uint8Array(0);
  #filled = 0;

  /** @param limit the longest payload, in bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes the next bytes. They are not copied, and must not change until `next` has no more. */
  push(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#chunks.push(chunk);
  }

  /**
   * The payload of the next frame that is complete, which may share memory with what was pushed.
   * @throws BrokerFormatError on a length that no frame can have, here and ever after
   */
  next(): Uint8Array | undefined {
    for (;;) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) return undefined;
      const frame = this.#filled === 0 ? this.#whole(chunk) : undefined;
      const payload = frame ?? this.#gather(chunk);
      if (this.#at === chunk.length) {
        this.#chunks.shift();
        this.#at = 0;
      }
      if (payload !== undefined) return payload;
    }
  }

  /** A frame that is all in this chunk. */
  #whole(chunk: Uint8Array): Uint8Array | undefined {
    const start = this.#at + LENGTH;
    if (start > chunk.length) return undefined;
    const end = start + this.#lengthAt(chunk, this.#at);
    if (end > chunk.length) return undefined;
    this.#at = end;
    return chunk.subarray(start, end);
  }

  /** Adds what the chunk has of a frame; returns the frame if it is complete. */
  #gather(chunk: Uint8Array): Uint8Array | undefined {
    this.#fill(chunk, LENGTH);
    if (this.#filled < LENGTH) return undefined;
    const end = LENGTH + this.#lengthAt(this.#pieces, 0);
    this.#fill(chunk, end);
    if (this.#filled < end) return undefined;
    const payload = this.#pieces.subarray(LENGTH, end);
    this.#pieces = new Uint8Array(0);
    this.#filled = 0;
    return payload;
  }

  /** Copies until `wanted` bytes are there. Memory follows what came, not what was announced. */
  #fill(chunk: Uint8Array, wanted: number): void {
    const take = Math.min(wanted - this.#filled, chunk.length - this.#at);
    if (take <= 0) return;
    const needed = this.#filled + take;
    if (needed > this.#pieces.length) {
      const larger = new Uint8Array(Math.min(Math.max(needed, this.#pieces.length * 2), wanted));
      larger.set(this.#pieces.subarray(0, this.#filled));
      this.#pieces = larger;
    }
    this.#pieces.set(chunk.subarray(this.#at, this.#at + take), this.#filled);
    this.#filled = needed;
    this.#at += take;
  }

  #lengthAt(bytes: Uint8Array, at: number): number {
    const length = new DataView(bytes.buffer, bytes.byteOffset + at, LENGTH).getUint32(0);
    if (length === 0) throw new BrokerFormatError("an empty frame");
    if (length > this.#limit) {
      throw new BrokerFormatError(
        `a frame of ${length} bytes, where ${this.#limit} are the most that is taken`,
      );
    }
    return length;
  }
}

/** Bytes of a frame's length. */
const LENGTH = 4;
