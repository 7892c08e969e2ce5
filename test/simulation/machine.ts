/**
 * The machine: processes, groups, signals and numbers that are used again, as far as a tree sees
 * them. It is also the judge of what must never happen, since here everything is known.
 */
import type { Exit } from "../../src/core/revival.ts";
import type { VirtualClock } from "./clock.ts";

/** What a process does. Times in milliseconds. */
export interface Behaviour {
  /** It ends by itself after this time, with this status. */
  endsAfter?: number;
  code?: number;
  /** How long it takes to end when it is told to; without it, it never does. */
  obeysAfter?: number;
}

export interface Process {
  pid: number;
  group: number;
  startTime: number;
  /** The node's name; "" for a process that has nothing to do with the tree. */
  node: string;
  /** Which creation of that name it is. */
  creation: string;
  behaviour: Behaviour;
  isZombie: boolean;
  /** Of a leader: the others of its group. */
  others: Process[];
  /** Told once it has ended; until it has called `reap`, the process is a zombie. */
  onExit: ((exit: Exit, reap: () => void) => void) | undefined;
}

/** A number is free again this long after its process; on Linux it takes longer. */
const NUMBER_RESTS_MS = 1_000;
const FIRST_PID = 100;
const LAST_PID = 160;

export class Machine {
  readonly #clock: VirtualClock;
  readonly #processes = new Set<Process>();
  readonly #freeFrom = new Map<number, number>();
  #lastPid = FIRST_PID;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** Starts the leader of a new group, and others in that group that do not end with it. */
  start(
    owner: Pick<Process, "node" | "creation" | "onExit">,
    leader: Behaviour,
    others: readonly Behaviour[] = [],
  ): Process {
    if (owner.node !== "") this.#judgeStart(owner.node);
    const pid = this.#freePid();
    const process = this.#add({ ...owner, pid, group: pid }, leader);
    for (const other of others) {
      const identity = { ...owner, pid: this.#freePid(), group: pid, onExit: undefined };
      process.others.push(this.#add(identity, other));
    }
    return process;
  }

  signal(pid: number, signal: NodeJS.Signals): void {
    for (const process of this.alive()) if (process.pid === pid) this.#deliver(process, signal);
  }

  signalGroup(group: number, signal: NodeJS.Signals): void {
    for (const process of this.alive()) if (process.group === group) this.#deliver(process, signal);
  }

  /** What the kernel does to a process that nobody can refuse. */
  end(process: Process, exit: Exit): void {
    if (process.isZombie || !this.#processes.has(process)) return;
    process.isZombie = true;
    if (process.onExit === undefined) this.#reap(process);
    else process.onExit(exit, () => this.#reap(process));
  }

  /** The Stem that started it dies: init fetches what ends, and the kernel sends it SIGTERM. */
  orphan(leader: Process): void {
    leader.onExit = undefined;
    if (!this.#processes.has(leader)) return;
    if (leader.isZombie) this.#reap(leader);
    else this.#deliver(leader, "SIGTERM");
  }

  alive(): Process[] {
    return [...this.#processes].filter(({ isZombie }) => !isZombie);
  }

  of(node: string): Process[] {
    return this.alive().filter((process) => process.node === node);
  }

  leaders(): Process[] {
    return this.alive().filter(({ node, pid, group }) => node !== "" && pid === group);
  }

  /** As the environments of all processes tell: one entry a group, its leader gone or not. */
  groupsOfNodes(): { name: string; pid: number; startTime?: number }[] {
    const groups = new Map<number, { name: string; pid: number; startTime?: number }>();
    for (const { node, group } of this.alive()) {
      if (node === "") continue;
      const leader = this.find(group);
      groups.set(group, {
        name: node,
        pid: group,
        ...(leader === undefined ? {} : { startTime: leader.startTime }),
      });
    }
    return [...groups.values()];
  }

  find(pid: number): Process | undefined {
    return [...this.#processes].find((process) => process.pid === pid);
  }

  /** As `kill(-group, 0)` tells: zombies count. */
  hasMembers(group: number): boolean {
    return [...this.#processes].some((process) => process.group === group);
  }

  isGroupAlive(group: number): boolean {
    return this.alive().some((process) => process.group === group);
  }

  #add(
    identity: Pick<Process, "pid" | "group" | "node" | "creation" | "onExit">,
    behaviour: Behaviour,
  ): Process {
    const startTime = Math.floor(this.#clock.now() / 10);
    const process: Process = { ...identity, startTime, behaviour, others: [], isZombie: false };
    this.#processes.add(process);
    const { endsAfter, code = 0 } = behaviour;
    if (endsAfter !== undefined) this.#clock.in(endsAfter, () => this.end(process, { code }));
    return process;
  }

  #deliver(process: Process, signal: NodeJS.Signals): void {
    if (process.node === "") throw new Error(`${signal} hit a process of somebody else's`);
    if (signal === "SIGKILL") return this.end(process, { signal });
    const { obeysAfter } = process.behaviour;
    if (obeysAfter !== undefined) this.#clock.in(obeysAfter, () => this.end(process, { signal }));
  }

  #judgeStart(node: string): void {
    const other = this.of(node)[0];
    if (other === undefined) return;
    const what = other.pid === other.group ? "process" : "process's group";
    throw new Error(`node '${node}' is started while its ${what} ${other.group} still lives`);
  }

  #reap(process: Process): void {
    this.#processes.delete(process);
    this.#freeFrom.set(process.pid, this.#clock.now() + NUMBER_RESTS_MS);
    this.#freeFrom.set(process.group, this.#clock.now() + NUMBER_RESTS_MS);
  }

  #freePid(): number {
    for (let tries = FIRST_PID; tries <= LAST_PID; tries++) {
      this.#lastPid = this.#lastPid === LAST_PID ? FIRST_PID : this.#lastPid + 1;
      const pid = this.#lastPid;
      if ((this.#freeFrom.get(pid) ?? 0) > this.#clock.now()) continue;
      if (![...this.#processes].some((other) => other.pid === pid || other.group === pid))
        return pid;
    }
    throw new Error("the machine is out of process numbers");
  }
}
