/** What tcpdump is told on its command line, and what it says on its stderr. Pure. */

/** What to read packets from, and which. */
export interface CaptureRequest {
  /** An interface's name, or a file's. */
  source: string;
  isLive: boolean;
  /** libpcap's filter expression. */
  filter: string | undefined;
  /** Bytes. */
  snapLength: number;
  isPromiscuous: boolean;
}

/** libpcap's statistics, without what was handed on. */
export interface Statistics {
  received: number;
  droppedByKernel: number;
  droppedByInterface: number;
}

/** @param isRoot whether tcpdump will run as root */
export function tcpdumpArguments(request: CaptureRequest, isRoot: boolean): string[] {
  const { source, isLive, filter, snapLength, isPromiscuous } = request;
  return [
    // Debian's tcpdump, started as root, becomes the user `tcpdump` once it has opened its source.
    // The kernel forgets with that change of user whose death is to end it, and it outlives us.
    ...(isRoot ? ["-Z", "root"] : []),
    ...(isLive
      ? // At once: else libpcap hands packets on by the second. That takes a slot of the longest
        // length for each packet, of which the usual buffer has 32 on an interface with offloading.
        ["-i", source, "-U", "--immediate-mode", "-B", String(KERNEL_BUFFER_KIB)]
      : // Files of either precision come in the finer one. A live capture stays as the kernel has it,
        // as not every kind of interface has another.
        ["-r", source, "--time-stamp-precision=nano"]),
    ...(isLive && !isPromiscuous ? ["-p"] : []),
    "-n",
    "-s",
    String(snapLength),
    "-w",
    "-",
    "--",
    ...(filter === undefined ? [] : [filter]),
  ];
}

/** tcpdump's stderr: that it listens, its statistics, and why it failed. */
export class TcpdumpWords {
  #line = "";
  #reasons: string[] = [];
  #statistics: Statistics = { received: 0, droppedByKernel: 0, droppedByInterface: 0 };
  #isListening = false;
  #told = 0;

  /** Takes the next piece of text. */
  push(text: string): void {
    const lines = (this.#line + text).split("\n");
    this.#line = (lines.pop() ?? "").slice(0, LONGEST);
    for (const line of lines) this.#take(line);
  }

  /** The kernel hands packets on, and SIGUSR1 asks for statistics: before, it would end tcpdump. */
  get isListening(): boolean {
    return this.#isListening;
  }

  /** As last told. */
  get statistics(): Statistics {
    return this.#statistics;
  }

  /** How often statistics were told. */
  get told(): number {
    return this.#told;
  }

  /** Why it failed, in its own words, in one line, without the source's name before them. */
  reason(source: string): string {
    const all = [...this.#reasons, withoutName(this.#line)]
      .map((line) => (line.startsWith(`${source}: `) ? line.slice(source.length + 2) : line))
      // libpcap adds the system's words in brackets even where they are its own.
      .filter((line, index, lines) => line !== "" && line !== `(${lines[index - 1]})`);
    const graver = all.filter((line) => !/^warning:/i.test(line));
    const words = (graver.length > 0 ? graver : all).join(" ").slice(0, LONGEST);
    return words === "" ? "tcpdump did not say why" : words;
  }

  #take(line: string): void {
    const said = withoutName(line);
    if (said.startsWith("listening on ")) this.#isListening = true;
    else if (STATISTICS.test(said)) this.#count(said);
    else if (!BANNER.test(said) && this.#reasons.length < MOST_REASONS)
      this.#reasons.push(said.slice(0, LONGEST));
  }

  /** In one line while it runs, in one for each number at its end. */
  #count(said: string): void {
    for (const [, number = "", what = ""] of said.matchAll(NUMBER)) {
      const field = FIELDS[what];
      if (field !== undefined) this.#statistics = { ...this.#statistics, [field]: Number(number) };
      // What the interface dropped comes last, and only if it is something.
      if (field === "droppedByKernel") this.#told += 1;
    }
  }
}

function withoutName(line: string): string {
  return line
    .trim()
    .replace(/^tcpdump: /, "")
    .replace(/^pcap_loop: /, "");
}

/** Zeek has 128 MB (its `Pcap::bufsize`) for what tcpdump itself has 2 MB for. */
const KERNEL_BUFFER_KIB = 32 * 1024;
const LONGEST = 1_000;
const MOST_REASONS = 20;
const BANNER = /^(?:reading from file |dropped privs to |verbose output suppressed|$)/;
const NUMBER =
  /(\d+) packets? (captured|received by filter|dropped by kernel|dropped by interface)/g;
const STATISTICS = /^\d+ packets? (?:captured|received by filter|dropped by (?:kernel|interface))/;
const FIELDS: Record<string, keyof Statistics> = {
  "received by filter": "received",
  "dropped by kernel": "droppedByKernel",
  "dropped by interface": "droppedByInterface",
};
