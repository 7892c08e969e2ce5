/** `coppice zeek diag NODE`: what there is to find out about a node, as ZeekControl's `diag` has it. */
import fs from "node:fs";
import path from "node:path";
import type { RemoteSupervisor } from "../../control/client.ts";
import type { OutputLine } from "../../core/api.ts";
import type { NodeStatus } from "../../core/status.ts";
import { UnsupportedError } from "../../errors.ts";
import { limitsOf } from "../../os/node-process.ts";
import { findExecutable } from "../../os/tools.ts";
import type { Context } from "../context.ts";
import type { Line } from "../line.ts";
import { select, unknownNode } from "../nodes.ts";
import { whereTo, withRemote } from "../remote.ts";
import { sayError } from "../say.ts";
import { zeekWords } from "./diag-command.ts";
import { commandText, environmentText, limitLines, stateLines } from "./diag-facts.ts";
import { DIAG_FILES, fileSection } from "./diag-files.ts";
import { coreLines, zeekLines } from "./diag-program.ts";
import { printLines } from "./print-lines.ts";

/** @returns the exit status: 0 if there are all of these nodes */
export async function diagnose(
  names: readonly string[],
  line: Line,
  context: Context,
): Promise<number> {
  const act = async (remote: RemoteSupervisor): Promise<number> => {
    const status = await remote.status();
    const { found, unknown } = select(status, names);
    const { directory } = whereTo(line, context);
    for (const [, one] of found) await show(one, remote, context, directory);
    for (const name of unknown) sayError(context, unknownNode(name, status));
    return unknown.length === 0 ? 0 : 1;
  };
  return withRemote(line, context, act, line.seconds("timeout"));
}

/** Piece by piece: some of it takes its time. @param stateDirectory of the tree, if it is here */
async function show(
  status: NodeStatus,
  remote: RemoteSupervisor,
  context: Context,
  stateDirectory: string | undefined,
): Promise<void> {
  const { node } = status;
  const print = (lines: readonly string[]) => printLines(context, `${lines.join("\n")}\n`);
  print([`[${node.name}]`, ""]);
  print(stateLines(status, context.now()));
  print(await zeekLines(node, context.env, context.directory));
  const { directory } = node;
  if (directory === undefined)
    print(["it has no directory of its own: there are no files to show", ""]);
  else if (!fs.existsSync(directory))
    print([`its directory ${directory} is not on this machine`, ""]);
  else {
    const limits = status.pid === undefined ? undefined : limitsOf(status.pid);
    print(await coreLines(directory, executableOf(status, context), context.env, limits));
  }
  const printed = await history(remote, node.name);
  const words =
    stateDirectory === undefined || status.pid !== undefined
      ? undefined
      : await zeekWords(node, stateDirectory, context.env);
  for (const file of DIAG_FILES) {
    const other = standIn(file.name, status, printed, words);
    print(fileSection(directory, named(file, status), other));
  }
  print(limitLines(status));
}

/** Where the configuration sends a stream to a file, that one is the file. */
function named(
  file: (typeof DIAG_FILES)[number],
  { node }: NodeStatus,
): (typeof DIAG_FILES)[number] {
  const own = { "stdout.log": node.stdoutFile, "stderr.log": node.stderrFile }[file.name];
  return own === undefined ? file : { ...file, name: own };
}

function standIn(
  name: string,
  status: NodeStatus,
  printed: readonly OutputLine[],
  words: readonly string[] | undefined,
): { text: string; from: string } | undefined {
  if (name === ".cmdline") return commandText(status, words);
  if (name === ".env_vars") return environmentText(status);
  const stream = /^(stdout|stderr)\.log$/.exec(name)?.[1];
  const lines = printed.filter((line) => line.stream === stream);
  if (lines.length === 0) return undefined;
  const text = lines.map((line) => line.text).join("\n");
  return { text, from: "from what the Supervisor keeps" };
}

/** The lines of the node that are kept; none where the other end keeps none, as a Zeek does not. */
async function history(remote: RemoteSupervisor, name: string): Promise<OutputLine[]> {
  const lines: OutputLine[] = [];
  const options = { nodes: [name], lines: Number.POSITIVE_INFINITY, follow: false };
  try {
    await remote.follow((one) => void lines.push(one), options).ended;
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
  }
  return lines;
}

function executableOf({ node }: NodeStatus, { env, directory }: Context): string | undefined {
  const program = node.zeek === undefined ? node.command?.[0] : (node.zeek.executable ?? "zeek");
  if (program === undefined) return undefined;
  const found = findExecutable(program, node.env?.["PATH"] ?? env["PATH"], directory);
  return "file" in found ? path.resolve(found.file) : undefined;
}
