/** The cells of a node's life. */
import type { State } from "../../../src/core/life.ts";
import { EVENT_TYPES } from "../../core/event-types.ts";
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

export const NODE: Machine = {
  name: "the node",
  states: [
    "pending",
    ...Object.values(STARTING),
    ...Object.values(RUNNING),
    ...Object.values(READY),
    "waiting",
    ...Object.values(ENDING.held).filter((state) => state !== ENDING.held.done),
    ...Object.values(ENDING.stopping).filter((state) => state !== ENDING.stopping.done),
    ...Object.values(ENDING.clearing),
    ...Object.values(STOPPED),
    "gone",
  ],
  events: Object.keys(EVENT_TYPES),
  impossible: [
    {
      states: (state) => state === "gone",
      events: Object.keys(EVENT_TYPES).filter((event) => event !== "create"),
      why: "the tree has forgotten the node",
    },
    {
      states: (state) => !isGoing(state),
      events: ["create"],
      why: "the name is in use: the tree does not pass it on",
    },
    {
      states: isGoing,
      events: ["start", "restart", "stop", "destroy"],
      why: "a node that was destroyed is told nothing: commands keep their order",
    },
    {
      states: (state) => !state.startsWith("starting"),
      events: ["started", "failed"],
      why: "a start has one outcome, and nothing else ends it",
    },
    {
      states: (state) => state !== RUNNING.looking && !isTold(state),
      events: ["probed"],
      why: "one look at a time, of a process that lives and does not say itself that it is ready",
    },
    {
      states: (state) => state !== READY.checking && !isTold(state),
      events: ["checked"],
      why: "one check at a time, of a process that lives; the last failure ends the checks",
    },
    {
      states: (state) => !/^(running|held|stopping)/.test(state),
      events: ["exited"],
      why: "there is no process",
    },
    {
      states: (state) => !state.startsWith("clearing"),
      events: ["looked"],
      why: "a look at groups is answered at once",
    },
    {
      states: (state) => !/^(pending|held)/.test(state),
      events: ["go"],
      why: "it waits for no other node",
    },
    {
      states: (state) =>
        state !== RUNNING.unseen &&
        state !== READY.due &&
        !/^(waiting|stopping|clearing)/.test(state),
      events: ["wake"],
      why: "it waits for no time",
    },
  ],
};

/** It was destroyed, and something of it may still live; or it never was. */
function isGoing(state: string): boolean {
  return state.endsWith("gone");
}

/** A process that was told to end by an order: what looks at it may still be under way. */
function isTold(state: string): boolean {
  return /^(held|stopping), (respawn|stopped|gone)$/.test(state);
}
