/**
 * Frames of the link: `u32be length, u8 kind, payload`, where `length` counts kind and payload.
 * Pure: bytes in, frames out, whatever the pieces in which they arrive.
 */
import { ProtocolError } from "../errors.ts";

/** A message in JSON, or a piece of a node's output. */
export const FrameKind = { message: 0, output: 1 } as const;

export interface Frame {
  kind: number;
  payload: Uint8Array;
}

/** Larger frames are refused on both sides, so that no peer can make the other hoard memory. */
export const MAX_PAYLOAD = 16 * 1024 * 1024;

const HEADER = 5;

/** The five bytes that go before a payload of `length` bytes. @throws ProtocolError if too long */
export function frameHeader(kind: number, length: number): Uint8Array {
  if (length > MAX_PAYLOAD) throw new ProtocolError(`a frame of ${length} bytes is too long`);
  const header = new Uint8Array(HEADER);
  const view = new DataView(header.buffer);
  view.setUint32(0, length + 1);
  view.setUint8(4, kind);
  return header;
}

/** Cuts a stream of bytes into frames. */
export class FrameDecoder {
  /** A frame that is not complete: the first `#filled` bytes. */
  #pending: Uint8Array = EMPTY;
  #filled = 0;
  /** Where the frame is that was completed last; the next but one goes there. */
  #spare: Uint8Array = EMPTY;

  /**
   * Takes the next bytes and returns the frames that are now complete. Their payloads share
   * memory with the decoder or with `chunk`: they are valid until the next call.
   * @throws ProtocolError on a length that no frame can have
   */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    let at = this.#completePending(chunk, frames);
    while (chunk.length - at >= HEADER) {
      const end = at + frameLength(chunk, at);
      if (end > chunk.length) break;
      frames.push(frameAt(chunk, at, end));
      at = end;
    }
    if (at < chunk.length) this.#keep(chunk, at);
    return frames;
  }

  /** Adds to the frame begun earlier; returns how much of the chunk that took. */
  #completePending(chunk: Uint8Array, frames: Frame[]): number {
    if (this.#filled === 0) return 0;
    let at = this.#fill(chunk, 0, HEADER);
    if (this.#filled < HEADER) return at;
    const length = frameLength(this.#pending, 0);
    at = this.#fill(chunk, at, length);
    if (this.#filled < length) return at;
    const complete = this.#pending;
    frames.push(frameAt(complete, 0, length));
    this.#filled = 0;
    this.#pending = this.#spare;
    this.#spare = complete.length > MOST_KEPT ? EMPTY : complete;
    return at;
  }

  #keep(chunk: Uint8Array, at: number): void {
    const rest = chunk.length - at;
    const wanted = rest >= HEADER ? frameLength(chunk, at) : HEADER;
    const room = Math.min(wanted, Math.max(rest, FIRST_PIECE));
    if (room > this.#pending.length) this.#pending = new Uint8Array(room);
    this.#fill(chunk, at, wanted);
  }

  /** Copies from `chunk` until `wanted` bytes are there; memory follows the bytes, not the header. */
  #fill(chunk: Uint8Array, at: number, wanted: number): number {
    const take = Math.min(wanted - this.#filled, chunk.length - at);
    if (take <= 0) return at;
    const needed = this.#filled + take;
    if (needed > this.#pending.length) {
      const grown = new Uint8Array(
        Math.min(Math.max(needed, this.#pending.length * 2), Math.max(wanted, HEADER)),
      );
      grown.set(this.#pending.subarray(0, this.#filled));
      this.#pending = grown;
    }
    this.#pending.set(chunk.subarray(at, at + take), this.#filled);
    this.#filled = needed;
    return at + take;
  }
}

/** The whole length of the frame that starts at `at`, header included. */
function frameLength(bytes: Uint8Array, at: number): number {
  const length = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0);
  if (length < 1 || length > MAX_PAYLOAD + 1) {
    throw new ProtocolError(`a frame cannot have ${length} bytes`);
  }
  return 4 + length;
}

function frameAt(bytes: Uint8Array, at: number, end: number): Frame {
  return { kind: bytes[at + 4] ?? 0, payload: bytes.subarray(at + HEADER, end) };
}

/** Enough for a frame of output: most frames then need no second allocation. */
const FIRST_PIECE = 70 * 1024;
/** Memory that is used again for later frames is no larger. */
const MOST_KEPT = 2 * FIRST_PIECE;
const EMPTY = new Uint8Array(0);
