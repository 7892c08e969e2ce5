/** The end of a tree: handlers, Stem and nodes, the last output, then this process. */
import type { Exit } from "../core/revival.ts";
import { within } from "../os/within.ts";
import type { Sink } from "../output/sink.ts";
import { raise } from "../script/lifecycle.ts";
import type { LinkServer } from "./link/link-server.ts";
import type { OutputReceiver } from "./output/output-receiver.ts";
import type { RemoteControl } from "./remote-control.ts";
import type { StateDirectory } from "./state-directory.ts";
import type { Supervisor } from "./supervisor.ts";

/** How long handlers of `done` may keep the tree waiting. */
const HANDLERS_MS = 10_000;
/** How long it may take to tell others that the tree ends. */
const TOLD_MS = 2_000;
/** How long a reader of our output may stand still before what is left is given up. */
const STALLED_MS = 5_000;
/** How long records of crashes may take to be written at the end. */
const RECORDS_MS = 2_000;

export interface EndingOptions {
  supervisor: Supervisor;
  state: StateDirectory;
  link: LinkServer;
  receiver: OutputReceiver;
  control: RemoteControl;
  sinks: readonly Sink[];
  evidence: { close(ms: number): Promise<void> };
  say(text: string): void;
  /** Prints what is left of unfinished lines. */
  endLines(): void;
}

/** Thrown to stop a script that calls `process.exit`: the tree ends in order first. */
export class ExitRequested extends Error {}

export class Ending {
  readonly #options: EndingOptions;
  readonly #exit = process.exit.bind(process);
  readonly #onBegin: (() => unknown)[] = [];
  #told: unknown[] = [];
  #begun = false;
  #finished: () => void = () => {};
  readonly #end = new Promise<void>((finished) => {
    this.#finished = finished;
  });

  constructor(options: EndingOptions) {
    this.#options = options;
  }

  get hasBegun(): boolean {
    return this.#begun;
  }

  /** Has `act` called when the end begins; a promise that it returns is waited for at the end, for a while. */
  onBegin(act: () => unknown): void {
    this.#onBegin.push(act);
  }

  /** Begins the end of the tree; only the first call counts. `quietly`: no script is told. */
  begin(status: number, { quietly = false } = {}): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#told = this.#onBegin.map((act) => act());
    void this.#run(status, quietly).finally(this.#finished);
  }

  /** Resolves only when this process is about to exit. */
  wait(): Promise<void> {
    return this.#end;
  }

  /** A script's `process.exit` becomes an order to end the tree with that status. */
  takeOverExit(): void {
    process.exit = (code) => {
      this.begin(Number(code ?? process.exitCode ?? 0));
      throw new ExitRequested("the tree ends first");
    };
  }

  async #run(status: number, quietly: boolean): Promise<void> {
    const { supervisor, state, link, receiver, control, evidence, say } = this.#options;
    if (!quietly) await this.#raiseDone();
    // Nobody reads our output any more: then the Stem must not wait for that either.
    let isRead = true;
    const stopWatching = this.#whenStalled(() => {
      isRead = false;
      link.close();
    });
    const exit = await supervisor.end();
    await new Promise<void>((idle) => receiver.whenIdle(idle));
    stopWatching();
    link.close();
    // A Stem may have ended well, and not have heard of what the one before it has left.
    if (!isOrderly(exit) || supervisor.vitals().stems > 1) await state.endStrays(say);
    await Promise.all([control.close(), evidence.close(RECORDS_MS)]);
    state.clear();
    this.#options.endLines();
    if (isRead) await this.#flush();
    await within(TOLD_MS, Promise.allSettled(this.#told), () => {});
    this.#exit(status);
  }

  async #raiseDone(): Promise<void> {
    await within(HANDLERS_MS, raise("done"), () =>
      this.#options.say(
        `error: handlers of 'done' took more than ${HANDLERS_MS / 1000} s: going on without them`,
      ),
    );
  }

  #flush(): Promise<void> {
    const idle = this.#options.sinks.map(
      (sink) => new Promise<void>((flushed) => sink.whenIdle(flushed)),
    );
    const stalled = new Promise<void>((stuck) => this.#whenStalled(stuck));
    return Promise.race([Promise.all(idle).then(() => {}), stalled]);
  }

  /** Calls back if there is output to write and none gets out; returns how to stop watching. */
  #whenStalled(stalled: () => void): () => void {
    const { sinks } = this.#options;
    const total = () => sinks.reduce((sum, sink) => sum + sink.written, 0);
    let written = total();
    const watch = setInterval(() => {
      const now = total();
      const isStuck = now === written && sinks.some((sink) => !sink.isIdle);
      written = now;
      if (isStuck) stalled();
    }, STALLED_MS);
    return () => clearInterval(watch);
  }
}

function isOrderly({ code }: Exit): boolean {
  return code === 0;
}
