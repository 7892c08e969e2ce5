/** What can be done with what is selected. */
import { isAlive, lookOf } from "../model/look.ts";
import { nodeOfKey, nodesOfKey, STEM_KEY, SUPERVISOR_KEY } from "../model/rows.ts";
import type { NodeView } from "../model/tree.ts";
import { byId, element, setAttribute, setChildren, setText } from "./dom.ts";
import type { Actions, Command, Shown } from "./shown.ts";

export class CommandBar {
  readonly element = element("div", {
    class: "commands",
    attributes: { role: "group", "aria-label": "Commands" },
  });
  readonly #buttons: ReadonlyMap<Command, HTMLButtonElement>;
  readonly #why = element("p", { class: "note" });
  #key = "";

  constructor(actions: Actions) {
    const button = (command: Command): [Command, HTMLButtonElement] => [
      command,
      element("button", {
        class: `button is-${command}`,
        attributes: { type: "button" },
        on: { click: () => actions.order(command, this.#key) },
      }),
    ];
    this.#buttons = new Map((["restart", "stop", "start", "destroy"] as const).map(button));
  }

  draw(shown: Shown, node: NodeView | undefined): void {
    const { tree, ui, mayAct, hello } = shown;
    this.#key = ui.selected;
    const name = nodeOfKey(ui.selected);
    const nodes = nodesOfKey(tree, ui.selected);
    const alive = nodes.filter(({ status }) => isAlive(lookOf(status))).length;
    const isMany = name === undefined;
    const offered: Command[] =
      nodes.length === 0 || node?.isLeaving === true
        ? []
        : [
            ...(alive > 0 ? (["restart", "stop"] as const) : []),
            ...(alive < nodes.length ? (["start"] as const) : []),
            ...(isMany ? [] : (["destroy"] as const)),
          ];
    const isAll = ui.selected === SUPERVISOR_KEY || ui.selected === STEM_KEY;
    const buttons = offered.flatMap((command) => {
      const button = this.#buttons.get(command);
      if (button === undefined) return [];
      setText(button, `${COMMAND_TITLES[command]}${isMany ? (isAll ? " all" : " these") : ""}`);
      // Not disabled, which would take the focus from it whenever the connection is lost.
      setAttribute(button, "aria-disabled", String(!mayAct));
      return [button];
    });
    setText(this.#why, hello?.mayControl === false ? "This connection may look, and not act." : "");
    this.#why.hidden = this.#why.textContent === "";
    const focused = document.activeElement;
    const hadFocus = this.element.contains(focused);
    setChildren(this.element, [...buttons, this.#why]);
    // Not to the next button: a key that is held down would press that one, too.
    if (hadFocus && !this.element.contains(focused)) byId("details-title").focus();
  }
}

export const COMMAND_TITLES: Readonly<Record<Command, string>> = {
  restart: "Restart",
  stop: "Stop",
  start: "Start",
  destroy: "Destroy",
};
