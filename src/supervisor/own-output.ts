/** What the Supervisor itself prints goes through the same sinks as its nodes' lines, whole and in order. */
import type { Pipeline, Stream } from "../output/pipeline.ts";
import type { Sink } from "../output/sink.ts";

/**
 * Makes `process.stdout` and `process.stderr` write through the sinks: Node.js would block the
 * whole process on a reader that has stalled.
 */
export function redirectOwnOutput(pipeline: Pipeline, sinks: Record<Stream, Sink>): void {
  for (const name of ["stdout", "stderr"] as const) {
    const stream = process[name];
    const sink = sinks[name];
    const write = (chunk: unknown, encoding?: unknown, callback?: unknown): boolean => {
      pipeline.breakLine(name);
      const hasRoom = sink.write(toBytes(chunk, encoding));
      const done = typeof encoding === "function" ? encoding : callback;
      if (typeof done === "function") process.nextTick(done);
      if (!hasRoom) sink.whenDrained(() => stream.emit("drain"));
      return hasRoom;
    };
    stream.write = write as typeof stream.write;
    stream.on("error", () => {});
  }
}

function toBytes(chunk: unknown, encoding: unknown): Uint8Array {
  if (typeof chunk === "string") {
    return Buffer.from(chunk, typeof encoding === "string" ? (encoding as BufferEncoding) : "utf8");
  }
  // The caller may use its buffer again.
  return Buffer.from(chunk as Uint8Array);
}
