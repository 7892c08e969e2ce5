/** What the Supervisor itself prints goes through the same sinks as its nodes' lines, whole and in order. */
import fs from "node:fs";
import { errnoText } from "../../os/tools.ts";
import { formatOf, type LogOptions } from "../../output/format.ts";
import { History } from "../../output/history.ts";
import { Pipeline, type Stream } from "../../output/pipeline.ts";
import { Sink, type Target } from "../../output/sink.ts";
import { describe, hooksOf } from "../../script/lifecycle.ts";
import { Tallies } from "../metrics/tallies.ts";

export interface Console {
  sinks: Record<Stream, Sink>;
  pipeline: Pipeline;
  /** The last lines of every node. */
  history: History;
  tallies: Tallies;
  /** Prints a line on stderr. */
  say(text: string): void;
  /** Prints what is left of lines that scripts have begun to print. */
  end(): void;
}

/**
 * Makes `process.stdout` and `process.stderr` write through sinks: Node.js would block the whole
 * process on a reader that has stalled.
 */
export function takeOverOutput(log: LogOptions = { format: "zeek" }): Console {
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  const sinks = {
    stdout: new Sink(targetOf(process.stdout), (error) => {
      const reason = errnoText(error);
      say(`error: cannot write to stdout any more: its lines are lost from here on: ${reason}`);
    }),
    stderr: new Sink(targetOf(process.stderr)),
  };
  const history = new History();
  const tallies = new Tallies();
  const pipeline = new Pipeline({
    sinks,
    keep: (node, stream, bytes) => {
      if (node !== "") history.append(node, stream, bytes, Date.now());
    },
    count: (node, stream, bytes, lines) => tallies.printed(node, stream, bytes, lines),
    hooks: hooksOf,
    format: formatOf(log),
    onHookError: (error) => say(`error: a hook failed: ${describe(error)}`),
  });
  const ends = (["stdout", "stderr"] as const).map((stream) =>
    redirect(stream, sinks[stream], pipeline),
  );
  const end = (): void => {
    for (const one of ends) one();
  };
  return { sinks, pipeline, history, tallies, say, end };
}

/** Pipes and sockets Node.js writes to in the background; for the rest a thread has to wait. */
function targetOf(stream: NodeJS.WriteStream & { fd: number }): Target {
  const stat = fs.fstatSync(stream.fd);
  if (!stat.isFIFO() && !stat.isSocket()) return stream.fd;
  const write = stream.write.bind(stream);
  return { write: (bytes, done) => write(bytes, done) };
}

/** @returns what prints the rest of an unfinished line */
function redirect(name: Stream, sink: Sink, pipeline: Pipeline): () => void {
  const stream = process[name];
  // Zeek's format has nothing before the Supervisor's own lines: they need not be found.
  const source = pipeline.own(name);
  const pass = (bytes: Uint8Array): boolean => {
    if (source === undefined) {
      pipeline.breakLine(name);
      return sink.write(bytes);
    }
    source.push(bytes);
    return !sink.isFull;
  };
  const write = (chunk: unknown, encoding?: unknown, callback?: unknown): boolean => {
    const hasRoom = pass(toBytes(chunk, encoding));
    const done = typeof encoding === "function" ? encoding : callback;
    if (typeof done === "function") sink.whenIdle(() => process.nextTick(done));
    if (!hasRoom) sink.whenDrained(() => stream.emit("drain"));
    return hasRoom;
  };
  stream.write = write as typeof stream.write;
  stream.on("error", () => {});
  return () => source?.end();
}

function toBytes(chunk: unknown, encoding: unknown): Uint8Array {
  if (typeof chunk === "string") {
    return Buffer.from(chunk, typeof encoding === "string" ? (encoding as BufferEncoding) : "utf8");
  }
  // The caller may use its buffer again.
  return Buffer.from(chunk as Uint8Array);
}
