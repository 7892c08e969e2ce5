/** The command line of `npm run bench:peers`. */
import { parseArgs } from "node:util";
import type { PeerMeasure } from "./measure.ts";
import { control } from "./measures/control.ts";
import { delay } from "./measures/delay.ts";
import { idle } from "./measures/idle.ts";
import { output } from "./measures/output.ts";
import { revival } from "./measures/revival.ts";
import { scale } from "./measures/scale.ts";
import { start } from "./measures/start.ts";
import { storm } from "./measures/storm.ts";
import { stubborn } from "./measures/stubborn.ts";

export const MEASURES: readonly PeerMeasure[] = [
  revival,
  start,
  idle,
  scale,
  output,
  delay,
  control,
  stubborn,
  storm,
];

export interface Options {
  measures: readonly PeerMeasure[];
  /** Names of those that take part; undefined: all. */
  peers: readonly string[] | undefined;
  rounds: number | undefined;
  /** With how many programs; undefined: as the measures have it. */
  sizes: readonly number[] | undefined;
  /** Writes the page from what is kept, and measures nothing. */
  page: boolean;
}

/** @returns the options, or what is wrong with them */
export function optionsOf(args: readonly string[]): Options | string {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return `${(error as Error).message.split(". ")[0]}: there are ${OPTIONS}`;
  }
  const { values, positionals } = parsed;
  const known = MEASURES.map(({ name }) => name);
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    return `no measure is called '${unknown}': there are ${known.join(", ")}`;
  }
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
    return `--rounds is '${values.rounds}', and has to be a whole number from 1 on`;
  }
  const sizes = values.sizes?.split(",").map(Number);
  if (sizes?.some((size) => !(Number.isInteger(size) && size > 0))) {
    return `--sizes is '${values.sizes}', and has to be whole numbers from 1 on, as in 10,100`;
  }
  const peers = values.peers?.split(",").map((name) => name.trim());
  const names = new Set(MEASURES.flatMap((measure) => measure.peers.map(({ name }) => name)));
  const stranger = peers?.find((wanted) => ![...names].some((name) => isOf(name, wanted)));
  if (stranger !== undefined) {
    return `nobody is called '${stranger}': there are ${[...names].join("; ")}`;
  }
  return {
    measures: MEASURES.filter(({ name }) => positionals.length === 0 || positionals.includes(name)),
    peers,
    rounds,
    sizes,
    page: values.page,
  };
}

/** Whether a peer is meant: "s6" means "s6, no loggers" too. */
export function isOf(peer: string, wanted: string): boolean {
  return peer === wanted || peer.startsWith(`${wanted},`);
}

const OPTIONS = "--rounds N, --peers NAME,NAME, --sizes N,N and --page";

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: "string" },
      peers: { type: "string" },
      sizes: { type: "string" },
      page: { type: "boolean", default: false },
    },
  });
}
