/** The story of one seed: trouble, then calm in which all must become well, then the end. */
import assert from "node:assert/strict";
import { policyOf } from "../../src/core/config.ts";
import { StemDiedEarlyError } from "../../src/errors.ts";
import {
  breakSomething,
  breakSomethingOfANode,
  breakSomethingOfTheLink,
  breakSomethingOfTheStem,
  killStemAsItConnects,
} from "./faults.ts";
import { creationOf, User } from "./user.ts";
import { World } from "./world.ts";

/** When another Stem is started after the first, if that does not live for long. */
const NEXT_STEM_MS = 1_000;

/** Longer than the longest stop (13 signals and a kill, twice) and the longest delay grown so far. */
const CALM_MS = 150_000;

/** Lives through a whole tree. @throws with the story in it, if anything is not as it must be */
export async function simulate(seed: number): Promise<void> {
  try {
    await live(new World(seed, false));
  } catch (error) {
    const { text } = await story(seed);
    throw new Error(`seed ${seed}: ${(error as Error).message}\n${text}`, { cause: error });
  }
}

/** All that happens with this seed, until something is not as it must be, or to the end. */
export async function story(seed: number): Promise<{ text: string; problem?: string }> {
  const world = new World(seed, true);
  try {
    await live(world);
  } catch (error) {
    return { text: world.story, problem: (error as Error).message };
  }
  return { text: world.story };
}

async function live(world: World): Promise<void> {
  const user = new User(world);
  if (!(await begin(world, user))) return;
  if (!(await trouble(world, user))) return;
  await calm(world);
  await checkAllIsWell(world, user);
  await end(world, user);
}

async function calm(world: World): Promise<void> {
  world.isTroubled = false;
  world.fragility = 0;
  world.supervisor.isListening = true;
  await world.run(CALM_MS);
}

/** @returns whether there is a tree */
async function begin(world: World, user: User): Promise<boolean> {
  const { dice, clock, supervisor } = world;
  const isTwilight = dice.chance(0.06);
  world.isBusy = isTwilight;
  if (isTwilight) world.fragility = 0;
  let outcome: "linked" | Error | undefined;
  supervisor.api.start().then(
    () => {
      outcome = "linked";
      supervisor.hasBegun = true;
    },
    (error: Error) => {
      outcome = error;
    },
  );
  for (let orders = dice.between(0, 5); orders > 0; orders--)
    user.saySomething(dice.next() * dice.pick([0, 100]));
  if (isTwilight) return twilight(world, user);
  if (dice.chance(0.1)) clock.in(dice.next() * 100, () => breakSomethingOfTheLink(world));
  if (dice.chance(0.02)) {
    world.fragility = 0;
    await world.run(dice.next() * 60);
    await end(world, user);
    return false;
  }
  if (dice.chance(0.03)) clock.in(dice.next() * 60, () => supervisor.stem.kill());
  await world.run(5_000);
  if (outcome instanceof StemDiedEarlyError) return false;
  assert.equal(outcome, "linked", "the first Stem has connected");
  return true;
}

/**
 * A young Stem dies as it connects again, just when the next one is due: the late word of the one comes
 * while the other is on its way. Then the tree ends, or not. @returns whether it goes on
 */
async function twilight(world: World, user: User): Promise<boolean> {
  const { dice, clock } = world;
  await world.run(650 + dice.next() * 300);
  killStemAsItConnects(world);
  await world.run(NEXT_STEM_MS - clock.now() + dice.next() * 300);
  world.isBusy = false;
  const goesOn = dice.chance(0.4);
  if (!goesOn) await end(world, user, false);
  return goesOn;
}

/** @returns whether there still is a tree */
async function trouble(world: World, user: User): Promise<boolean> {
  const { dice } = world;
  const pace = dice.pick([20, 500, 4_000]);
  for (let round = dice.between(5, 25); round > 0; round--) {
    if (dice.chance(0.05)) {
      if (!(await reload(world, user))) return false;
    } else if (dice.chance(0.5)) user.act();
    else breakSomething(world);
    // Sometimes the next thing happens in the same instant.
    if (dice.chance(0.8)) await world.run(dice.next() * pace);
  }
  return true;
}

/**
 * The Supervisor is replaced while all is calm, as it waits for that; what goes wrong then may go wrong.
 * @returns whether there still is a tree: a new Stem that dies before it has connected is the end
 */
async function reload(world: World, user: User): Promise<boolean> {
  const { dice, supervisor } = world;
  await calm(world);
  world.fragility = 0.1;
  world.isBusy = dice.chance(0.3);
  // A script that fails leaves all as it is; but with no tree there, it is asked again until it works.
  const isBroken = dice.chance(0.2);
  if (isBroken) user.failToRead();
  else user.readAnew();
  let isDone = false;
  // What becomes ready just then says so to a Supervisor that is about to go.
  if (dice.chance(0.3)) {
    breakSomethingOfANode(world);
    await world.run(dice.next() * dice.pick([20, 500, 4_000]));
  }
  world.log("the Supervisor is replaced");
  const ask = (isTaken: boolean): boolean => {
    if (!isBroken || !isTaken) user.askAgain(isTaken);
    user.hasRead();
    return !isBroken;
  };
  let diesEarly = false;
  supervisor.replace(dice.pick([1, 2, Infinity]), ask).then(
    () => {
      isDone = true;
    },
    (error: Error) => {
      if (error instanceof StemDiedEarlyError) diesEarly = true;
      else world.fail(error);
    },
  );
  // It is as troubled as ever, but not for long.
  if (dice.chance(0.3)) {
    world.isTroubled = true;
    if (dice.chance(0.5)) world.clock.in(dice.next() * 20, () => breakSomethingOfANode(world));
    world.clock.in(2_000, () => {
      world.isTroubled = false;
    });
  }
  if (dice.chance(0.3))
    world.clock.in(dice.next() * dice.pick([20, 300]), () => supervisor.stem.kill());
  if (dice.chance(0.4))
    world.clock.in(dice.next() * dice.pick([20, 300]), () => breakSomethingOfTheLink(world));
  // One after the other, each as slow as can be.
  await world.run(4 * CALM_MS);
  if (diesEarly) return false;
  assert.ok(isDone, "all that has changed was replaced");
  await checkAllIsWell(world, user);
  world.isTroubled = true;
  world.isBusy = false;
  world.fragility = 0.02;
  return true;
}

/** What may still end by itself does so within the calm; after that nothing changes any more. */
async function checkAllIsWell(world: World, user: User): Promise<void> {
  let isAnswered = false;
  world.supervisor.api.ping(() => {
    isAnswered = true;
  });
  await world.run(1_000);
  const { api } = world.supervisor;
  assert.ok(isAnswered, "the Stem gives a sign of life");
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

/** @param isCalm whether the Stem that there is knows of everything */
async function end(world: World, user: User, isCalm = true): Promise<void> {
  const { dice, supervisor } = world;
  for (let order = dice.between(0, 2); order > 0; order--) user.act();
  const way = dice.pick([
    "order",
    "order and fault",
    "fault and order",
    "Supervisor killed",
    "destroy all",
  ] as const);
  world.log(`the end: ${way}`);
  user.leave();
  let isOrderly = true;
  if (way === "Supervisor killed") {
    world.isSupervisorDead = true;
    supervisor.breakLink();
  } else if (way === "destroy all") {
    user.destroyAll();
    await world.run(CALM_MS);
    assert.deepEqual([...user.open], [], "every promise is settled");
  } else {
    if (way === "fault and order") {
      breakSomethingOfTheStem(world);
      await world.run(dice.next() * 500);
    }
    if (dice.chance(0.2)) {
      supervisor.api.ping(() => {});
      await world.run(dice.next() * 5);
    }
    let exit: unknown;
    void supervisor.api.end().then((how) => {
      exit = how;
    });
    if (way === "order and fault") breakSomething(world);
    if (dice.chance(0.2)) world.clock.in(dice.next() * 20, () => supervisor.api.ping(() => {}));
    if (dice.chance(0.2)) world.clock.in(dice.next() * 20, () => breakSomethingOfTheLink(world));
    await world.run(CALM_MS);
    assert.ok(exit !== undefined, "the end is known");
    isOrderly = (exit as { code?: number }).code === 0;
  }
  await world.run(CALM_MS);
  // What a Stem had no time to hear of, the Supervisor ends after it, or the next one that comes.
  const isKnown = isCalm && way !== "fault and order";
  if (!isKnown && (world.isSupervisorDead || supervisor.api.vitals().stems > 1)) return;
  const { machine } = world;
  const left = machine.alive().filter((one) => one.node !== "");
  if (isOrderly) assert.deepEqual(left, [], "nothing is left");
}
