/** The cells of what keeps a Stem alive. */
import type { Machine } from "./tally.ts";

/** `alone`: it runs, and is not connected; `mourned`: it has gone, and what it has said may still come. */
const STATES = ["none", "alone", "linked", "mourned"];
const EVENTS = [
  "start",
  "take over",
  "end",
  "connected",
  "introduced",
  "broken",
  "ping",
  "pong",
  "exited",
  "due",
  "late word",
] as const;
export type StemEvent = (typeof EVENTS)[number];

export const STEM: Machine = {
  name: "the Stem's keeper",
  states: STATES.flatMap((state) => [state, `${state}, ending`]),
  events: EVENTS,
  impossible: [
    {
      states: (state) => state !== "none",
      events: ["start", "take over"],
      why: "that is how a Supervisor begins",
    },
    {
      states: (state) => state.endsWith("ending"),
      events: ["end"],
      why: "only the first order to end the tree counts",
    },
    {
      states: (state) => /^(none|alone)/.test(state),
      events: ["pong"],
      why: "it was asked over a link that is there no more",
    },
    {
      states: (state) => /^(none|mourned)/.test(state),
      events: ["connected"],
      why: "a connection of one that has gone is its late word",
    },
    {
      states: (state) => /^(none|alone)/.test(state),
      events: ["introduced", "broken"],
      why: "what comes over a link that is not there is a late word",
    },
    {
      states: (state) => state.startsWith("linked"),
      events: ["late word"],
      why: "the link is that of the Stem that there is",
    },
    {
      states: (state) => /^(none|mourned)/.test(state),
      events: ["exited"],
      why: "there is no Stem",
    },
    {
      states: (state) => !state.startsWith("none"),
      events: ["due"],
      why: "another Stem is waited for only while there is none",
    },
  ],
};
