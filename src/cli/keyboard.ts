/** The keys of a terminal, one by one as they are pressed, and its size. */
import tty from "node:tty";

/**
 * Has `pressed` called for what is typed, until the returned function gives the keyboard back.
 * @returns undefined where stdin is no terminal
 */
export function takeKeyboard(pressed: (text: string) => void): (() => void) | undefined {
  if (!tty.isatty(0)) return undefined;
  const { stdin } = process;
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  stdin.on("data", pressed);
  // A terminal that has gone also sends SIGHUP; without it there are just no more keys.
  stdin.on("error", () => {});
  stdin.resume();
  return () => {
    stdin.off("data", pressed);
    stdin.pause();
    try {
      stdin.setRawMode(false);
    } catch {
      // The terminal has gone.
    }
  };
}

/** @returns what ends that */
export function onResize(resized: () => void): () => void {
  process.stdout.on("resize", resized);
  return () => void process.stdout.off("resize", resized);
}
