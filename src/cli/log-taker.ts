/** Takes lines of output from a Supervisor and prints them, no faster than they are read. */
import type { OutputLine } from "../core/api.ts";
import { hasColours, paintFor } from "./colour.ts";
import type { Context } from "./context.ts";
import type { Line } from "./line.ts";
import { gapText, LogPrinter } from "./log-printer.ts";
import { jsonLine } from "./printable.ts";
import { sayNote } from "./say.ts";

export class LogTaker {
  /** Lines so far. */
  count = 0;
  /** Whether the reader of our stdout is waited for. */
  isWaiting = false;
  /** The nodes of which there was a line. */
  readonly nodes = new Set<string>();
  /** Whether each line says of which node it is. */
  hasPrefix = true;
  readonly #context: Context;
  readonly #stream: OutputLine["stream"] | undefined;
  readonly #isJson: boolean;
  readonly #printer: LogPrinter;

  /** @param stream the only one to print, if not both. @throws UsageError */
  constructor(line: Line, context: Context, stream: OutputLine["stream"] | undefined) {
    const { stdout, env } = context;
    this.#context = context;
    this.#stream = stream;
    this.#isJson = line.flag("json");
    this.#printer = new LogPrinter({
      isTerminal: stdout.isTerminal,
      hasColours: hasColours(line, env, stdout),
      paint: paintFor(line, env, stdout),
    });
  }

  /** @returns what the Supervisor should wait for. @throws ReaderGone, CoppiceError */
  take(line: OutputLine): Promise<void> | undefined {
    this.count++;
    this.nodes.add(line.node);
    // What is missing may be of either stream.
    const gap = line.missed === undefined || this.#isJson ? undefined : gapText(line);
    const isWanted = this.#stream === undefined || this.#stream === line.stream;
    const room =
      gap === undefined
        ? isWanted && this.#print(line)
        : this.#tell(gap).then(() => (isWanted ? this.#print(line) : undefined));
    if (!room) return undefined;
    this.isWaiting = true;
    return room.finally(() => {
      this.isWaiting = false;
    });
  }

  /** Ends a line that has no end yet, where people see it. */
  end(): void {
    const { stdout } = this.#context;
    if (stdout.isTerminal) stdout.write(this.#printer.close());
  }

  #print(line: OutputLine): Promise<void> | undefined {
    const bytes = this.#isJson
      ? Buffer.from(jsonLine(line))
      : this.#printer.bytesOf(line, this.hasPrefix);
    return this.#context.stdout.send(bytes);
  }

  /** In its place among the lines. */
  async #tell(gap: string): Promise<void> {
    await this.#context.stdout.sent();
    sayNote(this.#context, gap);
  }
}
