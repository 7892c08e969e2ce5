/** Prints text that holds what others have written. */
import type { Context } from "../context.ts";
import { terminalLine } from "../printable.ts";

/** Line by line, and harmless for a terminal. */
export function printLines({ stdout }: Pick<Context, "stdout">, text: string): void {
  const lines = text.split("\n").map((line) => terminalLine(line, false));
  stdout.write(lines.join("\n"));
}
