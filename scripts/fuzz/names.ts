/** Who is in the tree that is fuzzed, and whom orders may name. */

/** These must not notice anything. */
export const STEADY = ["steady", "ticker", "counter"] as const;
/** Ends now and then by itself, and grows back. */
export const CRASHER = "crasher";
/** Orders may restart it. */
export const SACRIFICE = "sacrifice";
/** What the names of nodes begin with that orders name, and that do not exist. */
const NOBODY = "no-such-node-";

export function nobody(number: number): string {
  return `${NOBODY}${number}`;
}

/** Whether an order may name that node. */
export function isFairGame(name: string): boolean {
  return name === SACRIFICE || (name.startsWith(NOBODY) && name.length > NOBODY.length);
}
