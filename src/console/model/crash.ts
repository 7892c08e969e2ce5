/** Crash records as they come, read with care: what is missing is left out, and nothing breaks. */
import { briefly, exitText, memoryText } from "./words.ts";

export interface CrashSummary {
  id: string;
  node: string;
  /** Unix time in milliseconds. */
  at: number;
  exit: { code?: number; signal?: string };
  /** How it ended, in words. */
  how: string;
}

export interface CrashRecord {
  summary: CrashSummary;
  /** What else is known, in words. */
  fields: [string, string][];
  /** The last lines of its output. */
  streams: { name: string; lines: string[]; note: string }[];
}

/** The newest first. */
export function crashesOf(answer: unknown): CrashSummary[] {
  const list = Array.isArray(answer) ? answer : [];
  return list.flatMap((one) => summaryOf(one) ?? []).sort((a, b) => b.at - a.at);
}

/** Undefined if there is none: it may be no longer kept. */
export function crashOf(answer: unknown): CrashRecord | undefined {
  const summary = summaryOf(answer);
  if (summary === undefined) return undefined;
  const given = fieldsOf(answer);
  const streams = ["stdout", "stderr"].flatMap((name) => streamOf(name, given.get(name)) ?? []);
  return { summary, streams, fields: factsOf(given) };
}

function summaryOf(value: unknown): CrashSummary | undefined {
  const given = fieldsOf(value);
  const [id, node, at] = [given.get("id"), given.get("node"), given.get("at")];
  if (typeof id !== "string" || typeof node !== "string" || typeof at !== "number")
    return undefined;
  const exit = exitOf(given.get("exit"));
  return { id, node, at, exit, how: howOf(given, exit) };
}

function exitOf(value: unknown): CrashSummary["exit"] {
  const given = fieldsOf(value);
  const [code, signal] = [given.get("code"), given.get("signal")];
  return {
    ...(typeof code === "number" ? { code } : {}),
    ...(typeof signal === "string" ? { signal } : {}),
  };
}

function howOf(given: ReadonlyMap<string, unknown>, exit: CrashSummary["exit"]): string {
  const reason = textIn(given, "reason");
  const lived = numberIn(given, "lived");
  if (given.get("kind") === "start") return joined("could not be started", reason);
  const end = lived === undefined ? exitText(exit) : `${exitText(exit)} after ${briefly(lived)}`;
  return joined(end, reason);
}

/** Titles and values, those that are not known left out. */
function factsOf(given: ReadonlyMap<string, unknown>): [string, string][] {
  const usage = fieldsOf(given.get("usage"));
  const [pid, lived, unrecorded] = ["pid", "lived", "unrecorded"].map((name) =>
    numberIn(given, name),
  );
  const [cpu, memory] = [numberIn(usage, "cpu"), numberIn(usage, "peakMemory")];
  const command = fieldsOf(given.get("config")).get("command");
  const facts: [string, string | undefined][] = [
    ["PID", pid === undefined ? undefined : String(pid)],
    ["Lived", lived === undefined ? undefined : briefly(lived)],
    ["CPU time", cpu === undefined ? undefined : briefly(cpu)],
    ["Memory at most", memory === undefined ? undefined : memoryText(memory)],
    ["Core", textIn(given, "coreFile") ?? textIn(given, "noCore")],
    ["Then", nextOf(given.get("next"))],
    ["Not recorded", unrecorded === undefined ? undefined : `${unrecorded} before it`],
    ["Command", Array.isArray(command) ? command.map(String).join(" ") : undefined],
  ];
  return facts.flatMap(([title, value]) => (value === undefined ? [] : [[title, value]]));
}

function nextOf(value: unknown): string | undefined {
  const next = fieldsOf(value);
  switch (next.get("kind")) {
    case "started":
      return `started again (PID ${String(next.get("pid"))})`;
    case "waits":
      return "waits to start again";
    case "gaveUp":
      return "is not revived any more";
    case "failed":
      return "the next start failed";
    case "told":
      return "was told to stop, or destroyed";
    default:
      return undefined;
  }
}

function streamOf(name: string, value: unknown): CrashRecord["streams"][number] | undefined {
  const given = fieldsOf(value);
  const lines = given.get("lines");
  if (!Array.isArray(lines)) return undefined;
  const omitted = numberIn(given, "omitted") ?? 0;
  const notes = [
    omitted > 0 ? `${memoryText(omitted)} before these` : undefined,
    given.get("complete") === false ? "something may have come later" : undefined,
    textIn(given, "file"),
    textIn(given, "problem"),
  ];
  const note = notes.filter((one) => one !== undefined).join("; ");
  return { name, lines: lines.map(String), note };
}

function joined(text: string, reason: string | undefined): string {
  return reason === undefined || reason === "" ? text : `${text}: ${reason}`;
}

function textIn(given: ReadonlyMap<string, unknown>, name: string): string | undefined {
  const value = given.get(name);
  return typeof value === "string" ? value : undefined;
}

function numberIn(given: ReadonlyMap<string, unknown>, name: string): number | undefined {
  const value = given.get(name);
  return typeof value === "number" ? value : undefined;
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return new Map(Object.entries(isObject ? value : {}));
}
