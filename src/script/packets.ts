/** The packets of an interface or of a file, for scripts. What it takes is loaded when it is used. */
import { PacketError } from "../errors.ts";
import type { Packet } from "../packets/savefile.ts";
import type { CaptureRequest } from "../packets/tcpdump.ts";
import { args } from "./args.ts";
import type { Capture } from "./capture.ts";
import { isRehearsal } from "./rehearsal.ts";

export type { Packet } from "../packets/savefile.ts";

/** At most one of `interface` and `pcapFile`; with neither, what this process was given. */
export interface PacketOptions {
  interface?: string;
  pcapFile?: string;
  /** libpcap's filter expression (pcap-filter(7)). */
  filter?: string;
  /** Bytes captured of each packet; default and most is libpcap's 262144. */
  snapLength?: number;
  /** Whether the interface takes what is not addressed to it (default `true`). */
  promiscuous?: boolean;
}

export interface PacketCounts {
  /** Let through by the filter in the kernel, those included that were dropped afterwards. */
  received: number;
  /** Given to this script. */
  captured: number;
  /** For want of room: whoever reads was too slow. */
  droppedByKernel: number;
  /** By the interface or its driver. */
  droppedByInterface: number;
}

/** Packets to be read once, with `for await`; reading begins with the first of them. */
export interface Packets extends AsyncIterable<Packet> {
  /**
   * The counts as libpcap tells them, now; of a file, what was read so far. Each call while no packet
   * is taken has some read ahead; once those are 256 KiB, the counts are those told last.
   * @throws PacketError (rejection) if tcpdump does not answer
   */
  counts(): Promise<PacketCounts>;
  /** Ends the iteration, if it has not ended. Resolves when nothing of it runs any more. */
  close(): Promise<void>;
}

/**
 * Reads packets through tcpdump: those of `options`, or of the node's `interface` or `pcapFile`
 * (`-i` and `-r` in a process that is no node). The iteration ends with the file, or with `close`.
 * @throws PacketError at once if there is nothing to read from; in the iteration if reading fails
 */
export function packets(options: PacketOptions = {}): Packets {
  const request = requestOf(options);
  if (isRehearsal()) return NO_PACKETS;
  let isTaken = false;
  let capture: Capture | undefined;
  let loading: Promise<Capture> | undefined;
  return {
    [Symbol.asyncIterator]() {
      if (isTaken) throw new PacketError("packets are read once: call packets() again");
      isTaken = true;
      return {
        // Once it is loaded no promise stands between, since this is called for every packet.
        next: () => capture?.next() ?? load().then((loaded) => loaded.next()),
        return: async () => {
          await (await load()).close();
          return { done: true, value: undefined };
        },
      };
    },
    counts: async () => (await load()).counts(),
    close: async () => (await load()).close(),
  };

  function load(): Promise<Capture> {
    loading ??= import("./capture.ts").then((module) => {
      capture = new module.Capture(request);
      return capture;
    });
    return loading;
  }
}

/** What a rehearsal reads. */
const NO_PACKETS: Packets = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
  counts: async () => ({ received: 0, captured: 0, droppedByKernel: 0, droppedByInterface: 0 }),
  async close() {},
};

/** @throws PacketError */
function requestOf(options: PacketOptions): CaptureRequest {
  const isOwn = options.interface === undefined && options.pcapFile === undefined;
  const { interface: iface, pcapFile } = isOwn ? args : options;
  const source = iface ?? pcapFile;
  if (iface !== undefined && pcapFile !== undefined) {
    throw new PacketError("packets come from an interface or from a file, not from both");
  }
  if (source === undefined || source === "") {
    throw new PacketError(
      "there is nothing to read packets from: " +
        "give the node, or packets(), an interface or a pcapFile (a plain process: -i or -r)",
    );
  }
  if (pcapFile === "-") {
    throw new PacketError("cannot read packets from stdin: name a file as pcapFile");
  }
  const { filter, snapLength = LONGEST, promiscuous = true } = options;
  if (!Number.isInteger(snapLength) || snapLength < 1 || snapLength > LONGEST) {
    throw new PacketError(`snapLength is a whole number from 1 to ${LONGEST}, not ${snapLength}`);
  }
  return {
    source,
    isLive: iface !== undefined,
    filter,
    snapLength,
    isPromiscuous: promiscuous,
  };
}

/** The decoder's `MAX_SNAP_LENGTH`, without loading the decoder. */
const LONGEST = 262_144;
