/** What a start of a node is asked for, what it tells, and what it may leave behind if it fails. */
import fs from "node:fs";
import type { NodeConfig } from "../core/config.ts";
import type { Identity } from "../core/identity.ts";
import type { Exit } from "../core/revival.ts";
import type { PipeEnds } from "../os/pipes.ts";
import { errnoText } from "../os/tools.ts";
import type { Means } from "./prefix.ts";

export interface StartOrder {
  config: NodeConfig;
  /** Which creation of the name it is. */
  id: number;
  generation: number;
  /** The first start of a fresh creation: the only one that may truncate output. */
  fresh: boolean;
  /** How its process is confined; the launcher adds it. */
  means?: Means;
}

/** Who the process is to be, if that is not whose rights we have. */
export function ownerOf({ means }: StartOrder): Identity | undefined {
  const identity = means?.identity;
  return identity === undefined || identity.uid === process.geteuid?.() ? undefined : identity;
}

export interface StartEvents {
  /** @param group its process group, if that has another number */
  started(pid: number, group?: number): void;
  failed(): void;
  /** The process has said so. */
  ready(): void;
  exited(exit: Exit): void;
  /** Comes after `exited`, where anybody can tell: its CPU time in milliseconds. */
  used?(cpu: number | undefined): void;
}

/** A start that failed, in the words that the node's stderr gets. */
export class StartFailure extends Error {}

/** Those words, for whatever went wrong. */
export function failureText(name: string, error: NodeJS.ErrnoException): string {
  if (error instanceof StartFailure) return error.message;
  return `node '${name}' failed to start: ${errnoText(error)}`;
}

/** What a start has opened: given up if it fails, and but for our own ends closed if it does not. */
export class Opened {
  readonly #fds: number[] = [];
  #pipes: PipeEnds[] = [];

  /** To be closed when the process has it, or never will. */
  fd(fd: number): number {
    this.#fds.push(fd);
    return fd;
  }

  pipe(pipe: PipeEnds): PipeEnds {
    this.#pipes.push(pipe);
    return pipe;
  }

  /** The process has the ends that are its own. */
  handedOver(): void {
    for (const pipe of this.#pipes.splice(0)) this.#fds.push(pipe.write);
  }

  /** Nothing was started. */
  discard(): void {
    for (const pipe of this.#pipes.splice(0)) pipe.discard();
  }

  close(): void {
    for (const fd of this.#fds.splice(0)) fs.closeSync(fd);
  }
}
