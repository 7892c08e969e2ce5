/** Starting tcpdump so that it ends with this process, and what its end means. */
import type { Exit } from "../core/revival.ts";
import { PacketError } from "../errors.ts";
import { type Companion, startCompanion } from "../os/spawn.ts";
import { findLaunchTools, findTool } from "../os/tools.ts";
import { type CaptureRequest, type TcpdumpWords, tcpdumpArguments } from "../packets/tcpdump.ts";
import { beforeExit, isEnding } from "./closing.ts";

export interface Tcpdump extends Companion {
  /** Its program. */
  readonly file: string;
}

/** What has a tcpdump that must not outlive this process. */
interface Owner {
  close(): Promise<void>;
}

const running = new Map<Companion, Owner>();
let prefix: readonly string[] | undefined;

/** @param owner closed when this process ends in order. @throws PacketError */
export function startTcpdump(request: CaptureRequest, owner: Owner): Tcpdump {
  prefix ??= prepare();
  const file = findTool("tcpdump");
  if (file === undefined) throw new PacketError(NO_TCPDUMP);
  const args = [...tcpdumpArguments(request, isRoot())];
  const [program = file, ...others] = [...prefix, file, ...args];
  let companion: Companion;
  try {
    companion = startCompanion(program, others);
  } catch (error) {
    throw sourceError(request, (error as Error).message);
  }
  running.set(companion, owner);
  const forget = () => {
    running.delete(companion);
  };
  companion.ended.then(forget, forget);
  return { ...companion, file };
}

/** Why tcpdump failed, if it did. */
export function failureOf(
  request: CaptureRequest,
  exit: Exit,
  file: string,
  words: TcpdumpWords,
): PacketError | undefined {
  if ("signal" in exit) return sourceError(request, `tcpdump was ended by ${exit.signal}`);
  if (exit.code === 0) return undefined;
  const reason = words.reason(request.source);
  if (!request.isLive || !NO_RIGHT.test(reason)) return sourceError(request, reason);
  return sourceError(
    request,
    "the right to capture is missing (CAP_NET_RAW): " +
      `run Coppice as root, or give it to tcpdump alone (setcap cap_net_raw+ep ${file})`,
  );
}

/** Why tcpdump ended without failing: a file has an end, an interface has none. */
export function endOf(request: CaptureRequest): PacketError | undefined {
  // A terminal's Ctrl-C goes to both of us, and we learn of ours before we learn of its end.
  if (!request.isLive || isEnding()) return undefined;
  return sourceError(request, "somebody else told tcpdump to end");
}

export function sourceError(request: CaptureRequest, reason: string): PacketError {
  const { source } = request;
  // An error is one line, whatever is in a name.
  const name = /\p{Cc}/u.test(source) ? JSON.stringify(source) : source;
  return new PacketError(`cannot read packets from ${name}: ${reason}`);
}

/**
 * Once in a process: tcpdump goes when this process ends in order, by `process.exit`, or killed.
 * @returns what it is started through
 */
function prepare(): readonly string[] {
  beforeExit(async () => {
    await Promise.all([...running.values()].map((owner) => owner.close()));
  });
  process.on("exit", () => {
    for (const companion of running.keys()) companion.kill("SIGKILL");
  });
  const { setpriv } = findLaunchTools();
  return setpriv === undefined ? [] : [setpriv, "--pdeathsig", "TERM", "--"];
}

function isRoot(): boolean {
  return process.getuid?.() === 0 || process.geteuid?.() === 0;
}

const NO_TCPDUMP =
  "cannot read packets: there is no tcpdump here (Debian: apt-get install tcpdump)";
const NO_RIGHT = /permission|not permitted/i;
