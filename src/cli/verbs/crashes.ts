/** `coppice crashes`: what has crashed, and what is known of it. */

import { toBytes } from "../../broker/text.ts";
import type { CrashSummary } from "../../core/crash.ts";
import { hasColours, paintFor } from "../colour.ts";
import type { Context } from "../context.ts";
import { type CrashSource, withCrashes } from "../crash-source.ts";
import { crashTable, crashText } from "../crash-text.ts";
import type { Line } from "../line.ts";
import { nodeOf, unknownNode } from "../nodes.ts";
import { jsonLine } from "../printable.ts";
import { sayError } from "../say.ts";

export async function run(line: Line, context: Context): Promise<number> {
  const [first, ...others] = line.operands;
  if (first !== "show") {
    if (line.names.includes("")) throw line.wrong("a node's name cannot be empty");
    return withCrashes(line, context, (source) => list(line, context, source));
  }
  const [id, extra] = [...others, ...(line.rest ?? [])];
  if (id === undefined) throw line.wrong("which crash? coppice crashes show ID");
  if (extra !== undefined) throw line.wrong(`one crash at a time: what is '${extra}'?`);
  return withCrashes(line, context, (source) => show(id, line, context, source));
}

async function list(line: Line, context: Context, source: CrashSource): Promise<number> {
  const paint = paintFor(line, context.env, context.stdout);
  const { names } = line;
  const all = await source.crashes();
  const wanted = names.length === 0 ? all : all.filter(({ node }) => names.includes(node));
  const unknown = await unknownNames(names, wanted, source);
  for (const text of unknown) sayError(context, text);
  if (line.flag("json")) context.stdout.write(jsonLine({ crashes: wanted }));
  else if (wanted.length > 0) {
    const { columns: width } = context.stdout;
    const table = crashTable(wanted, { now: context.now(), width, paint });
    context.stdout.write(`${table.join("\n")}\n`);
  } else if (unknown.length === 0) context.stdout.write("no crashes\n");
  return unknown.length === 0 ? 0 : 1;
}

/** Those of which there is neither a node nor a record, in words. */
async function unknownNames(
  names: readonly string[],
  wanted: readonly CrashSummary[],
  source: CrashSource,
): Promise<string[]> {
  const recorded = new Set(wanted.map(({ node }) => node));
  const others = names.filter((name) => !recorded.has(name));
  const status = others.length === 0 ? undefined : await source.status();
  // Where no Supervisor runs, nobody knows which nodes there were.
  if (status === undefined) return [];
  return others
    .filter((name) => nodeOf(status, name) === undefined)
    .map((name) => unknownNode(name, status));
}

async function show(
  id: string,
  line: Line,
  context: Context,
  source: CrashSource,
): Promise<number> {
  const paint = paintFor(line, context.env, context.stdout);
  const record = await source.crash(id);
  if (record === undefined) {
    sayError(
      context,
      `there is no crash '${id}', or it is no longer kept: coppice crashes lists them`,
    );
    return 1;
  }
  if (line.flag("json")) context.stdout.write(jsonLine(record));
  else {
    const { isTerminal } = context.stdout;
    const colours = hasColours(line, context.env, context.stdout);
    const view = { now: context.now(), paint, isTerminal, hasColours: colours };
    context.stdout.write(toBytes(`${crashText(record, view).join("\n")}\n`));
  }
  return 0;
}
