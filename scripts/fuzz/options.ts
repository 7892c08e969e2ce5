/** What `npm run fuzz` is asked for. */
import { parseArgs } from "node:util";

export const LISTENERS = ["unix", "websocket", "wss", "native", "native-tls"] as const;
export type ListenerName = (typeof LISTENERS)[number];

export interface FuzzOptions {
  /** At each listener. */
  frames: number;
  seed: number;
  listeners: readonly ListenerName[];
  /** Only this one, by its number. */
  scenario?: number;
}

export const USAGE = `usage: npm run fuzz -- [--frames N] [--seed S] [--listener ${LISTENERS.join("|")}]… [--scenario N]`;

/** @throws Error with what is wrong */
export function optionsOf(args: readonly string[]): FuzzOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      frames: { type: "string", default: "1000000" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
      scenario: { type: "string" },
      listener: { type: "string", multiple: true, default: [...LISTENERS] },
    },
  });
  const { scenario } = values;
  return {
    ...(scenario === undefined ? {} : { scenario: natural("scenario", scenario) }),
    frames: natural("frames", values.frames),
    seed: natural("seed", values.seed),
    listeners: values.listener.map((name) => {
      const known = LISTENERS.find((one) => one === name);
      if (known === undefined) throw new Error(`there is no listener '${name}'`);
      return known;
    }),
  };
}

function natural(option: string, text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new Error(`--${option} needs a number, and not '${text}'`);
  return Number(text);
}
