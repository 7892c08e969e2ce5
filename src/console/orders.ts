/** Orders that are given on the page: asked about where they can do harm, sent, and answered for. */
import type { App } from "./app.ts";
import type { Plan } from "./model/plan.ts";
import { printable } from "./model/printable.ts";
import { nodeOfKey, nodesOfKey, STEM_KEY, SUPERVISOR_KEY } from "./model/rows.ts";
import { counted } from "./model/words.ts";
import { COMMAND_TITLES } from "./views/command-bar.ts";
import { confirm, confirmPlan } from "./views/dialogs.ts";
import type { Command } from "./views/shown.ts";
import { toast } from "./views/toasts.ts";

export class Orders {
  readonly #app: App;

  constructor(app: App) {
    this.#app = app;
  }

  readonly order = (command: Command, key: string, isAsked = false): void => {
    void this.#order(command, key, isAsked);
  };

  readonly reload = (): void => {
    void this.#reload();
  };

  async #order(command: Command, key: string, isAsked: boolean): Promise<void> {
    const { tree, mayAct } = this.#app;
    const nodes = nodesOfKey(tree, key);
    if (!mayAct || nodes.length === 0) return;
    const isMany = nodeOfKey(key) === undefined;
    if (isMany && command === "destroy") return toast("destroy nodes one by one", "failed");
    const names = nodes.map(({ name }) => name);
    const whom = isMany ? counted(names.length, "node") : `'${printable(names[0] ?? "")}'`;
    const mustAsk = isAsked || isMany || command === "destroy";
    const question = {
      title: `${COMMAND_TITLES[command]} ${whom}?`,
      text: CONSEQUENCES[command],
      yes: COMMAND_TITLES[command],
      isDangerous: command === "destroy",
    };
    if (mustAsk && !(await confirm(question))) return;
    const isAll = key === SUPERVISOR_KEY || key === STEM_KEY;
    await this.#send(command, isAll ? [""] : names, whom);
  }

  async #send(command: Command, names: readonly string[], whom: string): Promise<void> {
    try {
      const asked = names.map((name) =>
        this.#app.session.connection.ask(METHODS[command], { name }),
      );
      const done = await Promise.all(asked);
      if (done.every((one) => one === true)) toast(`${PAST[command]} ${whom}`, "done");
      else toast(`could not ${command} ${whom}: it is gone, or was told otherwise`, "failed");
    } catch (error) {
      toast(`could not ${command} ${whom}: ${printable((error as Error).message)}`, "failed");
    }
  }

  /** The Supervisor replaces itself: the next one says over the next connection what was done. */
  async #reload(): Promise<void> {
    const { session, mayAct, reloading } = this.#app;
    if (!mayAct || reloading !== undefined) return;
    this.#app.reloading = "planned";
    try {
      const plan = (await session.connection.ask("plan")) as Plan;
      if (!(await confirmPlan(plan))) {
        this.#app.reloading = undefined;
        return;
      }
      this.#app.reloading = "ordered";
      const after = session.hello?.reloads ?? 0;
      await session.connection.ask("reload");
      this.#app.afterReload(after);
    } catch (error) {
      this.#app.reloading = undefined;
      toast(`could not reload: ${printable((error as Error).message)}`, "failed");
    }
  }
}

const METHODS: Readonly<Record<Command, string>> = {
  restart: "restart",
  stop: "stopNode",
  start: "startNode",
  destroy: "destroy",
};
const PAST: Readonly<Record<Command, string>> = {
  restart: "restarted",
  stop: "stopped",
  start: "started",
  destroy: "destroyed",
};
const CONSEQUENCES: Readonly<Record<Command, string>> = {
  restart: "It ends and starts again.",
  stop: "It ends and stays known: it starts again when it is told to.",
  start: "It starts now, also if it waits for its revival.",
  destroy: "It ends for good, and is forgotten: only what created it can bring it back.",
};
