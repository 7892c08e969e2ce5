/** The cells of the Supervisor: how its link to a Stem is, and what is asked of it or told to it. */
import type { Machine } from "./tally.ts";

/** In the first two it does not know yet whether an earlier Supervisor has left it a tree. */
const STATES = ["no Stem yet", "first Stem", "down", "introducing", "up"] as const;
export type RosterState = (typeof STATES)[number];

const ASKED = [
  "create",
  "destroy",
  "start",
  "restart",
  "stop",
  "printed",
  "keep all",
  "roll",
] as const;
const LINK = ["connected", "broken", "Stem died"] as const;
const TOLD = ["node", "synced", "missed", "report", "gone", "late word"] as const;
export type RosterEvent = (typeof ASKED)[number] | (typeof LINK)[number] | (typeof TOLD)[number];

export const SUPERVISOR: Machine = {
  name: "the Supervisor",
  states: STATES,
  events: [...ASKED, ...LINK, ...TOLD],
  impossible: [
    {
      states: (state) => state === "no Stem yet",
      events: ["printed", "keep all", "roll"],
      why: "there is no node yet that an earlier Supervisor has left",
    },
    {
      states: (state) => state === "first Stem",
      events: ["printed", "keep all", "roll"],
      why: "what nodes the Stem has is known only once it has said all",
    },
    {
      states: (state) => state === "first Stem" || state === "introducing" || state === "up",
      events: ["Stem died"],
      why: "that a Stem has died is heard of when its link has closed",
    },
    {
      states: isDown,
      events: ["node", "synced", "missed", "report", "gone"],
      why: "whatever comes then is the late word of a Stem that is given up",
    },
    {
      states: (state) => !isDown(state),
      events: ["late word"],
      why: "the link is that of the Stem that there is",
    },
    {
      states: (state) => state === "first Stem" || state === "introducing",
      events: ["missed", "report", "gone"],
      why: "a Stem first says all that it has, at once",
    },
  ],
};

export function isDown(state: string): boolean {
  return state === "no Stem yet" || state === "down";
}
