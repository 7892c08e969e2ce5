/** The story of one seed: trouble, then calm in which all must become well, then the end. */
import assert from "node:assert/strict";
import { policyOf } from "../../src/core/config.ts";
import { breakSomething } from "./faults.ts";
import { creationOf, User } from "./user.ts";
import { World } from "./world.ts";

/** Longer than the longest stop (13 signals and a kill, twice) and the longest delay grown so far. */
const CALM_MS = 150_000;

/** Lives through a whole tree. @throws with the story in it, if anything is not as it must be */
export async function simulate(seed: number): Promise<void> {
  const world = new World(seed);
  try {
    await live(world);
  } catch (error) {
    const how = `COPPICE_SIM_SEED=${seed} tells the whole story`;
    const story = process.env["COPPICE_SIM_SEED"] === undefined ? how : world.story;
    throw new Error(`seed ${seed}: ${(error as Error).message}\n${story}`, { cause: error });
  }
}

async function live(world: World): Promise<void> {
  const user = new User(world);
  const { api } = world.supervisor;
  let isLinked = false;
  void api.start().then(() => {
    isLinked = true;
  });
  for (let order = 0; order < world.dice.between(0, 3); order++) user.act();
  await world.run(200);
  assert.ok(isLinked, "the first Stem has connected");
  await trouble(world, user);
  world.isTroubled = false;
  world.supervisor.isListening = true;
  await world.run(CALM_MS);
  checkAllIsWell(world, user);
  await end(world, user);
}

async function trouble(world: World, user: User): Promise<void> {
  const { dice } = world;
  const pace = dice.pick([20, 500, 4_000]);
  for (let round = dice.between(5, 25); round > 0; round--) {
    if (dice.chance(0.05)) await reload(world, user);
    else if (dice.chance(0.5)) user.act();
    else breakSomething(world);
    // Sometimes the next thing happens in the same instant.
    if (dice.chance(0.8)) await world.run(dice.next() * pace);
  }
}

/** The Supervisor is replaced while all is calm, as it waits for that; what goes wrong then may go wrong. */
async function reload(world: World, user: User): Promise<void> {
  const { dice, supervisor } = world;
  world.isTroubled = false;
  supervisor.isListening = true;
  await world.run(CALM_MS);
  user.readAnew();
  let isDone = false;
  world.log("the Supervisor is replaced");
  const done = supervisor
    .replace(dice.pick([1, 2, Infinity]), (isTaken) => user.askAgain(isTaken))
    .then(() => {
      isDone = true;
    });
  done.catch((error: Error) => world.fail(error));
  if (dice.chance(0.3)) world.clock.in(dice.next() * 20, () => supervisor.stem.kill());
  // One after the other, each as slow as can be.
  await world.run(4 * CALM_MS);
  assert.ok(isDone, "all that has changed was replaced");
  world.isTroubled = true;
}

/** What may still end by itself does so within the calm; after that nothing changes any more. */
function checkAllIsWell(world: World, user: User): void {
  const { api } = world.supervisor;
  assert.deepEqual([...user.open], [], "every promise is settled");
  const { nodes } = api.status();
  assert.deepEqual(Object.keys(nodes).sort(), [...user.wanted.keys()].sort());
  const running = new Set<number>();
  for (const [name, config] of user.wanted) {
    const { node, state, pid, ready } = nodes[name]!;
    assert.deepEqual(node, config);
    if (user.stopped.has(name)) {
      assert.deepEqual([state, pid], ["stopped", undefined], `${name} was stopped`);
      continue;
    }
    if (state === "stopped" && mayStop(config)) continue;
    assert.deepEqual([state, ready], ["running", true], `${name} runs, and is ready`);
    running.add(pid!);
    const leader = world.machine.leaders().find((process) => process.node === name);
    assert.equal(leader?.pid, pid, `the status of ${name} tells its process`);
    assert.equal(leader?.creation, creationOf(config));
  }
  for (const process of world.machine.alive()) {
    const { node, pid, group } = process;
    assert.ok(node === "" || running.has(group), `${pid} of ${node} belongs to a node that runs`);
  }
}

function mayStop(config: Parameters<typeof policyOf>[0]): boolean {
  const { when, limit } = policyOf(config).revival;
  return when !== "always" || limit !== undefined;
}

async function end(world: World, user: User): Promise<void> {
  const { dice, supervisor } = world;
  for (let order = dice.between(0, 2); order > 0; order--) user.act();
  const way = dice.pick(["order", "order and fault", "Supervisor killed", "destroy all"] as const);
  world.log(`the end: ${way}`);
  user.leave();
  let isOrderly = true;
  if (way === "Supervisor killed") {
    supervisor.breakLink();
    world.isSupervisorDead = true;
  } else if (way === "destroy all") {
    user.destroyAll();
    await world.run(CALM_MS);
    assert.deepEqual([...user.open], [], "every promise is settled");
  } else {
    let exit: unknown;
    void supervisor.api.end().then((how) => {
      exit = how;
    });
    if (way === "order and fault") breakSomething(world);
    await world.run(CALM_MS);
    assert.ok(exit !== undefined, "the end is known");
    isOrderly = (exit as { code?: number }).code === 0;
  }
  await world.run(CALM_MS);
  const { machine } = world;
  const left = machine.alive().filter((one) => one.node !== "");
  if (isOrderly) assert.deepEqual(left, [], "nothing is left");
}
