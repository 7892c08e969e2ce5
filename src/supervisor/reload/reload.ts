/**
 * The replacement of a Supervisor by the newest Coppice on disk, with its scripts read anew, in the
 * same process. First it is rehearsed; then the Stem is asked to hold on to everything, and all that
 * has come from it is written out. Up to that point nothing has changed, and whatever is wrong leaves
 * it so. Then this process's image is replaced.
 */
import type { ReloadOptions } from "../../core/api.ts";
import { type Plan, type Present, planOf } from "../../core/plan.ts";
import { ReloadError, SupervisorEndingError } from "../../errors.ts";
import { within } from "../../os/within.ts";
import { LINK_VERSION } from "../../wire/stem-messages.ts";
import type { RehearsalOrder } from "./invocation.ts";
import type { Rehearsed } from "./rehearse.ts";

export interface ReloadPorts {
  /** @throws ReloadError (a rejection) */
  rehearse(purpose: RehearsalOrder["purpose"]): Promise<Rehearsed>;
  present(): Present[];
  isEnding(): boolean;
  /** Writes down what the next image begins with. @throws ReloadError: nothing has changed */
  prepare(next: Next): void;
  /** Tells scripts what is about to happen. */
  tellScripts(): Promise<void>;
  /** Has the Stem hold on to everything. @param ms for how long at most; `false`: there is none */
  hold(ms: number): boolean;
  /** Resolves when all that came from the Stem, and all else, is written out. */
  drained(): Promise<void>;
  /** As before: the Stem connects again, and goes on. */
  resume(): void;
  /** Closes what clients and peers are connected to. */
  close(): Promise<void>;
  /** Leaves to the next image what it had better know; never throws. */
  leave(options: ReloadOptions): void;
  /** Does not return. */
  replace(next: Next): void;
}

type Next = NonNullable<Rehearsed["next"]>;

/** Until when the next Supervisor has to be there; then the tree ends (ms). */
const BACK_MS = 60_000;
/** How long what was printed may take to be written out (ms). */
const DRAIN_MS = 5_000;
/** How long scripts may take to let go of what they hold (ms). */
const HANDLERS_MS = 5_000;

export class Reload {
  readonly #ports: ReloadPorts;
  /** Called, and waited for, when nothing can keep this process from being replaced any more. */
  onReplace: () => Promise<void> = async () => {};
  #rehearsal: Promise<unknown> = Promise.resolve();
  #isBusy = false;
  #isAskedAgain = false;
  /** The Stem holds on to everything, for the image that is to come. */
  #isHolding = false;

  constructor(ports: ReloadPorts) {
    this.#ports = ports;
  }

  /** What a reload would change. @throws ReloadError, SupervisorEndingError (rejections) */
  async plan(): Promise<Plan> {
    return this.#planOf(await this.#rehearse("plan"));
  }

  /** One after the other: each loads all scripts in a process of its own. */
  async #rehearse(purpose: RehearsalOrder["purpose"]): Promise<Rehearsed> {
    const rehearsal = this.#rehearsal.then(() => this.#ports.rehearse(purpose));
    this.#rehearsal = rehearsal.catch(() => {});
    const rehearsed = await rehearsal;
    if (rehearsed.link !== LINK_VERSION) throw new ReloadError(OTHER_LINK);
    return rehearsed;
  }

  #planOf({ nodes, isComplete }: Rehearsed): Plan {
    const notes = isComplete ? [] : [UNFINISHED];
    return { changes: planOf(this.#ports.present(), nodes), notes };
  }

  /**
   * Resolves with what will be changed a moment before this process is replaced: whoever has asked is
   * told by then. @throws ReloadError, SupervisorEndingError (rejections): all is as it was
   */
  async begin(options: ReloadOptions = {}): Promise<Plan> {
    if (this.#isBusy) throw new ReloadError("it is being done already");
    this.#isBusy = true;
    try {
      const rehearsed = await this.#rehearsed();
      const { next } = rehearsed;
      if (next === undefined) throw new ReloadError(OTHER_LINK);
      const plan = this.#planOf(rehearsed);
      this.#ports.prepare(next);
      await within(HANDLERS_MS, this.#ports.tellScripts(), () => {});
      await this.#hold();
      void this.#replace(options, next);
      return plan;
    } catch (error) {
      this.#isBusy = false;
      throw error;
    }
  }

  /** As `begin`; while that is being done, scripts are tried once more instead: they may have changed since. */
  async signalled(): Promise<void> {
    if (this.#isBusy) this.#isAskedAgain = true;
    else await this.begin();
  }

  async #rehearsed(): Promise<Rehearsed> {
    for (;;) {
      this.#isAskedAgain = false;
      if (this.#ports.isEnding()) throw new SupervisorEndingError();
      const rehearsed = await this.#rehearse("reload");
      if (!this.#isAskedAgain) return rehearsed;
    }
  }

  /** The tree is to end: what holds on to something lets go of it, and is not replaced any more. */
  abandon(): void {
    if (!this.#isHolding) return;
    this.#isHolding = false;
    this.#ports.resume();
  }

  async #hold(): Promise<void> {
    if (this.#ports.isEnding()) throw new SupervisorEndingError();
    if (!this.#ports.hold(BACK_MS)) throw new ReloadError("there is no Stem just now: try again");
    this.#isHolding = true;
    const isDrained = await within(
      DRAIN_MS,
      this.#ports.drained().then(() => true),
      () => false,
    );
    if (!this.#isHolding) throw new SupervisorEndingError();
    if (isDrained) return;
    this.abandon();
    throw new ReloadError(STALLED);
  }

  async #replace(options: ReloadOptions, next: Next): Promise<void> {
    // The answers go first.
    await new Promise((soon) => setImmediate(soon));
    await this.#ports.close();
    await this.onReplace();
    if (this.#isHolding) this.#ports.leave(options);
    // An order to end that has come meanwhile is heard: after the next line nothing is, for a moment.
    await new Promise((soon) => setImmediate(soon));
    if (this.#isHolding) this.#ports.replace(next);
  }
}

const OTHER_LINK =
  "the Coppice on disk is of a version that cannot take this tree over: stop the tree, and start it anew";
const UNFINISHED =
  "handlers of 'init' did not end in time: nodes that they create later are not in this plan";
const STALLED = `what the nodes have printed was not written out within ${DRAIN_MS / 1000} s, since nobody reads it`;
