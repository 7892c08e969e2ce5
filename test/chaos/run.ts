/** One run: a tree, troubles and calms by turns until the time is over, and the end of the tree. */
import fs from "node:fs";
import path from "node:path";
import { Dice } from "../simulation/dice.ts";
import { Calm } from "./calm.ts";
import { Bounds } from "./checks/bounds.ts";
import { Complete } from "./checks/complete.ts";
import { Lives } from "./checks/lives.ts";
import { Remains } from "./checks/remains.ts";
import { SupervisorLines } from "./checks/supervisor-lines.ts";
import { Excuses } from "./excuses.ts";
import { Faults } from "./faults.ts";
import type { Journal } from "./journal.ts";
import { kindsOf } from "./nodes/kinds.ts";
import { Plan, type Step } from "./plan.ts";
import { ProcessWatch } from "./process-watch.ts";
import { lives, type Seen } from "./processes.ts";
import { hasCgroups, type Stage } from "./stage.ts";
import { ChaosTree, type Ended, type Life } from "./tree.ts";
import type { Trouble } from "./troubles/trouble.ts";
import { Wanted } from "./wanted.ts";
import { pause, type World, waitFor } from "./world.ts";

const SLOW_LOOK_MS = 1_000;
const GROWN_MS = 90_000;
const END_MS = 40_000;
/** Until a Supervisor is started again. */
const AGAIN_MS = 500;

export class Run implements World {
  readonly directory: string;
  readonly cramped: string | undefined;
  readonly crampedState: string | undefined;
  readonly kinds;
  readonly tree: ChaosTree;
  readonly processes: ProcessWatch;
  readonly excuses = new Excuses();
  readonly wanted: Wanted;
  readonly faults: Faults;
  readonly journal: Journal;
  readonly stop: AbortSignal;
  hasLost = false;
  mayLackWords = false;
  hasReloads = false;
  readonly lines: SupervisorLines;
  readonly complete: Complete;
  readonly bounds: Bounds;
  readonly returns: Lives;
  readonly remains: Remains;
  /** How often each trouble came. */
  readonly troubles = new Map<string, number>();
  reloads = 0;
  calms = 0;
  /** How often a node had to be started again, since nobody knew any more that it was ready. */
  lostWords = 0;
  lifeCount = 0;
  #onCalm: (() => void)[] = [];
  #unread = 0;
  /** How many disks are full, and when one was last. */
  #full = 0;
  #fullAt = Number.NEGATIVE_INFINITY;
  #toldLost = 0;
  readonly #alone = new Map<string, Promise<void>>();

  constructor(stage: Stage, journal: Journal, end: AbortController) {
    const { directory, cramped, crampedState, zeek } = stage;
    this.directory = directory;
    this.cramped = cramped;
    this.crampedState = crampedState;
    this.journal = journal;
    this.stop = end.signal;
    this.faults = new Faults(journal, () => end.abort());
    const fault = (text: string) => this.faults.add(text);
    const isRoot = process.getuid?.() === 0;
    this.kinds = kindsOf({ directory, cramped, zeek, isRoot, hasCgroups: hasCgroups() });
    this.wanted = new Wanted(directory, this.kinds);
    this.lines = new SupervisorLines(fault, (text) => this.#said(text));
    this.bounds = new Bounds(fault);
    this.returns = new Lives(this.kinds, this.excuses, this.wanted, fault);
    this.remains = new Remains();
    const { stdout, stderr } = this.lines.numbers;
    this.complete = new Complete(path.join(directory, "progress"), {
      came: (node, life) => ({ stdout: stdout.last(node, life), stderr: stderr.last(node, life) }),
      isAlive: (life) => {
        const [pid = 0, startTime = 0] = life.split("-").map(Number);
        return lives({ pid, startTime });
      },
      forget: (node, life) => {
        stdout.forget(node, life);
        stderr.forget(node, life);
      },
    });
    this.processes = new ProcessWatch(directory, fault, (since) => this.excuses.stoodStill(since));
    const env = {
      CHAOS_CLOCK: path.join(directory, "clock"),
      NODE_OPTIONS: `--require=${path.join(directory, "clock.cjs")}`,
    };
    this.tree = new ChaosTree(
      { directory, options: [], env },
      {
        output: (life, stream, bytes) => this.lines.take(life, stream, bytes),
        ended: (life, ended) => this.#ended(life, ended),
      },
    );
  }

  /** @param ms how long troubles come for */
  async go(seed: number, troubles: readonly Trouble[], ms: number): Promise<void> {
    const over = this.excuses.deathsAndDelaysOf("all", "the tree begins");
    if (!(await this.grow(undefined))) return this.faults.add("the tree does not grow");
    this.processes.begin(this.returns);
    const watch = setInterval(() => this.#lookSlowly(), SLOW_LOOK_MS);
    try {
      const calm = new Calm(this, {
        complete: this.complete,
        bounds: this.bounds,
        toldLost: () => this.#toldLost,
        lostWord: () => {
          this.lostWords++;
        },
      });
      await this.#calm(calm);
      over();
      const plan = new Plan(seed, troubles);
      const end = performance.now() + ms;
      while (performance.now() < end && !this.stop.aborted) {
        await this.#phase(plan.phase());
        await this.#calm(calm);
      }
      if (!this.stop.aborted) await this.#end();
    } finally {
      clearInterval(watch);
      this.processes.end();
    }
  }

  async grow(keep: number | undefined): Promise<boolean> {
    for (;;) {
      const life = this.tree.start(keep);
      const isDecided = async () => {
        if (life.ended !== undefined) return true;
        const client = await this.tree.connect(3_000).catch(() => undefined);
        const status = await client?.status().catch(() => undefined);
        client?.close();
        // A Stem that dies before it has said anything is the end of a Supervisor that begins.
        life.isGrown = Object.values(status?.nodes ?? {}).some(({ generation }) => generation > 0);
        return life.isGrown;
      };
      await waitFor(isDecided, GROWN_MS, this.stop);
      if (life.isGrown || this.stop.aborted) return true;
      if (!this.#hasNoRoom(life)) return false;
      await pause(AGAIN_MS, this.stop);
    }
  }

  noRoom(): () => void {
    this.#full++;
    return () => {
      this.#full--;
      this.#fullAt = performance.now();
    };
  }

  /** It has ended since there was no room for what it has to write at its beginning. */
  #hasNoRoom({ ended, isGrown, begun }: Life): boolean {
    return !isGrown && ended?.code === 1 && (this.#full > 0 || this.#fullAt > begun);
  }

  lost(who: "Supervisor" | "Stem", stem?: number): void {
    this.hasLost = true;
    const { seen } = this.processes.look();
    if (who === "Supervisor") this.mayLackWords = true;
    this.lines.killed(who === "Supervisor" ? seen.map(lifeOf) : []);
    this.complete.excuse(who === "Stem" ? stem : undefined);
    // While one image follows another the Stem alone knows what was ordered.
    if (who === "Stem" && this.hasReloads) this.wanted.doubt();
  }

  untilCalm(over: () => void): void {
    this.#onCalm.push(over);
  }

  stopReading(): () => void {
    const { living } = this.tree;
    if (living === undefined) return () => {};
    this.#unread++;
    for (const stream of [living.child.stdout, living.child.stderr]) stream?.pause();
    return () => {
      if (--this.#unread > 0) return;
      const now = this.tree.life?.child;
      for (const child of [living.child, now])
        for (const stream of [child?.stdout, child?.stderr]) stream?.resume();
    };
  }

  async #phase(steps: readonly Step[]): Promise<void> {
    const under: Promise<void>[] = [];
    for (const { after, trouble, isAwaited, seed } of steps) {
      await pause(after, this.stop);
      if (this.stop.aborted) break;
      const done = this.#do(trouble, new Dice(seed));
      under.push(done);
      if (isAwaited) await done;
    }
    await Promise.all(under);
  }

  /** Of those that go alone one begins when the last has ended. */
  #do(trouble: Trouble, dice: Dice): Promise<void> {
    const { name, alone = [] } = trouble;
    const run = async (): Promise<void> => {
      if (this.stop.aborted) return;
      this.troubles.set(name, (this.troubles.get(name) ?? 0) + 1);
      try {
        await trouble.run(this, dice, (text) => this.journal.say(`${name}: ${text}`));
        this.journal.note(`${name}: over`);
      } catch (error) {
        this.faults.add(`the trouble '${name}' has failed: ${(error as Error).stack}`);
      }
    };
    const others = alone.map((word) => this.#alone.get(word));
    const done = Promise.all(others).then(run);
    for (const word of alone) this.#alone.set(word, done);
    return done;
  }

  async #calm(calm: Calm): Promise<void> {
    if (this.stop.aborted) return;
    const begun = performance.now();
    this.journal.note("calm");
    await calm.come();
    for (const over of this.#onCalm.splice(0)) over();
    if (this.stop.aborted) return;
    this.calms++;
    this.hasLost = false;
    this.mayLackWords = false;
    this.hasReloads = false;
    this.excuses.forget(performance.now());
    const { stdout, stderr } = this.lines.numbers;
    const took = ((performance.now() - begun) / 1000).toFixed(1);
    this.journal.say(
      `all is well after ${took} s: ${stdout.count + stderr.count} lines, ${this.returns.returns} returns`,
    );
  }

  /** The tree ends as it is told to, and nothing of it is left. */
  async #end(): Promise<void> {
    const { living } = this.tree;
    if (living === undefined) return;
    this.excuses.deathsAndDelaysOf("all", "the tree ends");
    living.isDoomed = true;
    living.child.kill("SIGTERM");
    await waitFor(() => living.ended !== undefined, END_MS, this.stop);
    if (living.ended?.code !== 0)
      return this.faults.add(
        `at the end the Supervisor ended with ${JSON.stringify(living.ended)}`,
      );
    for (const text of this.remains.left(this.processes.look().seen)) this.faults.add(text);
  }

  #ended(life: Life, ended: Ended): void {
    this.lifeCount++;
    this.lines.ended(life, ended.signal !== null);
    if (!life.isDoomed && !this.#hasNoRoom(life))
      this.faults.add(`the Supervisor (PID ${life.pid}) has ended with ${JSON.stringify(ended)}`);
  }

  #said(text: string): void {
    this.journal.note(text);
    if (/^stderr: (?:info: taken over|error: not reloaded)/.test(text)) this.reloads++;
    const [, lost] =
      /writes its output file .* again: (\d+) lines? (?:was|were) lost/.exec(text) ?? [];
    if (lost !== undefined) this.#toldLost += Number(lost);
  }

  #lookSlowly(): void {
    const twice = fs.readFileSync(path.join(this.directory, "twice"), "utf8");
    if (twice !== "") this.faults.add(`two processes of one node: ${twice}`);
    const { stem } = this.processes.last;
    if (this.tree.living !== undefined) this.bounds.look("Supervisor", this.tree.living.pid);
    if (stem !== undefined) this.bounds.look("Stem", stem.pid);
    this.remains.look(this.tree.stateDirectory);
  }
}

/** As the processes call themselves. */
function lifeOf({ pid, startTime }: Seen): string {
  return `${pid}-${startTime}`;
}
