/** Crashes as people read them. */
import type {
  CrashNext,
  CrashOutput,
  CrashRecord,
  CrashSummary,
  CrashUsage,
} from "../core/crash.ts";
import type { Paint } from "./colour.ts";
import { jsonLine, printable, terminalLine } from "./printable.ts";
import { exitText } from "./status-table.ts";
import { type Cell, type Column, renderTable } from "./table.ts";
import { cpuTime, duration, memory, moment } from "./time.ts";

export interface CrashView {
  now: number;
  paint: Paint;
  /** Else lines come out as the node wrote them. */
  isTerminal: boolean;
  hasColours: boolean;
}

/** The order of `crashes` is kept. @param width what a line may take; undefined: as much as it needs */
export function crashTable(
  crashes: readonly CrashSummary[],
  { now, width, paint }: { now: number; width: number | undefined; paint: Paint },
): string[] {
  const rows = crashes.map((crash): Cell[] => [
    { text: printable(crash.id) },
    { text: moment(crash.at, now) },
    { text: printable(crash.node) },
    { text: howText(crash), style: "red" },
    { text: crash.pid === undefined ? "-" : String(crash.pid) },
    { text: crash.lived === undefined ? "-" : livedText(crash.lived) },
    { text: crash.usage?.memory === undefined ? "-" : memory(crash.usage.memory) },
    { text: nextText(crash.next, now) },
  ]);
  return renderTable(COLUMNS, rows, width, paint);
}

/** Everything that is known of one. @returns lines */
export function crashText(crash: CrashRecord, view: CrashView): string[] {
  const { now, paint } = view;
  const fields: [name: string, text: string | undefined][] = [
    ["when", moment(crash.at, now)],
    ["how", howText(crash)],
    ["why", crash.reason && printable(crash.reason)],
    ["core", coreText(crash)],
    [
      "process",
      crash.pid === undefined ? undefined : `PID ${crash.pid}, start ${crash.generation}`,
    ],
    ["started", startText(crash, now)],
    ["used", crash.usage && usageText(crash.usage, crash.at)],
    ["next", nextText(crash.next, now)],
    ["not recorded", skippedText(crash)],
    ["config", jsonLine(crash.config).trimEnd()],
  ];
  const shown = fields.filter(([, text]) => text !== undefined);
  return [
    paint("bold", `crash ${printable(crash.id)} of node '${printable(crash.node)}'`),
    ...shown.map(([name, text]) => `  ${paint("dim", name.padEnd(12))}  ${text}`),
    ...outputText("stdout", crash.stdout, view),
    ...outputText("stderr", crash.stderr, view),
  ];
}

const COLUMNS: readonly Column[] = [
  { title: "ID", isNumber: true },
  { title: "TIME", rank: 2 },
  { title: "NODE", least: 12, cutMiddle: true },
  { title: "HOW", least: 12 },
  { title: "PID", isNumber: true, rank: 5 },
  { title: "LIVED", isNumber: true, rank: 4 },
  { title: "MEMORY", isNumber: true, rank: 6 },
  { title: "NEXT", rank: 3 },
];

/** `status 1`; `signal SIGSEGV, core`; `could not start`; `unhealthy, signal SIGTERM`. */
function howText({ kind, exit, at, coreFile }: CrashSummary): string {
  if (kind === "start") return "could not start";
  const ended = `${exitText({ ...exit, at })}${coreFile === undefined ? "" : ", core"}`;
  return kind === "unhealthy" ? `unhealthy, ${ended}` : ended;
}

function nextText(next: CrashNext, now: number): string {
  switch (next.kind) {
    case "started":
      return `started ${moment(next.at, now)} (PID ${next.pid})`;
    case "waits":
      return next.at === undefined ? "to start again" : `to start ${moment(next.at, now)}`;
    case "gaveUp":
      return "given up";
    case "failed":
      return "could not start again";
    case "told":
      return "told to stop";
    default:
      // Of a later version.
      return printable((next as { kind: string }).kind);
  }
}

function coreText({ coreFile, noCore }: CrashSummary): string | undefined {
  if (coreFile !== undefined) return printable(coreFile);
  return noCore === undefined ? undefined : `none: ${printable(noCore)}`;
}

function skippedText({ unrecorded }: CrashSummary): string | undefined {
  if (unrecorded === undefined) return undefined;
  const crashes = unrecorded === 1 ? "1 crash" : `${unrecorded} crashes`;
  return `${crashes} of it before this one: too many came at once`;
}

function startText({ startedAt, lived }: CrashSummary, now: number): string | undefined {
  if (startedAt === undefined) return undefined;
  return `${moment(startedAt, now)}${lived === undefined ? "" : `, lived ${livedText(lived)}`}`;
}

function usageText(usage: CrashUsage, at: number): string {
  const { cpu, isFinal, memory: last, peakMemory, sampledAt } = usage;
  const age = sampledAt === undefined ? "" : ` ${livedText(at - sampledAt)} before`;
  return [
    `${cpuTime(cpu)} of CPU time${isFinal ? "" : age}`,
    ...(last === undefined ? [] : [`${memory(last)} of memory${age}`]),
    ...(peakMemory === undefined ? [] : [`at most ${memory(peakMemory)} until then`]),
  ].join(", ");
}

function outputText(
  name: string,
  { lines, omitted, complete, file, problem }: CrashOutput,
  { paint, isTerminal, hasColours }: CrashView,
): string[] {
  const from = file === undefined ? "" : `, the end of ${printable(file)}`;
  const before = omitted === 0 ? "" : `, ${omitted} bytes before`;
  const count =
    lines.length === 0 ? "nothing" : `${lines.length} ${lines.length === 1 ? "line" : "lines"}`;
  const late = complete ? "" : "; it had not ended, and more may have come";
  const what = problem === undefined ? `${count}${before}${late}` : `cannot be read: ${problem}`;
  return [
    paint("dim", `==== ${name}${from}: ${what}`),
    ...lines.map((one) => (isTerminal ? terminalLine(one, hasColours) : one)),
  ];
}

/** Short lives tell more in fractions. */
function livedText(milliseconds: number): string {
  return milliseconds < 10_000
    ? `${(Math.max(0, milliseconds) / 1000).toFixed(2)}s`
    : duration(milliseconds);
}
