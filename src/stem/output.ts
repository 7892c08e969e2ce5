/** The output of all nodes, on its way to the Supervisor: read only as fast as it is taken. */
import type { Socket } from "node:net";
import { LARGEST_PIPE } from "../os/native/pipe-size.ts";
import { type ByteSink, type ByteSource, readNow } from "../os/pipe-reader.ts";
import { encodeOutputHead, type Output } from "../wire/stem-messages.ts";
import type { OutputFile, StreamFlow } from "./file-sink.ts";
import type { StreamName } from "./streams.ts";

/** How often to look whether a stream that someone else holds open is done with. */
const LOOK_MS = 100;
/** What the Stem keeps of failed starts' messages, and of streams' ends, while nobody takes them. */
const MAX_HELD_BYTES = 256 * 1024;

/** Begins to read a stream. */
export type OpenSource = (sink: ByteSink) => ByteSource;

/** One stream of a process. There are many, and most say little. */
class Source implements ByteSink, StreamFlow {
  readonly node: string;
  readonly pid: number;
  readonly name: StreamName;
  /** Where it goes instead of to the Supervisor. */
  readonly file: OutputFile | undefined;
  readonly bytes: ByteSource;
  readonly #channel: Hearing;
  /** Bytes read since the last look. */
  fresh = 0;
  /** Bytes read since the process group was seen to be gone. */
  afterEnd = 0;

  constructor(
    channel: Hearing,
    { node, pid, name, file }: Pick<Source, "node" | "pid" | "name" | "file">,
    open: OpenSource,
  ) {
    this.node = node;
    this.pid = pid;
    this.name = name;
    this.file = file;
    this.#channel = channel;
    this.bytes = open(this);
  }

  get fd(): number | undefined {
    return this.bytes.fd;
  }

  pause(): void {
    this.bytes.pause();
  }

  resume(): void {
    this.bytes.resume();
  }

  readNow(into: Uint8Array): number {
    const { fd } = this;
    const length = fd === undefined ? 0 : readNow(fd, into);
    this.count(length);
    return length;
  }

  count(length: number): void {
    this.fresh += length;
    this.afterEnd += length;
  }

  data(bytes: Uint8Array): void {
    this.#channel.take(this, bytes);
  }

  closed(): void {
    this.#channel.closed(this);
  }
}

/** What a channel hears of its sources. */
interface Hearing {
  take(source: Source, bytes: Uint8Array): void;
  closed(source: Source): void;
}

export class OutputChannel {
  readonly #hasMembers: (group: number) => boolean;
  readonly #hearing: Hearing = {
    take: (source, bytes) => this.#take(source, bytes),
    closed: (source) => this.#closed(source),
  };
  readonly #sources = new Map<number, Source[]>();
  #socket: Socket | undefined;
  #discarding = false;
  #paused = true;
  /** How often reading was paused or resumed: a stream that was not read all the time is not known to be empty. */
  #changes = 0;
  /** Lines of our own (pid 0) and ends of streams that could not be sent yet. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #onIdle: (() => void) | undefined;
  /** What goes to files, and to the Supervisor where it has room; undefined while nothing does. */
  copies: { flush(): void; discard(): void } | undefined;

  /** @param hasMembers whether a process group still has members */
  constructor(hasMembers: (group: number) => boolean) {
    this.#hasMembers = hasMembers;
  }

  /** A Supervisor takes output again. */
  attach(socket: Socket): void {
    this.#socket = socket;
    socket.on("drain", () => this.#hasRoom());
    for (const bytes of this.#held.splice(0)) socket.write(bytes);
    this.#heldBytes = 0;
    this.#hasRoom();
  }

  /** Nobody takes output: nodes that write have to wait. */
  detach(): void {
    this.#socket = undefined;
    this.#pause();
  }

  /** Nobody will take output any more: nodes must not wait for it while they end. */
  discard(): void {
    this.#discarding = true;
    this.#held = [];
    this.copies?.discard();
    this.#resume();
  }

  /**
   * Reads a process's streams; those that the process itself writes to files are null.
   * @param files what is to be passed on to a file, whether there is a Supervisor or not
   */
  add(
    node: string,
    pid: number,
    streams: Record<StreamName, OpenSource | null>,
    files: Partial<Record<StreamName, OutputFile>> = {},
  ): void {
    const sources: Source[] = [];
    for (const name of ["stdout", "stderr"] as const) {
      const open = streams[name];
      if (open === null) continue;
      const file = files[name];
      const source = new Source(this.#hearing, { node, pid, name, file }, open);
      sources.push(source);
      if (!this.#paused || file !== undefined) source.bytes.resume();
    }
    if (sources.length > 0) this.#sources.set(pid, sources);
  }

  /** The process has ended. Its streams end when their pipes do, or soon after its group. */
  exited(pid: number, group = pid): void {
    if (!this.#sources.has(pid)) return;
    let groupGone = false;
    let changes = this.#changes;
    const look = (): void => {
      const sources = this.#sources.get(pid);
      if (sources === undefined) return;
      const wasRead = !this.#paused && changes === this.#changes;
      const isFirst = !groupGone && !this.#hasMembers(group);
      for (const source of sources) {
        const isRead = source.file === undefined ? wasRead : source.file.isIdle;
        if (groupGone && isRead) this.#closeIfRead(source);
        if (isFirst) source.afterEnd = 0;
        source.fresh = 0;
      }
      groupGone ||= isFirst;
      changes = this.#changes;
      lookLater();
    };
    // After a turn of reading: timers alone may run twice in a row in a process that was held up.
    const lookLater = () => setTimeout(() => setImmediate(look), LOOK_MS);
    lookLater();
  }

  /** A line in the name of a node of which no process could say it. */
  say(node: string, text: string): void {
    const bytes = encoder.encode(`${text}\n`);
    const head = encodeOutputHead({ node, pid: 0, stream: "stderr" }, bytes.length);
    const frame = Buffer.concat([head, bytes]);
    this.#sendOrHold(frame);
  }

  /** Sends what is in a file already, or will be. @returns false if there is no room for it */
  copy(output: Omit<Output, "bytes">, bytes: Uint8Array): boolean {
    const hasRoom = this.#socket?.writableNeedDrain === false;
    if (hasRoom) this.#send(output, bytes);
    return hasRoom || this.#discarding;
  }

  /** Calls back once every stream has ended, or nobody waits for them any more. */
  whenIdle(callback: () => void): void {
    this.#onIdle = callback;
    this.#checkIdle();
  }

  #take(source: Source, bytes: Uint8Array): void {
    source.count(bytes.length);
    if (source.file !== undefined) return source.file.take(bytes, source);
    const { node, pid, name: stream } = source;
    this.#send({ node, pid, stream }, bytes);
  }

  #send(output: Omit<Output, "bytes">, bytes: Uint8Array): void {
    const socket = this.#socket;
    if (this.#discarding || socket === undefined) return;
    socket.cork();
    socket.write(encodeOutputHead(output, bytes.length));
    const hasRoom = socket.write(bytes);
    socket.uncork();
    if (!hasRoom) this.#pause();
  }

  #hasRoom(): void {
    this.#resume();
    this.copies?.flush();
  }

  /** All that the node itself wrote has been read: the pipe was empty, or as much has passed as any holds. */
  #closeIfRead(source: Source): void {
    if (source.fresh === 0 || source.afterEnd > LARGEST_PIPE) source.bytes.destroy();
  }

  #closed(source: Source): void {
    const { node, pid, name: stream, file } = source;
    if (file !== undefined) {
      return file.end(() => {
        // Whoever keeps a copy wants to know that it is whole.
        this.#sendOrHold(encodeOutputHead({ node, pid, stream, isFiled: true }, 0));
        this.#forget(source);
      });
    }
    this.#sendOrHold(encodeOutputHead({ node, pid, stream }, 0));
    this.#forget(source);
  }

  /** What is no stream's own: it is kept for a while if there is no Supervisor to take it. */
  #sendOrHold(frame: Uint8Array): void {
    if (this.#socket !== undefined) this.#socket.write(frame);
    else if (!this.#discarding && this.#heldBytes + frame.length <= MAX_HELD_BYTES) {
      this.#held.push(frame);
      this.#heldBytes += frame.length;
    }
  }

  #forget(done: Source): void {
    const left = (this.#sources.get(done.pid) ?? []).filter((source) => source !== done);
    if (left.length > 0) this.#sources.set(done.pid, left);
    else this.#sources.delete(done.pid);
    this.#checkIdle();
  }

  #checkIdle(): void {
    for (const sources of this.#sources.values()) {
      // What goes to a file is written, whoever else has gone.
      if (sources.some(({ file }) => file !== undefined || !this.#discarding)) return;
    }
    this.#onIdle?.();
  }

  #pause(): void {
    if (this.#paused || this.#discarding) return;
    this.#paused = true;
    this.#changes++;
    this.#forEach((bytes) => bytes.pause());
  }

  #resume(): void {
    const canTake =
      this.#discarding || (this.#socket !== undefined && !this.#socket.writableNeedDrain);
    if (!this.#paused || !canTake) return;
    this.#paused = false;
    this.#changes++;
    this.#forEach((bytes) => bytes.resume());
  }

  #forEach(act: (bytes: ByteSource) => void): void {
    for (const sources of this.#sources.values()) {
      for (const { bytes, file } of sources) if (file === undefined) act(bytes);
    }
  }
}

const encoder = new TextEncoder();
