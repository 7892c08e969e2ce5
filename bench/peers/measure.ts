/** What a measure over all peers is. */
import type { Peer } from "./peer.ts";
import type { Figure } from "./record.ts";

export interface Context {
  /** Those that are there, in the order in which they have their turns. */
  peers: readonly Peer[];
  /** How often; undefined: as often as the measure has it. */
  rounds: number | undefined;
  /** With how many programs, where a measure is done with several numbers; undefined: as it has them. */
  sizes: readonly number[] | undefined;
}

export interface PeerMeasure {
  name: string;
  /** The peers that have a part in it. */
  peers: readonly Peer[];
  run(context: Context): Promise<Figure[]>;
}

/** Whether the bench was told to end: what fails from then on fails for that. */
export const ending = { isTold: false };

/** Tells on the terminal how far it is. */
export function progress(text: string): void {
  console.log(`  ${text}`);
}
