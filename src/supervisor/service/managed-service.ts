/** Tells systemd how the tree is: up, reloading, ending, how many nodes run, and that it lives. */
import type { NodeStatus } from "../../core/status.ts";
import { monotonicMicroseconds, Notifier, type SendNotice } from "../../os/notify.ts";
import type { Service } from "./service.ts";

export interface ManagedOptions {
  send: SendNotice;
  /** A sign of life is wanted at least this often (ms); undefined: none is. */
  watchdog: number | undefined;
  nodes(): readonly NodeStatus[];
  /** Has `changed` called whenever something happens. @returns what ends that */
  watch(changed: () => void): () => void;
  /** Asks the Stem for a sign of life; `alive` is called if it gives one. */
  ping(alive: () => void): void;
  say(text: string): void;
}

export class ManagedService implements Service {
  readonly #options: ManagedOptions;
  readonly #notifier: Notifier;
  #stops: (() => void)[] = [];
  #lastStatus = "";
  #hasFailed = false;
  /** What it says is not always ours to say any more. */
  #phase: "starting" | "up" | "reloading" | "stopping" = "starting";

  constructor(options: ManagedOptions) {
    this.#options = options;
    this.#notifier = new Notifier(options.send, () => this.#complain());
    this.status("starting");
  }

  ready(): void {
    if (this.#phase === "up" || this.#phase === "stopping") return;
    this.#phase = "up";
    this.#notifier.tell({ READY: "1" });
    this.#followNodes();
    this.#giveSigns();
  }

  async reloading(): Promise<void> {
    if (this.#phase === "stopping") return;
    this.#phase = "reloading";
    this.#rest();
    this.status("reloading");
    // Both in one message, or systemd takes neither.
    this.#notifier.tell({ RELOADING: "1", MONOTONIC_USEC: monotonicMicroseconds() });
    await this.#notifier.idle();
  }

  async stopping(): Promise<void> {
    if (this.#phase === "stopping") return;
    this.#phase = "stopping";
    this.#rest();
    this.status("ending the tree");
    this.#notifier.tell({ STOPPING: "1" });
    // A node may take as long as its configuration says: time is asked for as long as we turn.
    const extend = () => this.#notifier.tell({ EXTEND_TIMEOUT_USEC: String(EXTENSION_MS * 1000) });
    extend();
    setInterval(extend, EXTEND_MS).unref();
    await this.#notifier.idle();
  }

  status(text: string): void {
    if (text === this.#lastStatus) return;
    this.#lastStatus = text;
    this.#notifier.tell({ STATUS: text });
  }

  /** A second after something has happened, with all that has happened until then. */
  #followNodes(): void {
    const tell = () => this.status(nodesText(this.#options.nodes()));
    let timer: NodeJS.Timeout | undefined;
    const stop = this.#options.watch(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        tell();
      }, STATUS_MS).unref();
    });
    this.#stops.push(() => {
      clearTimeout(timer);
      stop();
    });
    tell();
  }

  /**
   * The sign of life is the Stem's answer, passed on: it proves that both processes turn and that
   * the link between them works. A Stem that is dead for longer than the watchdog waits is a case
   * for systemd, too.
   */
  #giveSigns(): void {
    const { watchdog, ping } = this.#options;
    if (watchdog === undefined) return;
    const beat = () =>
      ping(() => {
        if (this.#phase === "up") this.#notifier.tell({ WATCHDOG: "1" });
      });
    beat();
    const timer = setInterval(beat, Math.max(1, watchdog / BEATS)).unref();
    this.#stops.push(() => clearInterval(timer));
  }

  #rest(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  /** Once: what is wrong with it now most likely stays so, and the watchdog will tell. */
  #complain(): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#options.say(
      "warning: systemd-notify could not tell the service manager how the tree is: see whether the unit has NotifyAccess=all",
    );
  }
}

/** `12 of 12 nodes run`, `9 of 12 nodes run, 2 waiting, 1 stopped`. */
export function nodesText(nodes: readonly NodeStatus[]): string {
  if (nodes.length === 0) return "no nodes";
  const counts = new Map<string, number>();
  for (const { state, ready } of nodes) {
    const what = state === "running" && ready === false ? "not ready" : state;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  const running = (counts.get("running") ?? 0) + (counts.get("not ready") ?? 0);
  const others = [...counts].filter(([what]) => what !== "running");
  const rest = others.map(([what, count]) => `, ${count} ${what}`).join("");
  const word = nodes.length === 1 ? "node runs" : "nodes run";
  return `${running} of ${nodes.length} ${word}${rest}`;
}

const STATUS_MS = 1_000;
/** So many beats in the time that the watchdog waits: one may be late, or lost. */
const BEATS = 3;
const EXTEND_MS = 5_000;
const EXTENSION_MS = 30_000;
