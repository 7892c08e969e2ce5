/**
 * Numbered lines: each arrives once and in order. A gap, or a line that is not whole, is there only
 * where a process was killed that had it in its hands.
 */

/** `~ NODE PID NUMBER .` on stdout, with `!` on stderr: that shows that it is whole. */
const WHOLE = {
  stdout: /^~ (\S+) (\d+) (\d+) \.$/,
  stderr: /^~ (\S+) (\d+) (\d+) !$/,
} as const;
/** What may be left of one: its beginning, or its end. */
const PART = { stdout: /^~|(?:^|\d) ?\.$/, stderr: /^~|(?:^|\d) ?!$/ } as const;

export type Stream = "stdout" | "stderr";

export interface LinePorts {
  fault(text: string): void;
  /** Whether lines of this process may be missing here; asked once for each gap. */
  maySkip(node: string, pid: number): boolean;
  /** Whether a line of this node may have been cut. */
  mayCut(node: string): boolean;
}

export class NumberedLines {
  count = 0;
  /** Lines that were missed where they may be, and parts of lines. */
  excused = 0;
  readonly #stream: Stream;
  readonly #ports: LinePorts;
  /** The last number of each process, and how many are missing before it. */
  readonly #said = new Map<string, { last: number; missing: number }>();

  constructor(stream: Stream, ports: LinePorts) {
    this.#stream = stream;
    this.#ports = ports;
  }

  /** @param node whose line it is. @returns whether it was a numbered line, or part of one */
  take(node: string, line: string): boolean {
    const [, name, pid, number] = WHOLE[this.#stream].exec(line) ?? [];
    if (name !== node) return this.#odd(node, line);
    this.count++;
    this.#compare(node, Number(pid), Number(number));
    return true;
  }

  /** The last number that came from a process. */
  last(node: string, pid: number): number {
    return this.#said.get(`${node} ${pid}`)?.last ?? 0;
  }

  /** How many lines were missed in all. */
  get missing(): number {
    return [...this.#said.values()].reduce((sum, { missing }) => sum + missing, 0);
  }

  /** Nothing more will come of it. */
  forget(node: string, pid: number): void {
    this.#said.delete(`${node} ${pid}`);
  }

  #compare(node: string, pid: number, number: number): void {
    const key = `${node} ${pid}`;
    const { last, missing } = this.#said.get(key) ?? { last: 0, missing: 0 };
    const gap = number - last - 1;
    if (gap < 0 || (gap > 0 && !this.#ports.maySkip(node, pid))) {
      this.#ports.fault(
        `${this.#stream} of '${node}' (PID ${pid}): line ${number} came after line ${last}`,
      );
    }
    this.excused += Math.max(0, gap);
    this.#said.set(key, { last: number, missing: missing + Math.max(0, gap) });
  }

  #odd(node: string, line: string): boolean {
    if (!PART[this.#stream].test(line)) return false;
    if (!this.#ports.mayCut(node))
      this.#ports.fault(`${this.#stream} of '${node}': not a whole line: ${JSON.stringify(line)}`);
    this.excused++;
    return true;
  }
}
