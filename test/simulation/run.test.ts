/** `npm run simulate`, for a few seeds: the long run is for those who change the core. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MUTANTS } from "../../scripts/mutants/list.ts";
import { ProjectScript } from "../fixtures/project-script.ts";

test("seeds are lived through on all CPUs, and the cells that they reach are counted", async (t) => {
  const run = new ProjectScript(t, "simulate.ts", { args: ["--seeds", "60", "--events", "1"] });
  assert.equal(await run.ended(), "0 null", run.output);
  assert.match(run.output, /^the node: \d+ events; \d+ cells covered, 254 impossible, /m);
  assert.match(run.output, /^60 seeds \(1 to 60\), \d+ events of nodes, \d+ cells not covered; /m);
});

test("a seed that fails is told with its story, and how to hear it again", async (t) => {
  const mutant = MUTANTS.findIndex(({ why }) => why === "starts beside what is left of its group");
  const run = new ProjectScript(t, "simulate.ts", {
    args: ["--from", "100"],
    env: {
      COPPICE_MUTANT: `${mutant}`,
      NODE_OPTIONS: `--import=${new URL("../../scripts/mutants/mutate.ts", import.meta.url)}`,
    },
  });
  assert.equal(await run.ended(), "1 null", run.output);
  assert.match(run.output, /^seed \d+: ./m);
  assert.match(run.output, /^ +\d+\.\d\d event: node '.' was created$/m);
  assert.match(run.output, /^FAILED: npm run simulate -- --seed \d+ tells this story again$/m);
});

test("what it cannot make sense of is said, with status 2", async (t) => {
  const run = new ProjectScript(t, "simulate.ts", { args: ["--seeds", "many"] });
  assert.equal(await run.ended(), "2 null");
  assert.match(run.output, /--seeds needs a number, and not 'many'\nusage: npm run simulate -- /);
});
