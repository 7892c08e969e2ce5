/** `coppice completion SHELL`. */
import { bashCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import { zshCompletion } from "../completion/zsh.ts";
import type { Context } from "../context.ts";
import type { Line } from "../line.ts";

const SCRIPTS = new Map([
  ["bash", bashCompletion],
  ["zsh", zshCompletion],
  ["fish", fishCompletion],
]);

export async function run(line: Line, context: Context): Promise<number> {
  const [shell, ...more] = line.names;
  const script = shell === undefined ? undefined : SCRIPTS.get(shell);
  if (script === undefined || more.length > 0)
    throw line.wrong("which shell? coppice completion bash, zsh or fish");
  context.stdout.write(script());
  return 0;
}
