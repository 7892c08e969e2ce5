/** Lines of nodes' output as `coppice logs` prints them. */
import { toBytes } from "../broker/text.ts";
import type { OutputLine } from "../core/api.ts";
import { type Paint, styleOfName } from "./colour.ts";
import { printable, terminalLine } from "./printable.ts";

export interface LogStyle {
  /** Else bytes come out as the node wrote them. */
  isTerminal: boolean;
  hasColours: boolean;
  paint: Paint;
}

export class LogPrinter {
  readonly #style: LogStyle;
  /** Whose unfinished line the output ends with. */
  #open: string | undefined;

  constructor(style: LogStyle) {
    this.#style = style;
  }

  /**
   * The bytes to print for a line, or for a piece of a long one.
   * @param hasPrefix `[NODE] ` before each line
   */
  bytesOf(line: OutputLine, hasPrefix: boolean): Uint8Array {
    const source = `${line.stream} ${line.node}`;
    const goesOn = this.#open === source && line.missed === undefined;
    const before = goesOn ? "" : `${this.close()}${this.#prefix(line, hasPrefix)}`;
    this.#open = line.complete ? undefined : source;
    return toBytes(`${before}${this.#text(line)}${line.complete ? "\n" : ""}`);
  }

  /** What ends an unfinished line. */
  close(): string {
    const isOpen = this.#open !== undefined;
    this.#open = undefined;
    return isOpen ? "\n" : "";
  }

  /** People see where stderr is; to programs a line is a line. */
  #prefix({ node, stream }: OutputLine, hasPrefix: boolean): string {
    const { isTerminal, paint } = this.#style;
    const name = hasPrefix ? `${paint(styleOfName(node), `[${printable(node)}]`)} ` : "";
    return isTerminal && stream === "stderr" ? `${name}${paint("red", "!")} ` : name;
  }

  #text({ text }: OutputLine): string {
    const { isTerminal, hasColours } = this.#style;
    return isTerminal ? terminalLine(text, hasColours) : text;
  }
}

/** `[web] 120 bytes of stdout are missing here: …` */
export function gapText({ node, missed }: OutputLine): string {
  return `[${node}] ${missed} bytes were not read in time, and are missing here`;
}
