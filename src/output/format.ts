/** How the lines look that the Supervisor prints: its nodes', its Stem's and its own. */
import type { Stream } from "./pipeline.ts";

export const LOG_FORMATS = ["zeek", "short", "json"] as const;
export const LOG_TIMES = ["none", "clock", "iso", "epoch"] as const;

export interface LogOptions {
  format: (typeof LOG_FORMATS)[number];
  /** How the time is written. Unset: not in Zeek's format, the time of day in the short one, ISO in JSON. */
  time?: (typeof LOG_TIMES)[number];
}

/** Whose a line is: a node's name, "" for the Stem, undefined for the Supervisor itself. */
export type Author = string | undefined;

export type Format =
  /** Bytes before each line. */
  | { tag: "prefix"; prefixer(author: Author, stream: Stream): Prefixer }
  /** Each line, and each piece of a long one, becomes another text. */
  | { tag: "record"; recorder(author: Author, stream: Stream): Recorder };

/** @param at Unix time in milliseconds at which the line was complete */
export type Prefixer = (at: number) => Uint8Array;

/**
 * @param text a line without its newline, or a piece of it
 * @param complete whether the line ends here
 * @returns with a newline
 */
export type Recorder = (at: number, text: string, complete: boolean) => string;

/** Zeek's own: what the Supervisor itself prints has nothing before it, and is passed on as it is. */
export const ZEEK_FORMAT: Format = {
  tag: "prefix",
  prefixer: (author, stream) => {
    const prefix = encoder.encode(zeekPrefix(author, stream));
    return () => prefix;
  },
};

export function formatOf({ format, time }: LogOptions): Format {
  switch (format) {
    case "zeek":
      return time === undefined || time === "none" ? ZEEK_FORMAT : zeekWith(TIMES[time]);
    case "short":
      return shortWith(TIMES[time ?? "clock"]);
    case "json":
      return jsonWith(time ?? "iso");
    default:
      return format satisfies never;
  }
}

function zeekPrefix(author: Author, stream: Stream): string {
  if (author === undefined) return "";
  const outer = `[supervisor:${stream.toUpperCase()}] `;
  return author === "" ? outer : `${outer}[${author}] `;
}

function zeekWith(write: WriteTime): Format {
  return {
    tag: "prefix",
    prefixer: (author, stream) => {
      const rest = zeekPrefix(author, stream);
      return remembered((at) => `${write(at)}${rest}`);
    },
  };
}

/** `14:03:22 worker-1   text`, and `14:03:22 worker-1 ! text` on stderr. */
function shortWith(write: WriteTime): Format {
  let width = 0;
  return {
    tag: "prefix",
    prefixer: (author = "", stream) => {
      const length = Math.min([...author].length, WIDEST);
      const mark = stream === "stderr" ? "!" : " ";
      return remembered(
        (at) => {
          // The column is as wide as the names that have been printed need.
          width = Math.max(width, length);
          return `${write(at)}${author}${" ".repeat(Math.max(0, width - length))} ${mark} `;
        },
        () => width,
      );
    },
  };
}

function jsonWith(time: (typeof LOG_TIMES)[number]): Format {
  return {
    tag: "record",
    recorder: (author, stream) => {
      const node = author === undefined ? "" : `"node":${JSON.stringify(author)},`;
      const rest = `${node}"stream":"${stream}",`;
      const hasLevel = !author && stream === "stderr";
      return (at, text, complete) => {
        const [level = "", plain = text] = (hasLevel && levelOf(text)) || [];
        const more = complete ? "" : ',"complete":false';
        return `{${jsonTime(at, time)}${rest}${level}"text":${JSON.stringify(plain)}${more}}\n`;
      };
    },
  };
}

function jsonTime(at: number, time: (typeof LOG_TIMES)[number]): string {
  if (time === "none") return "";
  if (time === "epoch") return `"ts":${epoch(at)},`;
  return `"ts":"${time === "clock" ? clock(at) : iso(at)}",`;
}

/** What the Supervisor and the Stem say of themselves begins with how bad it is. */
function levelOf(text: string): [level: string, text: string] | undefined {
  const [, level, plain] = /^(error|warning|info): (.*)$/s.exec(text) ?? [];
  return level === undefined || plain === undefined ? undefined : [`"level":"${level}",`, plain];
}

type WriteTime = (at: number) => string;

const TIMES: Record<(typeof LOG_TIMES)[number], WriteTime> = {
  none: () => "",
  clock: (at) => `${clock(at)} `,
  iso: (at) => `${iso(at)} `,
  epoch: (at) => `${epoch(at)} `,
};

/** Local time, to the second. */
function clock(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
}

/** UTC, to the millisecond. */
function iso(at: number): string {
  return new Date(at).toISOString();
}

/** Seconds, to the millisecond. */
function epoch(at: number): string {
  return (at / 1000).toFixed(3);
}

/** Many chunks come in one millisecond. @param version another one makes another text */
function remembered(write: WriteTime, version = () => 0): Prefixer {
  let bytes = new Uint8Array(0);
  let last = { at: Number.NaN, version: 0 };
  return (at) => {
    if (at === last.at && version() === last.version) return bytes;
    bytes = encoder.encode(write(at));
    last = { at, version: version() };
    return bytes;
  };
}

/** Longer names push their lines to the right. */
const WIDEST = 20;
const encoder = new TextEncoder();
