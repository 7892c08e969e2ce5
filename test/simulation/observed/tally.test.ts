/** What is counted, and what is said never to be. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { coverageOf, coverageText } from "../../../scripts/simulate/coverage.ts";
import { type Machine, Tally } from "./tally.ts";

const LAMP: Machine = {
  name: "the lamp",
  states: ["off", "on"],
  events: ["press", "burn out"],
  impossible: [
    { states: (state) => state === "off", events: ["burn out"], why: "there is no current" },
  ],
};

test("a cell that cannot be hit is a failure with its reason, as is one that does not exist", () => {
  const tally = new Tally(LAMP);
  assert.throws(() => tally.count("off", "burn out"), /cannot be: there is no current$/);
  assert.throws(() => tally.count("dim", "press"), /^Error: the lamp has no cell dim × press$/);
});

test("what can be and was not hit is told", () => {
  const tally = new Tally(LAMP);
  tally.count("off", "press");
  tally.count("on", "press");
  tally.count("on", "press");
  assert.deepEqual(coverageOf(LAMP, tally.counts), {
    events: 3,
    covered: 2,
    impossible: 1,
    missed: ["on × burn out"],
  });
  assert.deepEqual(coverageText(LAMP, tally.counts), [
    "the lamp: 3 events; 2 cells covered, 1 impossible, 1 not covered",
    "     press  burn out",
    "off      1         -",
    "on       2         0",
    "  -  burn out (1 cells): there is no current",
    "  not covered: on × burn out",
  ]);
});
