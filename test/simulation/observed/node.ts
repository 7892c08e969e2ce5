/** `step` of a node's life, with every event that it is given counted. */
import type { Circumstances, Event, State, Step } from "../../../src/core/life.ts";
import { step as decide } from "../../../src/core/node.ts";
import { NODE, stateOf } from "./node-cells.ts";
import { Tally } from "./tally.ts";

export const tally = new Tally(NODE);

export function step(state: State, event: Event, about: Circumstances): Step {
  tally.count(stateOf(state), event.type);
  return decide(state, event, about);
}
