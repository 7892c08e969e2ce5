/** What goes wrong, drawn at random: each fault is one thing that may happen to a real tree. */
import type { World } from "./world.ts";

export function breakSomething(world: World): void {
  breakOne(world, FAULTS);
}

export function breakSomethingOfTheLink(world: World): void {
  breakOne(world, [breakLinkAtStem, breakLinkAtSupervisor]);
}

export function breakSomethingOfTheStem(world: World): void {
  breakOne(world, [killStem, killStemAsItAnswers, killStemAsItConnects, killStemAsItConnects]);
}

export function breakSomethingOfANode(world: World): void {
  breakOne(world, [killNode, killEveryNode]);
}

function breakOne(world: World, faults: readonly ((world: World) => void)[]): void {
  const fault = world.dice.pick(faults);
  world.log(`fault: ${fault.name}`);
  fault(world);
}

function killNode({ machine, dice }: World): void {
  const leaders = machine.leaders();
  if (leaders.length > 0) machine.end(dice.pick(leaders), { signal: "SIGKILL" });
}

function killEveryNode({ machine }: World): void {
  for (const leader of machine.leaders()) machine.end(leader, { signal: "SIGSEGV" });
}

function killStem({ supervisor }: World): void {
  supervisor.stem.kill();
}

function killStemAgain({ supervisor, clock, dice }: World): void {
  supervisor.stem.kill();
  clock.in(dice.next() * 4_000, () => supervisor.stem.kill());
}

function killStemAsItAnswers({ supervisor, clock, dice }: World): void {
  supervisor.api.ping(() => {});
  clock.in(dice.next() * 10, () => supervisor.stem.kill());
}

function pauseStem({ supervisor, dice }: World): void {
  supervisor.stem.pause(dice.next() * 5_000);
}

/** A Stem that was cut off dies when it is about to be connected again. */
export function killStemAsItConnects(world: World): void {
  world.fragility = 1;
  breakLinkAtStem(world);
  world.clock.in(100, () => {
    world.fragility = 0;
  });
}

function breakLinkAtStem({ supervisor }: World): void {
  if (supervisor.stem.isAlive) supervisor.stem.breakLink();
}

function breakLinkAtSupervisor({ supervisor }: World): void {
  supervisor.breakLink();
}

function cutOffForAWhile(world: World): void {
  const { supervisor, clock, dice } = world;
  supervisor.isListening = false;
  supervisor.breakLink();
  clock.in(dice.next() * 8_000, () => {
    supervisor.isListening = true;
  });
}

function breakEverything(world: World): void {
  cutOffForAWhile(world);
  killNode(world);
  world.clock.in(world.dice.next() * 10, () => killStem(world));
}

/** Somebody else's processes take the numbers that ours had. */
function startForeigners({ machine, dice }: World): void {
  for (let count = 0; count < 3; count++) {
    const endsAfter = dice.next() * 20_000;
    machine.start({ node: "", creation: "", onExit: undefined }, { endsAfter });
  }
}

const FAULTS = [
  killNode,
  killNode,
  killEveryNode,
  killStem,
  killStemAgain,
  killStemAsItAnswers,
  killStemAsItConnects,
  pauseStem,
  breakLinkAtStem,
  breakLinkAtSupervisor,
  cutOffForAWhile,
  breakEverything,
  startForeigners,
];
