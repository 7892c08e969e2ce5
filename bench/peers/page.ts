/** The part of docs/benchmarks.md that is made of what was measured. */
import { verdicts } from "./goals.ts";
import type { Figure, Part, Results } from "./record.ts";
import { middle, number, range, ratio } from "./text.ts";

const BEGIN = "<!-- results: made by npm run bench:peers -->";
const END = "<!-- end of results -->";

/**
 * Puts results into the page, in place of those that it had.
 * @throws Error if the page does not say where
 */
export function withResults(page: string, results: Results): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) {
    throw new Error(`the page has no place for results: put the lines '${BEGIN}' and '${END}' in`);
  }
  const made = [BEGIN, "", ...resultsOf(results), ""].join("\n");
  return page.slice(0, begin) + made + page.slice(end);
}

function resultsOf(results: Results): string[] {
  const parts = Object.entries(results.parts);
  return [
    ...machineOf(results),
    "",
    "![Medians of all, on logarithmic scales](benchmarks.svg)",
    "",
    ...goalsOf(results),
    ...parts.flatMap(([name, part]) => ["", `### ${titleOf(name)}`, "", ...partOf(part)]),
  ];
}

function machineOf({ machine, parts }: Results): string[] {
  const versions = new Map(Object.values(parts).flatMap((part) => Object.entries(part.versions)));
  const said = [...versions]
    .filter(([peer, version]) => version !== "" && !peer.includes(","))
    .map(([peer, version]) => (peer.startsWith("bare ") ? version : `${peer} ${version}`));
  return [`Machine: ${machine}.`, "", `Versions: ${[...new Set(said)].join("; ")}.`];
}

function goalsOf(results: Results): string[] {
  const rows = verdicts(results).map(({ goal, found, isMet }) => {
    const side = (value: number) => `${number(value)} ${found?.unit}`;
    const judged = isMet === undefined ? "not measured" : isMet ? "met" : "**missed**";
    const sides = found === undefined ? "| " : `${side(found.own)} | ${side(found.limit)}`;
    return `| ${goal} | ${sides} | ${judged} |`;
  });
  return ["| goal | Coppice | goal in numbers | |", "|---|--:|--:|---|", ...rows];
}

function partOf({ at, load, figures }: Part): string[] {
  const when = `Measured ${at.slice(0, 16).replace("T", " ")} UTC; load before it: ${load.toFixed(1)}.`;
  return [when, ...figures.flatMap((figure) => (figure.rows.length === 0 ? [] : tableOf(figure)))];
}

function tableOf({ what, unit, rows }: Figure): string[] {
  const own = rows.find(({ peer }) => peer === "coppice");
  const lines = rows.map((row) => {
    const cells = [row.peer, middle(row, unit), range(row), ratio(row, own), row.note ?? ""];
    return `| ${cells.join(" | ")} |`;
  });
  const head = `| ${what} | median | least–most | of Coppice's | |`;
  return ["", head, "|---|--:|--:|--:|---|", ...lines];
}

const TITLES: Record<string, string> = {
  revival: "Revival after SIGKILL",
  start: "Starting and stopping",
  idle: "Idle: memory, wake-ups",
  scale: "Growth with the number of nodes",
  output: "Output",
  delay: "Delay of one line",
  control: "Control requests",
  stubborn: "One that ignores SIGTERM",
  storm: "Crashes, many at once and all the time",
};

function titleOf(name: string): string {
  return TITLES[name] ?? name;
}
