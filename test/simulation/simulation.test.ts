/**
 * The whole tree through thousands of random stories on virtual time.
 * COPPICE_SIM_SEED=n lives through one of them again; COPPICE_SIM_COUNT=n through more of them.
 */
import { test } from "node:test";
import { simulate } from "./simulate.ts";

const one = process.env["COPPICE_SIM_SEED"];
const count = Number(process.env["COPPICE_SIM_COUNT"] ?? 2_000);

test("27, 29, 31, 36, 40, 42: whatever dies, no node runs twice, and all grows back or ends", async () => {
  if (one !== undefined) return simulate(Number(one));
  for (let seed = 1; seed <= count; seed++) await simulate(seed);
});
