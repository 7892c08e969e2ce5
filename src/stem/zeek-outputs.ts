/**
 * What a node under a Zeek Stem opens for its output: named pipes, for what goes through the Zeek
 * Stem itself is lost when there is much of it, and files that the node opens itself are truncated.
 */
import fs from "node:fs";
import path from "node:path";
import { Descriptors } from "../os/descriptors.ts";
import { type ByteSink, readPipe } from "../os/pipe-reader.ts";
import type { PipePool } from "../os/pipes.ts";
import { errnoText } from "../os/tools.ts";
import { FileSink, type OutputFile } from "./file-sink.ts";
import type { OutputChannel } from "./output.ts";
import type { StartOrder } from "./start.ts";
import { openFile, type StreamName } from "./streams.ts";

interface Output {
  read: number;
  hold: number;
  /** Where it is passed on to. */
  file: number | undefined;
}

export class ZeekOutputs {
  readonly #name: string;
  readonly #fds = new Descriptors();
  #outputs: Record<StreamName, Output> | undefined;
  #place: string | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /**
   * @param directory where the node works
   * @returns a directory that is this pair's alone, with the pipes `stdout` and `stderr` in it
   * @throws StartFailure, or the system's error
   */
  open(order: StartOrder, directory: string, pipes: PipePool): string {
    const place = pipes.makeDirectory();
    this.#place = place;
    const output = (stream: StreamName): Output => {
      const file = openFile(order, stream, directory);
      if (file !== undefined) this.#fds.add(file);
      const { read, write: hold } = pipes.takeNamed(path.join(place, stream));
      return { read: this.#fds.add(read), hold: this.#fds.add(hold), file };
    };
    const stderr = output("stderr");
    this.#outputs = { stderr, stdout: output("stdout") };
    return place;
  }

  /** The node runs: what it writes is read. @param files what takes it, if that is not the Supervisor */
  read(
    pid: number,
    channel: OutputChannel,
    files: Partial<Record<StreamName, OutputFile>> = {},
  ): void {
    if (this.#outputs === undefined) return;
    const { stdout, stderr } = this.#outputs;
    const opening = ({ read }: { read: number }) => {
      const fd = this.#fds.release(read);
      return (sink: ByteSink) => readPipe(fd, sink);
    };
    const streams = { stdout: opening(stdout), stderr: opening(stderr) };
    const sinks = { ...files };
    for (const [stream, { file }] of [["stdout", stdout] as const, ["stderr", stderr] as const]) {
      if (file === undefined) continue;
      sinks[stream] = new FileSink(this.#fds.release(file), (error) => {
        const text = `node '${this.#name}' failed to write its ${stream} file: ${errnoText(error)}`;
        channel.say(this.#name, text);
      });
    }
    channel.add(this.#name, pid, streams, sinks);
  }

  /** The node has ended: no stream ends as long as we hold it open, as had to be until the node had opened it. */
  letGo(): void {
    for (const { hold } of Object.values(this.#outputs ?? {})) this.#fds.close(hold);
  }

  /** The pair is gone, or never was. */
  close(): void {
    this.#fds.closeAll();
    if (this.#place !== undefined) fs.rmSync(this.#place, { recursive: true, force: true });
  }
}
