/** What the Supervisor itself prints goes through the same sinks as its nodes' lines, whole and in order. */
import fs from "node:fs";
import { errnoText } from "../os/tools.ts";
import { History } from "../output/history.ts";
import { Pipeline, type Stream } from "../output/pipeline.ts";
import { Sink, type Target } from "../output/sink.ts";
import { describe, hooksOf } from "../script/lifecycle.ts";
import { Tallies } from "./tallies.ts";

export interface Console {
  sinks: Record<Stream, Sink>;
  pipeline: Pipeline;
  /** The last lines of every node. */
  history: History;
  tallies: Tallies;
  /** Prints a line on stderr. */
  say(text: string): void;
}

/**
 * Makes `process.stdout` and `process.stderr` write through sinks: Node.js would block the whole
 * process on a reader that has stalled.
 */
export function takeOverOutput(): Console {
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
    onHookError: (error) => say(`error: a hook failed: ${describe(error)}`),
  });
  for (const stream of ["stdout", "stderr"] as const) redirect(stream, sinks[stream], pipeline);
  return { sinks, pipeline, history, tallies, say };
}

/** Pipes and sockets Node.js writes to in the background; for the rest a thread has to wait. */
function targetOf(stream: NodeJS.WriteStream & { fd: number }): Target {
  const stat = fs.fstatSync(stream.fd);
  if (!stat.isFIFO() && !stat.isSocket()) return stream.fd;
  const write = stream.write.bind(stream);
  return { write: (bytes, done) => write(bytes, done) };
}

function redirect(name: Stream, sink: Sink, pipeline: Pipeline): void {
  const stream = process[name];
  const write = (chunk: unknown, encoding?: unknown, callback?: unknown): boolean => {
    pipeline.breakLine(name);
    const hasRoom = sink.write(toBytes(chunk, encoding));
    const done = typeof encoding === "function" ? encoding : callback;
    if (typeof done === "function") sink.whenIdle(() => process.nextTick(done));
    if (!hasRoom) sink.whenDrained(() => stream.emit("drain"));
    return hasRoom;
  };
  stream.write = write as typeof stream.write;
  stream.on("error", () => {});
}

function toBytes(chunk: unknown, encoding: unknown): Uint8Array {
  if (typeof chunk === "string") {
    return Buffer.from(chunk, typeof encoding === "string" ? (encoding as BufferEncoding) : "utf8");
  }
  // The caller may use its buffer again.
  return Buffer.from(chunk as Uint8Array);
}
