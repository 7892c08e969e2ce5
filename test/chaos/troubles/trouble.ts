/** Something that is done to the tree, and taken back. */
import type { Dice } from "../../simulation/dice.ts";
import type { World } from "../world.ts";

export interface Trouble {
  name: string;
  /** How often it comes, compared with others. */
  weight: number;
  /** Why it cannot be had here; undefined: it can. */
  missing?(world: World): string | undefined;
  /** Of those with the same word there is one at a time. */
  alone?: readonly ("supervisor" | "reload" | "program" | "directory")[];
  /**
   * Does it, and takes it back. What it does follows from the dice, and not from what it finds.
   * @param say tells what exactly is done
   */
  run(world: World, dice: Dice, say: (text: string) => void): Promise<void>;
}
