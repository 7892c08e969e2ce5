/** `coppice top` on a terminal: draws what is seen, and does what keys say. */
import type { RemoteSupervisor } from "../../control/client.ts";
import { CoppiceError } from "../../errors.ts";
import { watchIfItCan } from "../attend.ts";
import type { Paint } from "../colour.ts";
import type { Context } from "../context.ts";
import { Screen } from "../screen.ts";
import { Waker } from "../waker.ts";
import { frameOf, roomFor, type Size } from "./frame.ts";
import { keysIn } from "./keys.ts";
import { type Act, type ActionName, type Looking, press, shownOf } from "./model.ts";
import type { Watcher } from "./watcher.ts";

export class TopScreen {
  readonly #watcher: Watcher;
  readonly #context: Context;
  readonly #remote: RemoteSupervisor;
  readonly #paint: Paint;
  readonly #waker: Waker;
  readonly #end = Promise.withResolvers<number>();
  #looking: Looking;
  #screen: Screen | undefined;
  #drawn = "";
  #isDrawing = false;
  #isOver = false;

  constructor(
    watcher: Watcher,
    context: Context,
    remote: RemoteSupervisor,
    paint: Paint,
    looking: Looking,
  ) {
    this.#watcher = watcher;
    this.#context = context;
    this.#remote = remote;
    this.#paint = paint;
    this.#looking = looking;
    this.#waker = new Waker(context);
  }

  /** Resolves when it is told to quit, with the exit status. @throws ReaderGone, CoppiceError */
  async run(): Promise<number> {
    // Before the terminal changes: what is wrong now is told as by any other verb.
    await this.#watcher.look();
    const { beforeSignal, keyboard, onResize } = this.#context;
    const stops = [watchIfItCan(this.#remote, () => this.#waker.ring())];
    this.#screen = new Screen(this.#context);
    try {
      const giveBack = keyboard((text) => this.#safely(() => this.#typed(text)));
      // A signal ends this process before anything else could.
      if (giveBack !== undefined) stops.push(giveBack, beforeSignal(giveBack));
      stops.push(onResize(() => this.#safely(() => this.#draw(true))));
      void this.#refresh().catch(this.#end.reject);
      return await this.#end.promise;
    } finally {
      this.#isOver = true;
      this.#watcher.unfollow();
      for (const stop of stops.reverse()) stop();
      this.#screen.leave();
    }
  }

  async #refresh(): Promise<void> {
    while (!this.#isOver) {
      this.#draw();
      // Many nodes are much to ask for at every event.
      const shortest = this.#watcher.count > MANY ? CROWD_OF_MANY_MS : CROWD_MS;
      await this.#waker.wait(BEAT_MS, shortest);
      if (!this.#isOver) await this.#watcher.look();
    }
  }

  #typed(text: string): void {
    for (const key of keysIn(text)) {
      const { nodes, now } = this.#watcher.scene();
      const names = shownOf(nodes, this.#looking, now).map(({ name }) => name);
      const { looking, act } = press(this.#looking, key, names, roomFor(this.#size()));
      this.#looking = looking;
      if (act !== undefined) this.#act(act);
      if (this.#isOver) return;
    }
    this.#draw();
  }

  #act(act: Act): void {
    switch (act.type) {
      case "quit":
        this.#isOver = true;
        return this.#end.resolve(act.status);
      case "follow":
        return this.#follow(act.node);
      case "unfollow":
        return this.#watcher.unfollow();
      case "restart":
      case "stop":
      case "start":
      case "destroy":
        void this.#order(act.type, act.node).catch(this.#end.reject);
        return;
      default:
        act satisfies never;
    }
  }

  #follow(node: string): void {
    try {
      // Lines come in crowds, and are drawn together.
      this.#watcher.follow(node, () => this.#drawSoon());
    } catch (error) {
      if (!(error instanceof CoppiceError)) throw error;
      this.#looking = { ...this.#looking, mode: { tag: "list" } };
      this.#watcher.message = error.message;
    }
  }

  async #order(action: ActionName, node: string): Promise<void> {
    const [doing, done] = WORDS[action];
    this.#watcher.message = `${doing} '${node}' …`;
    try {
      const isDone = await this.#carryOut(action, node);
      this.#watcher.message = isDone
        ? `${done} '${node}'`
        : `error: '${node}' was not ${done}: it is gone, or was told otherwise meanwhile`;
    } catch (error) {
      if (!(error instanceof CoppiceError)) throw error;
      this.#watcher.message = `error: ${error.message}`;
    }
    this.#waker.ring();
    this.#safely(() => this.#draw());
  }

  #carryOut(action: ActionName, node: string): Promise<boolean> {
    switch (action) {
      case "restart":
        return this.#remote.restart(node);
      case "stop":
        return this.#remote.stopNode(node);
      case "start":
        return this.#remote.startNode(node);
      case "destroy":
        return this.#remote.destroy(node);
      default:
        return action satisfies never;
    }
  }

  #drawSoon(): void {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    void this.#context.sleep(CROWD_MS).then(() => {
      this.#isDrawing = false;
      this.#safely(() => this.#draw());
    });
  }

  /** In one write, and only if something has changed. */
  #draw(isResized = false): void {
    if (this.#isOver) return;
    const lines = frameOf(this.#watcher.scene(), this.#looking, this.#size(), this.#paint);
    const text = lines.join("\n");
    if (text === this.#drawn && !isResized) return;
    this.#drawn = text;
    this.#screen?.draw(lines);
  }

  #size(): Size {
    const { columns = 80, rows = 24 } = this.#context.stdout;
    return { columns, rows };
  }

  /** What goes wrong in a callback ends the verb, which gives the terminal back. */
  #safely(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#end.reject(error);
    }
  }
}

const WORDS: Record<ActionName, readonly [doing: string, done: string]> = {
  restart: ["restarting", "restarted"],
  stop: ["stopping", "stopped"],
  start: ["starting", "started"],
  destroy: ["ending", "destroyed"],
};
const BEAT_MS = 1_000;
/** What happens within this time is shown together. */
const CROWD_MS = 100;
const CROWD_OF_MANY_MS = 500;
const MANY = 100;
