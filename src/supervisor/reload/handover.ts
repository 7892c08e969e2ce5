/**
 * What a Supervisor that replaces its own image leaves to itself: all that the Stem cannot know, and
 * whoever follows output must not lose.
 */
import fs from "node:fs";
import v8 from "node:v8";
import type { Dump } from "../../output/history.ts";
import { isSameProcess, type ProcessId } from "../../wire/stem-messages.ts";
import type { Unfinished } from "../output/output-receiver.ts";
import type { PrintedReady } from "../roster/member.ts";

export interface Handover {
  /** Whose it is: a process that was killed instead leaves one that is nobody's. */
  supervisor: ProcessId;
  /** By what clients know this Supervisor. */
  instance: string;
  /** How many reloads there have been, this one included. */
  reloads: number;
  /** How many nodes at a time get another configuration; unset: all. */
  rolling?: number;
  /** Nodes' lines that were not complete. */
  unfinished: Unfinished[];
  /** Of which processes it was read that they are ready, while the Stem may not have heard of it. */
  printedReady: PrintedReady[];
  history: Dump;
}

/** @throws the system's error */
export function writeHandover(file: string, handover: Handover): void {
  fs.writeFileSync(file, v8.serialize(handover), { mode: 0o600 });
}

/** Reads what this very process has left before its image was replaced, and removes it. */
export function takeHandover(file: string, self: ProcessId): Handover | undefined {
  try {
    const handover = v8.deserialize(fs.readFileSync(file)) as Handover;
    return isSameProcess(handover.supervisor, self) ? handover : undefined;
  } catch {
    return undefined;
  } finally {
    fs.rmSync(file, { force: true });
  }
}
