/** What a node's process is given for its output, and to say that it is ready, and that it lives. */
import path from "node:path";
import type { Readable } from "node:stream";
import { heartbeatFdOf } from "../core/health.ts";
import type { Identity } from "../core/identity.ts";
import { readyFdOf } from "../core/readiness.ts";
import { openOutputFile } from "../os/files.ts";
import { readStream } from "../os/pipe-reader.ts";
import type { PipeEnds, PipePool } from "../os/pipes.ts";
import { errnoText } from "../os/tools.ts";
import type { OpenSource } from "./output.ts";
import type { OwnFiles } from "./prefix.ts";
import { type Opened, ownerOf, StartFailure, type StartOrder } from "./start.ts";

export type StreamName = "stdout" | "stderr";

/** A descriptor to hand over, with our end of it if that is a pipe of ours; "pipe": one of Node's. */
export interface Given {
  give: number | "pipe";
  pipe?: PipeEnds;
}

/**
 * How to read our end of it; null: what is written there is not for us.
 * @param stream Node.js' own end, if there is no pipe of ours
 */
export function sourceOf({ pipe }: Given, stream: Readable | null): OpenSource | null {
  if (pipe !== undefined) return (sink) => pipe.read(sink);
  return stream === null ? null : (sink) => readStream(stream, sink);
}

/** A file of the node's, a pipe, or where there are no pipes a socket pair of Node's. */
export function openStream(
  order: StartOrder,
  stream: StreamName,
  directory: string,
  pipes: PipePool,
  opened: Opened,
): Given {
  // Somebody else opens its files itself, and says through the pipe what it could not open.
  const owner = ownerOf(order);
  const file = owner === undefined ? openFile(order, stream, directory) : undefined;
  return file === undefined ? openPipe(pipes, opened, owner) : { give: opened.fd(file) };
}

/** The files that the process of somebody else is to open itself. */
export function ownFiles(order: StartOrder, directory: string): OwnFiles | undefined {
  if (ownerOf(order) === undefined) return undefined;
  const { stdoutFile, stderrFile, truncateOutput } = order.config;
  return {
    ...(stdoutFile === undefined ? {} : { stdout: path.resolve(directory, stdoutFile) }),
    ...(stderrFile === undefined ? {} : { stderr: path.resolve(directory, stderrFile) }),
    truncate: order.fresh && truncateOutput === true,
  };
}

/** The file that a node's output goes to, if it does. @throws StartFailure in Zeek's words */
export function openFile(
  { config, fresh }: StartOrder,
  stream: StreamName,
  directory: string,
): number | undefined {
  const name = stream === "stdout" ? config.stdoutFile : config.stderrFile;
  if (name === undefined) return undefined;
  try {
    const truncate = fresh && config.truncateOutput === true;
    return openOutputFile(path.resolve(directory, name), truncate);
  } catch (error) {
    const reason = errnoText(error as NodeJS.ErrnoException);
    throw new StartFailure(
      `node '${config.name}' failed to create ${stream} file ${name}: ${reason}`,
    );
  }
}

/** @param owner somebody else, who is to write to it */
export function openPipe(pipes: PipePool, opened: Opened, owner?: Identity): Given {
  const pipe = pipes.take(owner);
  if (pipe === undefined) return { give: "pipe" };
  opened.pipe(pipe);
  return { give: pipe.write, pipe };
}

/** A descriptor on which a process says something of itself. */
export interface Word extends Given {
  fd: number;
  says: "ready" | "alive";
}

/** What a node's configuration has it say in this way. */
export function openWords(order: StartOrder, pipes: PipePool, opened: Opened): Word[] {
  const { config } = order;
  const open = () => openPipe(pipes, opened, ownerOf(order));
  const [ready, heartbeat] = [readyFdOf(config), heartbeatFdOf(config)];
  const words: Word[] = [];
  if (ready !== undefined) words.push({ says: "ready", fd: ready, ...open() });
  if (heartbeat !== undefined) words.push({ says: "alive", fd: heartbeat, ...open() });
  return words;
}

/** Calls back at the first newline; what comes after it is of no interest. */
export function onFirstLine(stream: Readable, act: () => void): void {
  let isSaid = false;
  stream.on("error", () => {});
  stream.on("data", (bytes: Uint8Array) => {
    if (isSaid || !bytes.includes(NEWLINE)) return;
    isSaid = true;
    act();
  });
}

const NEWLINE = 0x0a;
