/**
 * Numbered lines: each arrives once and in order. A gap, or a line that is not whole, is there only
 * where a process was killed that had it in its hands.
 */

/** `~ NODE PID-START NUMBER .` on stdout, with `!` on stderr: that shows that it is whole. */
const WHOLE = {
  stdout: /^~ (\S+) (\d+-\d+) (\d+) \.$/,
  stderr: /^~ (\S+) (\d+-\d+) (\d+) !$/,
} as const;
/** What may be left of one: its beginning, or its end. */
const PART = { stdout: /^~|(?:^|\d) ?\.$/, stderr: /^~|(?:^|\d) ?!$/ } as const;

export type Stream = "stdout" | "stderr";

export interface LinePorts {
  fault(text: string): void;
  /** Whether lines of this process may be missing here; asked once for each gap. */
  maySkip(node: string, life: string): boolean;
  /** Whether a line of this node may have been cut. */
  mayCut(node: string): boolean;
}

/** Of one process. */
interface Said {
  /** Number. */
  last: number;
  /** How many are missing before it. */
  missing: number;
  /** A part of a line came after it: nothing more may come, or the rest of that line is lost. */
  isCut: boolean;
}

export class NumberedLines {
  count = 0;
  /** Lines that were missed where they may be, and parts of lines. */
  excused = 0;
  readonly #stream: Stream;
  readonly #ports: LinePorts;
  readonly #said = new Map<string, Said>();
  /** Of each node: the process that has said something last. */
  readonly #latest = new Map<string, Said>();

  constructor(stream: Stream, ports: LinePorts) {
    this.#stream = stream;
    this.#ports = ports;
  }

  /** @param node whose line it is. @returns whether it was a numbered line, or part of one */
  take(node: string, line: string): boolean {
    const [, name, life = "", number] = WHOLE[this.#stream].exec(line) ?? [];
    if (name !== node) return this.#odd(node, line);
    this.count++;
    this.#compare(node, life, Number(number));
    return true;
  }

  /** The last number that came from a process. */
  last(node: string, life: string): number {
    return this.#said.get(`${node} ${life}`)?.last ?? 0;
  }

  /** How many lines were missed in all. */
  get missing(): number {
    return [...this.#said.values()].reduce((sum, { missing }) => sum + missing, 0);
  }

  /** Nothing more will come of it. */
  forget(node: string, life: string): void {
    this.#said.delete(`${node} ${life}`);
  }

  #compare(node: string, life: string, number: number): void {
    const key = `${node} ${life}`;
    const said = this.#said.get(key) ?? { last: 0, missing: 0, isCut: false };
    const gap = number - said.last - 1;
    const isWrong = gap < 0 || (gap === 0 && said.isCut);
    if (isWrong || (gap > 0 && !this.#ports.maySkip(node, life))) {
      const what = said.isCut ? `a part of a line, and line ${said.last}` : `line ${said.last}`;
      this.#ports.fault(
        `${this.#stream} of '${node}' (PID ${life}): line ${number} came after ${what}`,
      );
    }
    this.excused += Math.max(0, gap);
    said.last = number;
    said.missing += Math.max(0, gap);
    said.isCut = false;
    this.#said.set(key, said);
    this.#latest.set(node, said);
  }

  #odd(node: string, line: string): boolean {
    if (!PART[this.#stream].test(line)) return false;
    if (!this.#ports.mayCut(node))
      this.#ports.fault(`${this.#stream} of '${node}': not a whole line: ${JSON.stringify(line)}`);
    const said = this.#latest.get(node);
    if (said !== undefined) said.isCut = true;
    this.excused++;
    return true;
  }
}
