/**
 * A rehearsal runs the scripts to find out which nodes they want, and does nothing else: it listens
 * nowhere, connects to nobody, reads no packets, and starts no node.
 */
let isOn = false;

/** Called before any script is loaded. */
export function beginRehearsal(): void {
  isOn = true;
}

export function isRehearsal(): boolean {
  return isOn;
}
