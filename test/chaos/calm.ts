/** A calm: troubles are taken back, and within some time all has to be as it should. */
import fs from "node:fs";
import path from "node:path";
import type { NodeConfig } from "coppice";
import type { RemoteSupervisor } from "../../src/control/client.ts";
import type { Bounds } from "./checks/bounds.ts";
import type { Complete } from "./checks/complete.ts";
import { type Counted, checkFiles } from "./checks/file-lines.ts";
import { drawn } from "./checks/lives.ts";
import { patient } from "./patience.ts";
import { pause, type World, waitFor } from "./world.ts";

/**
 * Until when all has to be well (ms): a Stem that died again and again is started later each time, and
 * then every node, in order.
 */
const WELL_MS = 60_000;
const ASK_MS = 30_000;
/** How long a node that has just been started may take to print that it is ready (ms). */
const WORD_MS = 3_000;
/** What is waited for is noted again and again (ms). */
const NOTED_MS = 3_000;

export interface CalmChecks {
  complete: Complete;
  bounds: Bounds;
  /** Lines that were lost of 'cramped', as it was told. */
  toldLost(): number;
  /** A node had to be started again, since a Supervisor took with it that it was ready. */
  lostWord(): void;
}

export class Calm {
  /** What was there at the last one, in files that may have gaps. */
  #lost: { stem: number | undefined; told: number; missing: number } | undefined;
  readonly #world: World;
  readonly #checks: CalmChecks;

  constructor(world: World, checks: CalmChecks) {
    this.#world = world;
    this.#checks = checks;
  }

  /** Waits until all is well; what is not in time is a fault. */
  async come(): Promise<void> {
    const { stop, faults } = this.#world;
    const begun = performance.now();
    for (;;) {
      try {
        return await this.#tryOnce();
      } catch (error) {
        if (stop.aborted) return;
        const { message } = error as Error;
        // A client that the machine gives no time for seconds is let go: that says nothing of the tree.
        const isLate = performance.now() > begun + patient(WELL_MS);
        if (isLate || !/ was lost /.test(message)) return faults.add(`in a calm: ${message}`);
        this.#world.journal.note(`a client was let go: ${message}`);
      }
    }
  }

  async #tryOnce(): Promise<void> {
    const { tree, stop } = this.#world;
    let client: RemoteSupervisor | undefined;
    const isAnswered = async () => {
      client ??= await tree.connect(ASK_MS).catch(() => undefined);
      return client !== undefined;
    };
    await waitFor(isAnswered, ASK_MS, stop);
    if (stop.aborted) return;
    if (client === undefined)
      throw new Error(`the Supervisor has not answered for ${ASK_MS / 1000} s`);
    try {
      await Promise.race([this.#settle(client), stopped(stop)]);
    } finally {
      client.close();
    }
  }

  async #settle(client: RemoteSupervisor): Promise<void> {
    await this.#converge(client);
    await this.#untilNone("all nodes to be as they are wanted", () => this.#unlike(client));
    await this.#untilNone("what was written to arrive", this.#arriving());
    await this.#untilNone("descriptors to be given back", () => this.#excess());
    this.#checkCramped();
  }

  /** What was under way comes to its end: changes are made, and of every node it is known what it is to do. */
  async #converge(client: RemoteSupervisor): Promise<void> {
    const { wanted, kinds } = this.#world;
    const names = new Set(kinds.map(({ config }) => config.name));
    if (wanted.isChanged) {
      await inTime(
        "a reload",
        untilDone(() => client.reload()),
      );
      wanted.applied();
    }
    const { nodes } = await inTime("a status", client.status());
    const strangers = Object.keys(nodes).filter((name) => !names.has(name));
    await inTime("ends", Promise.all(strangers.map((name) => client.destroy(name))));
    if (this.#world.mayLackWords) await this.#startUnready(client);
    const doubtful = wanted.doubtful();
    // One that is to run, and has one that it comes after stopped, starts all the same.
    await inTime("starts", Promise.all(doubtful.map((name) => client.startNode(name))));
    for (const name of doubtful) wanted.ordered(name, false);
  }

  /**
   * Who becomes ready by a line that a Supervisor had read, and which was killed before it told its Stem, does
   * not until it says so again. That is known, and counted.
   */
  async #startUnready(client: RemoteSupervisor): Promise<void> {
    const { kinds, excuses, journal, stop } = this.#world;
    const unready = async (): Promise<string[]> => {
      const { nodes } = await inTime("a status", client.status());
      const named = kinds.filter(({ config: { ready } }) => isLine(ready));
      return named.flatMap(({ config: { name } }) => {
        const status = Object.hasOwn(nodes, name) ? nodes[name] : undefined;
        return status?.state === "running" && status.ready === false ? [name] : [];
      });
    };
    if (await waitFor(async () => (await unready()).length === 0, WORD_MS, stop)) return;
    const names = await unready();
    const over = excuses.deathsAndDelaysOf(names, "started again");
    for (const name of names) {
      journal.say(`'${name}' is not known to be ready: its Supervisor was killed. Started again`);
      this.#checks.lostWord();
    }
    await inTime("starts", Promise.all(names.map((name) => client.restart(name))));
    over();
  }

  /** What is not as it is wanted: in the Supervisor's words, and in the kernel's. */
  async #unlike(client: RemoteSupervisor): Promise<string[]> {
    const { kinds, wanted, processes } = this.#world;
    const { nodes } = await inTime("a status", client.status());
    const { leaders, seen } = processes.look();
    const unlike: string[] = [];
    for (const kind of kinds) {
      const { name } = kind.config;
      const status = Object.hasOwn(nodes, name) ? nodes[name] : undefined;
      const pid = leaders.get(name)?.pid;
      if (status === undefined) unlike.push(`'${name}' is not known`);
      else if (wanted.isToBeStopped(kind)) {
        if (status.state !== "stopped" || pid !== undefined)
          unlike.push(`'${name}' was told to stop, is ${status.state}, and has process ${pid}`);
      } else if (kind.life === "lasts") {
        if (status.state !== "running" || status.pid !== pid || status.ready === false)
          unlike.push(`'${name}' is ${status.state} (PID ${status.pid}), and has process ${pid}`);
      }
      if (status !== undefined && !wanted.isEdition(name, status.node.env?.["CHAOS_EDITION"]))
        unlike.push(`'${name}' has edition ${status.node.env?.["CHAOS_EDITION"]}`);
    }
    const names = new Set(kinds.map(({ config }) => config.name));
    const left = seen.filter(
      ({ node }) => node !== undefined && !names.has(node.split("+")[0] ?? ""),
    );
    return [...unlike, ...drawn(left)];
  }

  #arriving(): () => string[] {
    const { complete } = this.#checks;
    const { kinds, processes, directory } = this.#world;
    const stem = processes.look().stem?.pid ?? 0;
    const of = (lines: string) =>
      new Set(kinds.filter((kind) => kind.lines === lines).map(({ config }) => config.name));
    const printed = complete.due(of("supervisor"), stem);
    const rotated = complete.due(of("rotated"), stem);
    // They write themselves: nobody's death can lose anything.
    const straight = complete.due(of("files"), undefined);
    const fault = (text: string) => this.#world.faults.add(text);
    const files = path.join(directory, "files");
    return () => {
      const missing = [
        ...complete.missing(printed),
        ...checkFiles("rotated", { both: path.join(files, "rotated") }, { fault }, rotated).behind,
        ...checkFiles(
          "straight",
          { stdout: path.join(files, "out"), stderr: path.join(files, "err") },
          { fault },
          straight,
        ).behind,
      ];
      if (missing.length === 0) complete.settled([...printed, ...rotated]);
      return missing;
    };
  }

  #excess(): string[] {
    const { tree, processes } = this.#world;
    const { bounds } = this.#checks;
    const [supervisor, stem] = [tree.living?.pid, processes.look().stem?.pid];
    return [
      supervisor === undefined ? "there is no Supervisor" : bounds.excess("Supervisor", supervisor),
      stem === undefined ? "there is no Stem" : bounds.excess("Stem", stem),
    ].filter((text) => text !== undefined);
  }

  /** What was lost while the disk was full was told, to the line: where nobody died who had it in mind. */
  #checkCramped(): void {
    const { cramped, faults, processes } = this.#world;
    if (cramped === undefined || !fs.existsSync(path.join(cramped, "log"))) return;
    const fault = (text: string) => faults.add(text);
    const log = { both: path.join(cramped, "log") };
    const { missing }: Counted = checkFiles("cramped", log, { fault, maySkip: () => true }, []);
    const now = { stem: processes.last.stem?.pid, told: this.#checks.toldLost(), missing };
    const last = this.#lost;
    this.#lost = now;
    if (last === undefined || last.stem !== now.stem || this.#world.hasLost) return;
    const [gone, told] = [now.missing - last.missing, now.told - last.told];
    if (gone !== told)
      faults.add(`of 'cramped' ${gone} lines are missing, and ${told} were told to be lost`);
  }

  /** Looks until nothing is found; what is still found after the time is a fault. */
  async #untilNone(what: string, find: () => string[] | Promise<string[]>): Promise<void> {
    const { stop, faults, journal } = this.#world;
    let found: string[] = [];
    let noted = performance.now();
    const isNone = async () => {
      found = await find();
      if (found.length > 0 && performance.now() > noted + NOTED_MS) {
        noted = performance.now();
        journal.note(`waiting for ${what}: ${found.join("; ")}`);
      }
      return found.length === 0;
    };
    if ((await waitFor(isNone, WELL_MS, stop)) || stop.aborted) return;
    faults.add(`waited ${WELL_MS / 1000} s in vain for ${what}:\n  ${found.join("\n  ")}`);
  }
}

function isLine(ready: NodeConfig["ready"]): boolean {
  return typeof ready === "object" && "line" in ready;
}

/** A reload that something else keeps from being done is tried again. */
async function untilDone(act: () => Promise<unknown>): Promise<void> {
  const end = performance.now() + ASK_MS;
  for (;;) {
    try {
      await act();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await pause(500, new AbortController().signal);
    }
  }
}

async function inTime<Value>(what: string, promise: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`waited ${WELL_MS / 1000} s in vain for ${what}`)),
      patient(WELL_MS),
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function stopped(stop: AbortSignal): Promise<void> {
  return new Promise((over) => stop.addEventListener("abort", () => over(), { once: true }));
}
