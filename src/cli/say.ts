/** What is said on stderr: a line each, whoever reads it or not. */
import type { Context } from "./context.ts";
import { printable } from "./printable.ts";

export function sayError(context: Context, text: string): void {
  say(context, `error: ${text}`);
}

export function sayNote(context: Context, text: string): void {
  say(context, `note: ${text}`);
}

function say({ stderr }: Context, text: string): void {
  try {
    stderr.write(`${printable(text)}\n`);
  } catch {
    // There is nobody to tell.
  }
}
