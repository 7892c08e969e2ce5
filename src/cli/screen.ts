/** A terminal's alternate screen, drawn in place and given back as it was. */
import type { Context } from "./context.ts";

export class Screen {
  readonly #context: Context;
  readonly #stopListening: () => void;
  #isOpen = true;

  /** Takes over the terminal, until `leave` or a signal that ends the process. */
  constructor(context: Context) {
    this.#context = context;
    this.#stopListening = context.beforeSignal(() => this.leave());
    context.stdout.write(ENTER);
  }

  /** @param lines no wider than the terminal; those for which it has no rows are left out */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    const rows = this.#context.stdout.rows ?? lines.length;
    const drawn = lines.slice(0, rows).map((line) => `${line}${CLEAR_LINE}`);
    this.#context.stdout.write(`${HOME}${drawn.join("\r\n")}${CLEAR_BELOW}`);
  }

  leave(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#stopListening();
    this.#context.stdout.write(LEAVE);
  }
}

/** xterm's control sequences: alternate screen, and no cursor to be seen. */
const ENTER = "\u001b[?1049h\u001b[?25l";
const LEAVE = "\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
const CLEAR_LINE = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";
