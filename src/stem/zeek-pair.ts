/**
 * A Zeek node and the Zeek Stem of its own that forks it, which to Coppice's Stem are one node: it
 * runs when the Zeek Stem has told its pid, and has died when either of the two has. What the Zeek
 * Stem would do then is not waited for: the pair is ended, and a fresh one started.
 */
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import type { Exit } from "../core/revival.ts";
import { groupHasMembers, signalGroup } from "../os/signals.ts";
import { startProcess } from "../os/spawn.ts";
import { errnoText } from "../os/tools.ts";
import {
  deathOf,
  StemDecoder,
  type StemMessage,
  type StemPipes,
  stemVariable,
} from "../zeek/stem-protocol.ts";
import { FileSink } from "./file-sink.ts";
import type { LauncherOptions } from "./launcher.ts";
import { orphanPrefix } from "./prefix.ts";
import { failureText, Opened, type StartEvents, StartFailure, type StartOrder } from "./start.ts";
import { openFile, openPipe, type StreamName } from "./streams.ts";

export interface ZeekPairOrder {
  order: StartOrder;
  /** Where the node works: absolute. */
  directory: string;
  command: readonly string[];
  env: NodeJS.ProcessEnv;
  /** What has the Zeek Stem fork the node, with these files for its output. */
  message(outputs: { stdoutFile: string; stderrFile: string }): Uint8Array;
}

/** The numbers under which a Zeek Stem finds its pipes: the first after its standard streams. */
const PIPES: StemPipes = { in: { read: 3, write: 4 }, out: { read: 5, write: 6 } };
/** The value of ZEEK_STEM. */
export const STEM_VALUE = stemVariable(process.pid, PIPES);

/** Calls back exactly once with `started` or `failed`, and never throws. */
export function startZeekPair(
  order: ZeekPairOrder,
  events: StartEvents,
  options: LauncherOptions,
): void {
  new ZeekPair(order, events, options).start();
}

type State =
  /** `why`: it has been given up, and is ended. */
  { tag: "starting"; why?: string } | { tag: "running"; pid: number } | { tag: "over" };

class ZeekPair {
  readonly #given: ZeekPairOrder;
  readonly #name: string;
  readonly #events: StartEvents;
  readonly #options: LauncherOptions;
  readonly #decoder = new StemDecoder();
  /** Those that are ours to close. */
  readonly #fds = new Set<number>();
  readonly #outputs = new Map<StreamName, { read: number; hold: number; file?: number }>();
  #state: State = { tag: "starting" };
  #place: string | undefined;
  #stem = 0;
  #incoming = -1;
  #reader: net.Socket | undefined;
  #writer: net.Socket | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(given: ZeekPairOrder, events: StartEvents, options: LauncherOptions) {
    this.#given = given;
    this.#name = given.order.config.name;
    this.#events = events;
    this.#options = options;
  }

  start(): void {
    const opened = new Opened();
    try {
      this.#start(opened);
    } catch (error) {
      opened.discard();
      this.#fail(failureText(this.#name, error as Error));
    } finally {
      opened.close();
    }
  }

  #start(opened: Opened): void {
    const { order, directory, command, env, message } = this.#given;
    const { files, output, pipes, tools } = this.#options;
    // A directory of its own, for it may write a status file, which must not be taken for the node's.
    const place = pipes.makeDirectory();
    this.#place = place;
    for (const name of ["stderr", "stdout"] as const) this.#openOutput(name, place, directory);
    const [incoming, outgoing] = [this.#ends(), this.#ends()];
    files.write(order);
    const [stdout, stderr] = [openPipe(pipes, opened), openPipe(pipes, opened)];
    const [file = "", ...args] = [...orphanPrefix(tools), ...command];
    const child = startProcess(
      {
        file,
        args,
        env,
        cwd: place,
        stdout: stdout.give,
        stderr: stderr.give,
        others: new Map([
          [PIPES.in.read, incoming.read],
          [PIPES.in.write, incoming.write],
          [PIPES.out.read, outgoing.read],
          [PIPES.out.write, outgoing.write],
        ]),
      },
      {
        started: (pid) => {
          this.#stem = pid;
          opened.handedOver();
        },
        failed: (error) => {
          opened.discard();
          this.#fail(failureText(this.#name, error));
        },
        exited: (exit) => this.#stemExited(exit),
      },
    );
    if (this.#stem === 0) return;
    for (const fd of [incoming.write, outgoing.read]) this.#close(fd);
    // What it says itself, as when a script is not found before any node is there.
    output.add(this.#name, this.#stem, {
      stdout: stdout.pipe?.open() ?? child.stdout,
      stderr: stderr.pipe?.open() ?? child.stderr,
    });
    this.#timer = setTimeout(
      () => this.#giveUp(`Zeek's Stem started no node within ${LIMIT_MS / 1000} seconds`),
      LIMIT_MS,
    );
    this.#incoming = incoming.read;
    this.#reader = this.#socket(incoming.read, true);
    this.#reader.on("data", (bytes: Uint8Array) => this.#read(bytes));
    this.#writer = this.#socket(outgoing.write, false);
    const [stdoutFile, stderrFile] = [path.join(place, "stdout"), path.join(place, "stderr")];
    this.#writer.write(message({ stdoutFile, stderrFile }));
  }

  /**
   * The node opens a named pipe, which blocks and so loses nothing, and which truncates nothing. We
   * hold it open for writing too, for it would end before the node has come to opening it.
   */
  #openOutput(name: StreamName, place: string, directory: string): void {
    const file = openFile(this.#given.order, name, directory);
    if (file !== undefined) this.#fds.add(file);
    const ends = this.#options.pipes.takeNamed(path.join(place, name));
    const { read, write: hold } = this.#own(ends);
    this.#outputs.set(name, { read, hold, ...(file === undefined ? {} : { file }) });
  }

  #ends(): { read: number; write: number } {
    return this.#own(this.#options.pipes.takeEnds());
  }

  #own(ends: { read: number; write: number } | undefined): { read: number; write: number } {
    if (ends === undefined)
      throw new StartFailure(`node '${this.#name}' failed to start: no pipe could be made`);
    this.#fds.add(ends.read).add(ends.write);
    return ends;
  }

  #read(bytes: Uint8Array): void {
    for (const message of this.#decoder.push(bytes)) this.#hear(message);
  }

  #hear(message: StemMessage): void {
    // Once it is over, a successor that the Zeek Stem has forked is no concern of ours: it is ended too.
    if (this.#state.tag === "over") return;
    switch (message.tag) {
      case "status":
        if (this.#state.tag !== "starting" || this.#state.why !== undefined) return;
        if (message.pid > 0) this.#started(message.pid);
        else this.#giveUp("Zeek's Stem could not fork it");
        return;
      case "error": {
        const death = deathOf(message.text, os.constants.signals);
        if (death !== undefined) this.#died(death.exit);
        else if (!message.text.startsWith(NO_NEW_GROUP)) this.#say(message.text);
        return;
      }
      case "debug":
      case "unknown":
        return;
      default:
        message satisfies never;
    }
  }

  #started(pid: number): void {
    clearTimeout(this.#timer);
    this.#state = { tag: "running", pid };
    this.#events.started(pid, this.#stem);
    const streams = { stdout: this.#stream("stdout"), stderr: this.#stream("stderr") };
    const files = { ...this.#sink("stdout"), ...this.#sink("stderr") };
    this.#options.output.add(this.#name, pid, streams, files);
  }

  #stream(name: StreamName): net.Socket | null {
    const output = this.#outputs.get(name);
    return output === undefined ? null : this.#socket(output.read, true);
  }

  #sink(name: StreamName): Partial<Record<StreamName, FileSink>> {
    const { file } = this.#outputs.get(name) ?? {};
    if (file === undefined) return {};
    this.#fds.delete(file);
    const failed = (error: NodeJS.ErrnoException) =>
      this.#say(`node '${this.#name}' failed to write its ${name} file: ${errnoText(error)}`);
    return { [name]: new FileSink(file, failed) };
  }

  #died(exit: Exit): void {
    if (this.#state.tag !== "running") return;
    const { pid } = this.#state;
    this.#state = { tag: "over" };
    for (const { hold } of this.#outputs.values()) this.#close(hold);
    this.#events.exited(exit);
    this.#options.output.exited(pid, this.#stem);
  }

  /** What it said last is heard first, for it may have told how the node died. */
  #stemExited(exit: Exit): void {
    this.#drain();
    if (this.#state.tag === "running") this.#died(exit);
    else if (this.#state.tag === "starting") {
      const why = this.#state.why ?? `Zeek's Stem ${howItEnded(exit)}`;
      this.#fail(`node '${this.#name}' failed to start: ${why}`);
    }
    this.#options.output.exited(this.#stem);
    this.#cleanUp();
  }

  #drain(): void {
    if (this.#reader === undefined || this.#reader.destroyed) return;
    const bytes = Buffer.alloc(64 * 1024);
    try {
      for (let length = 1; length > 0; ) {
        length = fs.readSync(this.#incoming, bytes);
        this.#read(bytes.subarray(0, length));
      }
    } catch {
      // EAGAIN: there is no more.
    }
  }

  /** Of a start that has come to nothing: everything of it is killed, and then it has failed. */
  #giveUp(why: string): void {
    if (this.#state.tag !== "starting") return;
    this.#state = { tag: "starting", why };
    signalGroup(this.#stem, "SIGKILL");
  }

  #fail(text: string): void {
    this.#state = { tag: "over" };
    if (this.#stem > 0 && groupHasMembers(this.#stem)) signalGroup(this.#stem, "SIGKILL");
    this.#cleanUp();
    this.#say(text);
    this.#events.failed();
  }

  #cleanUp(): void {
    clearTimeout(this.#timer);
    this.#reader?.destroy();
    this.#writer?.destroy();
    for (const fd of [...this.#fds]) this.#close(fd);
    if (this.#place !== undefined) fs.rmSync(this.#place, { recursive: true, force: true });
  }

  /** From now on the descriptor is the socket's. */
  #socket(fd: number, readable: boolean): net.Socket {
    this.#fds.delete(fd);
    const socket = new net.Socket({ fd, readable, writable: !readable });
    socket.on("error", () => {});
    return socket;
  }

  #close(fd: number): void {
    if (this.#fds.delete(fd)) fs.closeSync(fd);
  }

  #say(text: string): void {
    this.#options.output.say(this.#name, text);
  }
}

function howItEnded({ code, signal }: Exit): string {
  return signal === undefined ? `exited with status ${code}` : `was ended by ${signal}`;
}

const LIMIT_MS = 10_000;
/** It leads a session, and so a group, already: that it cannot make itself the leader is as it should be. */
const NO_NEW_GROUP = "failed to set stem process group";
