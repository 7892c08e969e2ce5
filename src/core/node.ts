/**
 * The life of one node: `step` decides, and does nothing else. What it decides among are the moves
 * of ./moves.ts.
 *
 * Why no node can ever run twice: only `spawn` (there) returns the effect that starts a process,
 * and it leaves the node "starting", which only the outcome of that very start can end. Every
 * other road to `spawn` begins in a state without a process: "pending", "waiting", "stopped", or
 * a stop of which the whole process group has been seen to be gone.
 */
import type { Circumstances, Event, State, Step } from "./life.ts";
import { clearing, held, stopping } from "./node-ending.ts";
import { gone, pending, stopped, waiting } from "./node-resting.ts";
import { running } from "./node-running.ts";
import { starting } from "./node-starting.ts";

/** One step of a node's life. */
export function step(state: State, event: Event, about: Circumstances): Step {
  switch (state.tag) {
    case "pending":
      return pending(state, event, about);
    case "starting":
      return starting(state, event, about);
    case "running":
      return running(state, event, about);
    case "waiting":
      return waiting(state, event, about);
    case "held":
      return held(state, event, about);
    case "stopping":
      return stopping(state, event, about);
    case "clearing":
      return clearing(state, event, about);
    case "stopped":
      return stopped(state, event, about);
    case "gone":
      return gone(state, event, about);
    default:
      return state satisfies never;
  }
}
