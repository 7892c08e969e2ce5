/**
 * libpcap's savefile, as `tcpdump -w -` writes it: a header of 24 bytes, then for each packet a
 * header of 16 and what was captured. Pure: bytes in, packets out, whatever the pieces.
 */
import { PacketError } from "../errors.ts";

export interface Packet {
  /**
   * Unix time in milliseconds, with fractions: exact to the microsecond, since a number of this size
   * has steps of a quarter of one.
   */
  time: number;
  /** What was captured of it: this packet's own bytes, that nothing else writes to. */
  data: Uint8Array;
  /** Bytes on the wire, of which `data` may be the first ones only. */
  length: number;
  /** libpcap's LINKTYPE_ number: 1 is Ethernet. */
  linkType: number;
}

/** The most of a packet that libpcap captures (its MAXIMUM_SNAPLEN). */
export const MAX_SNAP_LENGTH = 262_144;

/** What the stream's first header says. */
interface Format {
  isLittleEndian: boolean;
  /** How many of the time's fractions make a millisecond. */
  perMillisecond: number;
  linkType: number;
  maximum: number;
}

/** A packet of which not all bytes have come. */
interface Partial {
  packet: Packet;
  filled: number;
  /** Bytes of the stream that still belong to it, wanted or not. */
  left: number;
}

/** Cuts a stream of bytes into packets. */
export class SavefileDecoder {
  readonly #snapLength: number;
  /** A header that comes in pieces. */
  readonly #header = new Uint8Array(FILE_HEADER);
  #filled = 0;
  #format: Format | undefined;
  #partial: Partial | undefined;

  /** @param snapLength how many bytes of a packet are kept; what it has beyond is skipped */
  constructor(snapLength = MAX_SNAP_LENGTH) {
    this.#snapLength = Math.min(snapLength, MAX_SNAP_LENGTH);
  }

  /**
   * Takes the next bytes and returns the packets that are now complete. Nothing of `chunk` is kept
   * or handed out: packets have memory of their own, so that one that is kept keeps no other.
   * @throws PacketError on bytes that are no savefile, or a packet longer than libpcap's longest
   */
  push(chunk: Uint8Array): Packet[] {
    // A Uint8Array in any case: the `slice` of a Buffer does not copy.
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
    const packets: Packet[] = [];
    let at = 0;
    while (at < bytes.length) {
      if (this.#partial !== undefined) {
        at = this.#fill(this.#partial, bytes, at, packets);
      } else if (
        this.#format !== undefined &&
        this.#filled === 0 &&
        bytes.length - at >= PACKET_HEADER
      ) {
        at = this.#take(this.#format, bytes, view, at, packets);
      } else {
        at = this.#gather(bytes, at, packets);
      }
    }
    return packets;
  }

  /** The stream has ended. @throws PacketError if that was not between two packets */
  end(): void {
    if (this.#format !== undefined && this.#partial === undefined && this.#filled === 0) return;
    const where = this.#format === undefined ? "its header" : "a packet";
    throw new PacketError(`the stream of packets was cut off within ${where}`);
  }

  /** A packet whose header is in `bytes`, and mostly the rest of it too. */
  #take(format: Format, bytes: Uint8Array, view: DataView, at: number, packets: Packet[]): number {
    const start = at + PACKET_HEADER;
    const captured = capturedLength(format, view, at);
    const kept = Math.min(captured, this.#snapLength);
    if (start + captured > bytes.length) {
      const packet = packetOf(format, view, at, new Uint8Array(kept));
      this.#partial = { packet, filled: 0, left: captured };
      return start;
    }
    packets.push(packetOf(format, view, at, bytes.slice(start, start + kept)));
    return start + captured;
  }

  #fill(partial: Partial, bytes: Uint8Array, at: number, packets: Packet[]): number {
    const { data } = partial.packet;
    const end = at + Math.min(partial.left, bytes.length - at);
    const kept = bytes.subarray(at, Math.min(end, at + data.length - partial.filled));
    data.set(kept, partial.filled);
    partial.filled += kept.length;
    partial.left -= end - at;
    if (partial.left === 0) {
      packets.push(partial.packet);
      this.#partial = undefined;
    }
    return end;
  }

  /** A piece of a header, the stream's or a packet's. */
  #gather(bytes: Uint8Array, at: number, packets: Packet[]): number {
    const wanted = this.#format === undefined ? FILE_HEADER : PACKET_HEADER;
    const piece = bytes.subarray(at, at + wanted - this.#filled);
    this.#header.set(piece, this.#filled);
    this.#filled += piece.length;
    if (this.#filled === wanted) {
      this.#filled = 0;
      const header = this.#header.subarray(0, wanted);
      const view = new DataView(header.buffer, 0, wanted);
      if (this.#format === undefined) this.#format = formatOf(view);
      else this.#take(this.#format, header, view, 0, packets);
    }
    return at + piece.length;
  }
}

/** @throws PacketError */
function formatOf(header: DataView): Format {
  const isLittleEndian = header.getUint8(0) !== MICROSECONDS >>> 24;
  const magic = header.getUint32(0, isLittleEndian);
  if (magic !== MICROSECONDS && magic !== NANOSECONDS) {
    throw new PacketError("the stream of packets is no savefile of libpcap's");
  }
  const linkType = header.getUint32(20, isLittleEndian) & LINK_TYPE_BITS;
  return {
    isLittleEndian,
    perMillisecond: magic === NANOSECONDS ? 1_000_000 : 1_000,
    linkType,
    maximum: LONG_PACKETS[linkType] ?? MAX_SNAP_LENGTH,
  };
}

/** @throws PacketError */
function capturedLength(format: Format, view: DataView, at: number): number {
  const length = view.getUint32(at + 8, format.isLittleEndian);
  if (length <= format.maximum) return length;
  throw new PacketError(
    `no packet has ${length} captured bytes: libpcap's longest has ${format.maximum}`,
  );
}

function packetOf(format: Format, view: DataView, at: number, data: Uint8Array): Packet {
  const seconds = view.getUint32(at, format.isLittleEndian);
  const fraction = view.getUint32(at + 4, format.isLittleEndian);
  return {
    time: seconds * 1_000 + fraction / format.perMillisecond,
    data,
    length: view.getUint32(at + 12, format.isLittleEndian),
    linkType: format.linkType,
  };
}

const FILE_HEADER = 24;
const PACKET_HEADER = 16;
const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
/** The bits above tell how many bytes of a frame check sequence follow each packet. */
const LINK_TYPE_BITS = 0x03ff_ffff;
/** libpcap's exceptions (its `max_snaplen_for_dlt`): D-Bus, USBPcap, EBHSCR. */
const LONG_PACKETS: Record<number, number> = {
  231: 128 * 1024 * 1024,
  249: 1024 * 1024,
  279: 8 * 1024 * 1024,
};
