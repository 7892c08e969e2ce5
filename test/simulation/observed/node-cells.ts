/** The cells of a node's life. */
import type { Event, State } from "../../../src/core/life.ts";
import type { Machine } from "./tally.ts";

export function stateOf(state: State): string {
  switch (state.tag) {
    case "starting":
      return STARTING[state.after];
    case "running":
      if (state.readiness.tag !== "ready") return RUNNING[state.readiness.tag];
      return READY[state.health.tag];
    case "held":
    case "stopping":
    case "clearing": {
      const { tag, after } = state;
      if (typeof after === "string") return ENDING[tag][after];
      return ENDING[tag]["stopped" in after ? after.stopped : "revival"];
    }
    case "stopped":
      return STOPPED[state.why];
    case "pending":
    case "waiting":
    case "gone":
      return state.tag;
    default:
      return state satisfies never;
  }
}

const STARTING = {
  run: "starting",
  respawn: "starting, respawn",
  stopped: "starting, stopped",
  gone: "starting, gone",
  recreate: "starting, recreate",
  dismiss: "starting, dismiss",
};
const RUNNING = {
  awaited: "running, awaited",
  unseen: "running, unseen",
  looking: "running, looking",
};
const READY = {
  unchecked: "running, ready",
  due: "running, check due",
  checking: "running, checking",
};
const ENDING = { held: ending("held"), stopping: ending("stopping"), clearing: ending("clearing") };
const STOPPED = { told: "stopped, told", done: "stopped, done", failed: "stopped, failed" };

function ending(tag: string) {
  return {
    respawn: `${tag}, respawn`,
    stopped: `${tag}, stopped`,
    gone: `${tag}, gone`,
    revival: `${tag}, revival`,
    failed: `${tag}, failed`,
    done: `${tag}, done`,
  };
}

const EVENTS: Record<Event["type"], true> = {
  create: true,
  start: true,
  restart: true,
  stop: true,
  destroy: true,
  started: true,
  failed: true,
  ready: true,
  probed: true,
  checked: true,
  exited: true,
  looked: true,
  go: true,
  wake: true,
};

export const NODE: Machine = {
  name: "the node",
  states: [
    "pending",
    ...Object.values(STARTING),
    ...Object.values(RUNNING),
    ...Object.values(READY),
    "waiting",
    ...Object.values(ENDING.held),
    ...Object.values(ENDING.stopping),
    ...Object.values(ENDING.clearing),
    ...Object.values(STOPPED),
    "gone",
  ],
  events: Object.keys(EVENTS),
  impossible: [],
};
