/** Measures, keeps what was found, and writes the page. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { chartOf } from "./chart.ts";
import { type Context, ending, type PeerMeasure } from "./measure.ts";
import { isOf, type Options } from "./options.ts";
import { withResults } from "./page.ts";
import type { Peer } from "./peer.ts";
import { type Figure, merge, type Part, type Results, withAbsent } from "./record.ts";
import { clearSites } from "./site.ts";
import { tableOf } from "./text.ts";

const DOCS = path.join(import.meta.dirname, "..", "..", "docs");
const KEPT = path.join(DOCS, "benchmarks.json");
const PAGE = path.join(DOCS, "benchmarks.md");
const CHART = path.join(DOCS, "benchmarks.svg");

export async function run(options: Options): Promise<void> {
  if (options.page) return write(kept());
  const absent = new Set<string>();
  const isThere = (peer: Peer): boolean => {
    const why = absent.has(peer.name) ? undefined : peer.missing();
    if (why !== undefined) {
      absent.add(peer.name);
      console.log(`${why} (${peer.name} is not measured)`);
    }
    return !absent.has(peer.name);
  };
  for (const measure of options.measures) {
    const { name, peers } = measure;
    const chosen = peers
      .filter((peer) => options.peers?.some((wanted) => isOf(peer.name, wanted)) ?? true)
      .filter(isThere);
    console.log(`measuring ${name} …`);
    const load = os.loadavg()[0] ?? 0;
    const at = new Date().toISOString();
    const figures = await figuresOf(measure, { ...options, peers: chosen });
    if (figures === undefined) continue;
    const versions = Object.fromEntries(chosen.map((peer) => [peer.name, peer.version()]));
    for (const figure of figures) console.log(`\n${tableOf(figure).join("\n")}`);
    console.log("");
    // A look at whether it works is not for the page.
    const isWhole = options.sizes === undefined && options.peers === undefined;
    if (isWhole) keep(name, { at, load, figures, versions });
  }
}

/** One measure that fails takes none of the others with it. */
async function figuresOf(measure: PeerMeasure, context: Context): Promise<Figure[] | undefined> {
  try {
    const figures = await measure.run(context);
    return withAbsent(
      figures,
      context.peers.map(({ name }) => name),
    );
  } catch (error) {
    // All is being undone, and then the process ends.
    if (ending.isTold) return new Promise(() => {});
    console.error(
      `error: ${measure.name} was not measured to its end: ${(error as Error).message}`,
    );
    process.exitCode = 1;
    return undefined;
  } finally {
    await clearSites();
  }
}

function keep(name: string, part: Part): void {
  const results = merge(kept(), { machine: machine(), parts: { [name]: part } });
  fs.writeFileSync(KEPT, `${JSON.stringify(results, rounded, 1)}\n`);
  write(results);
}

/** Six digits are more than any of it deserves. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(6)) : value;
}

function kept(): Results | undefined {
  return fs.existsSync(KEPT) ? (JSON.parse(fs.readFileSync(KEPT, "utf8")) as Results) : undefined;
}

function write(results: Results | undefined): void {
  if (results === undefined) throw new Error(`nothing is kept in ${KEPT} yet: measure first`);
  fs.writeFileSync(PAGE, withResults(fs.readFileSync(PAGE, "utf8"), results));
  fs.writeFileSync(CHART, chartOf(results));
}

function machine(): string {
  const cpus = os.cpus();
  const memory = Math.round(os.totalmem() / 2 ** 30);
  const model = (cpus[0]?.model ?? "unknown CPU").trim();
  return `${model}, ${cpus.length} cores, ${memory} GiB; ${os.type()} ${os.release()}`;
}
