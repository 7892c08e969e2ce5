/** Tabs, walked through by arrow keys as the ARIA practices have it. */
import { element, setAttribute } from "./dom.ts";
import type { Tab } from "./shown.ts";

export interface TabOptions {
  tab: Tab;
  title: string;
  panel: HTMLElement;
}

export class Tabs {
  readonly element: HTMLElement;
  readonly #tabs: readonly (TabOptions & { button: HTMLButtonElement; box: HTMLElement })[];
  readonly #choose: (tab: Tab) => void;

  constructor(tabs: readonly TabOptions[], choose: (tab: Tab) => void) {
    this.#choose = choose;
    this.#tabs = tabs.map((one) => ({
      ...one,
      button: element("button", {
        text: one.title,
        attributes: {
          type: "button",
          role: "tab",
          id: `tab-${one.tab}`,
          "aria-controls": `panel-${one.tab}`,
        },
        on: { click: () => choose(one.tab) },
      }),
      box: element(
        "div",
        {
          class: "tab-panel",
          attributes: {
            role: "tabpanel",
            id: `panel-${one.tab}`,
            "aria-labelledby": `tab-${one.tab}`,
          },
        },
        one.panel,
      ),
    }));
    const list = element("div", {
      class: "tabs",
      attributes: { role: "tablist", "aria-label": "More about it" },
      on: { keydown: (event) => this.#key(event) },
    });
    list.append(...this.#tabs.map(({ button }) => button));
    this.element = element("div", { class: "tabbed" }, list, ...this.#tabs.map(({ box }) => box));
  }

  /** @param offered those that are there at all */
  draw(chosen: Tab, offered: Readonly<Record<Tab, boolean>>): void {
    const shown = offered[chosen] ? chosen : "output";
    for (const { tab, button, box } of this.#tabs) {
      button.hidden = !offered[tab];
      setAttribute(button, "aria-selected", String(tab === shown));
      setAttribute(button, "tabindex", tab === shown ? "0" : "-1");
      box.hidden = tab !== shown;
    }
  }

  #key(event: KeyboardEvent): void {
    const there = this.#tabs.filter(({ button }) => !button.hidden);
    const at = there.findIndex(({ button }) => button === event.target);
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const next = there[(at + step + there.length) % there.length];
    if (step === 0 || at < 0 || next === undefined) return;
    event.preventDefault();
    this.#choose(next.tab);
    next.button.focus();
  }
}
