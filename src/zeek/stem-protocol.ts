/** What is said to Zeek's own Stem and what it says: text that ends in NUL. */
import type { Exit } from "../core/revival.ts";

/** @param json `nodeJson` of the node of that name */
export function createMessage(name: string, json: string): Uint8Array {
  return encode(`create ${name} ${json}`);
}

/** The Stem says nothing when it is done. */
export function destroyMessage(name: string): Uint8Array {
  return encode(`destroy ${name}`);
}

/** Of a node that was restarted, some Zeeks do not tell any more how it dies. */
export function restartMessage(name: string): Uint8Array {
  return encode(`restart ${name}`);
}

/** Descriptors of two pipes, as the Supervisor sees them: it reads `in.read` and writes `out.write`. */
export interface StemPipes {
  in: { read: number; write: number };
  out: { read: number; write: number };
}

/** The value of ZEEK_STEM. @param ppid the pid of the process that will be the Stem's parent */
export function stemVariable(ppid: number, pipes: StemPipes): string {
  return [ppid, pipes.in.read, pipes.in.write, pipes.out.read, pipes.out.write].join(",");
}

export type StemMessage =
  /** After each start, revivals included; pid 0 if the fork failed. */
  | { tag: "status"; name: string; pid: number }
  | { tag: "error"; text: string }
  /** Of debug builds. */
  | { tag: "debug"; text: string }
  /** None that is known. */
  | { tag: "unknown"; text: string };

/** Cuts a stream of bytes into messages. */
export class StemDecoder {
  #held: Uint8Array = new Uint8Array(MAX_MESSAGE);
  #length = 0;

  /** Takes the next bytes, and returns what is now complete. Of a message that is too long, its start. */
  push(chunk: Uint8Array): StemMessage[] {
    const messages: StemMessage[] = [];
    let at = 0;
    while (at < chunk.length) {
      const end = chunk.indexOf(0, at);
      this.#hold(chunk.subarray(at, end < 0 ? chunk.length : end));
      if (end < 0) break;
      messages.push(parse(decoder.decode(this.#held.subarray(0, this.#length))));
      this.#length = 0;
      at = end + 1;
    }
    return messages;
  }

  #hold(bytes: Uint8Array): void {
    const fitting = bytes.subarray(0, MAX_MESSAGE - this.#length);
    this.#held.set(fitting, this.#length);
    this.#length += fitting.length;
  }
}

/** A node that ended without having been told to. */
export interface Death {
  name: string;
  pid: number;
  exit: Exit;
}

/**
 * The death that an `error` of the Stem tells of, if it does.
 * @param signals the system's numbers, by name
 */
export function deathOf(
  text: string,
  signals: Readonly<Record<string, number>>,
): Death | undefined {
  const [, name = "", pid, signal, status] = DEATH.exec(text) ?? [];
  if (pid === undefined) return undefined;
  const exit =
    signal === undefined ? { code: Number(status) } : { signal: signalName(signal, signals) };
  return { name, pid: Number(pid), exit };
}

function signalName(number: string, signals: Readonly<Record<string, number>>): string {
  const known = Object.entries(signals).find(([, value]) => value === Number(number));
  return known?.[0] ?? `SIG${number}`;
}

function parse(text: string): StemMessage {
  const space = text.indexOf(" ");
  const [tag, rest] = [text.slice(0, space), text.slice(space + 1)];
  if (space > 0 && (tag === "error" || tag === "debug")) return { tag, text: rest };
  const [, name = "", pid] = STATUS.exec(text) ?? [];
  return pid === undefined ? { tag: "unknown", text } : { tag: "status", name, pid: Number(pid) };
}

function encode(text: string): Uint8Array {
  return encoder.encode(`${text}\0`);
}

/** A sentence with a name is some hundred bytes; the rest is somebody else's. */
export const MAX_MESSAGE = 16 * 1024;
const STATUS = /^status (\S+) (\d{1,10})$/;
const DEATH =
  /^Supervised node '(.*)' \(PID (\d{1,10})\) (?:terminated prematurely by signal (\d{1,3})|exited prematurely with status (\d{1,3}))$/s;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
