/** The top of the page: whose tree it is, how it does as a whole, and whether we still know. */
import { countLooks, LOOK_WORDS, LOOKS, type Look, lookOf } from "../model/look.ts";
import { counted, duration, loadText, memoryText } from "../model/words.ts";
import { byId, element, setAttribute, setChildren, setClass, setText } from "./dom.ts";
import { shapeMark } from "./marks.ts";
import type { Actions, Shown } from "./shown.ts";

interface Chip {
  button: HTMLButtonElement;
  count: HTMLElement;
}

export class HeaderView {
  readonly #actions: Actions;
  readonly #chips = new Map<Look, Chip>();
  readonly #total = element("span", { class: "chip-total" });
  readonly #link = byId("link");
  #shown: Shown | undefined;

  constructor(actions: Actions) {
    this.#actions = actions;
    byId("reload").addEventListener("click", () => actions.reload());
  }

  draw(shown: Shown): void {
    this.#shown = shown;
    const { tree, hello, mayAct, reloading } = shown;
    const looks = [...tree.nodes.values()].map(({ status }) => lookOf(status));
    const counts = countLooks(looks);
    this.#drawChips(counts, shown);
    this.#drawTotals(shown);
    setText(
      byId("where"),
      hello === undefined ? location.host : `${location.host} · ${hello.version}`,
    );
    const link = linkText(shown);
    setText(this.#link, link.text);
    setClass(this.#link, `link is-${link.tone}`);
    // While the connection is lost it stays where it is, and so does the focus.
    const reload = byId("reload");
    reload.hidden = !(hello?.mayControl && shown.knows("plan") && shown.knows("reload"));
    setAttribute(reload, "aria-disabled", String(!mayAct || reloading !== undefined));
    document.title = titleOf(counts, shown);
  }

  #drawChips(counts: readonly [Look, number][], { ui, tree }: Shown): void {
    setText(this.#total, tree.isKnown ? counted(tree.nodes.size, "node") : "");
    const there = counts.map(([look]) => look);
    // One that has the focus stays, though there are none of it for the moment.
    const focused = [...this.#chips].filter(([, { button }]) => button === document.activeElement);
    const shown = new Set([...there, ...ui.looks, ...focused.map(([look]) => look)]);
    // In one order always: they do not change places below a pointer.
    const chips = LOOKS.filter((look) => shown.has(look)).map((look) => {
      const chip = this.#chips.get(look) ?? this.#makeChip(look);
      const count = counts.find(([one]) => one === look)?.[1] ?? 0;
      setText(chip.count, String(count));
      setAttribute(chip.button, "aria-pressed", String(ui.looks.has(look)));
      return chip.button;
    });
    setChildren(byId("counts"), [this.#total, ...chips]);
  }

  #makeChip(look: Look): Chip {
    const count = element("strong");
    const word = element("span", { text: LOOK_WORDS[look] });
    const button = element(
      "button",
      {
        class: `chip is-${look}`,
        attributes: { type: "button" },
        on: { click: () => this.#toggle(look) },
      },
      shapeMark(look),
      count,
      word,
    );
    const chip = { button, count };
    this.#chips.set(look, chip);
    return chip;
  }

  #toggle(look: Look): void {
    const looks = new Set(this.#shown?.ui.looks);
    if (!looks.delete(look)) looks.add(look);
    this.#actions.change({ looks });
  }

  #drawTotals({ tree }: Shown): void {
    let [load, memory] = [0, 0];
    let isKnown = false;
    for (const node of tree.nodes.values()) {
      // Of CPU nothing is known before the second sample.
      if (node.load.cpu.length > 0) isKnown = true;
      load += node.load.cpu.at(-1) ?? 0;
      memory += node.load.memory.at(-1) ?? 0;
    }
    setText(byId("totals"), isKnown ? `${loadText(load)} CPU · ${memoryText(memory)}` : "");
  }
}

function linkText({ phase, hello, silence, tree, reloading }: Shown): {
  text: string;
  tone: string;
} {
  if (phase.is === "open" && silence > 0)
    return { text: `no answer for ${duration(silence)}`, tone: "lost" };
  switch (phase.is) {
    case "open":
      if (tree.isEnding) return { text: "the tree ends", tone: "lost" };
      if (reloading === "ordered") return { text: "reloading", tone: "connecting" };
      return hello?.mayControl === false
        ? { text: "live, to look only", tone: "open" }
        : { text: "live", tone: "open" };
    case "connecting":
      return { text: reloading === "ordered" ? "reloading" : "connecting", tone: "connecting" };
    case "lost":
      if (tree.isEnding) return { text: "the tree has ended", tone: "lost" };
      return reloading === "ordered"
        ? { text: "reloading", tone: "connecting" }
        : { text: "connection lost, trying again", tone: "lost" };
    case "locked":
      return { text: "a token is needed", tone: "lost" };
    case "refused":
      return { text: "refused", tone: "lost" };
    default:
      return phase satisfies never;
  }
}

/** What somebody sees of a tab in the background. */
function titleOf(counts: readonly [Look, number][], { phase, tree }: Shown): string {
  if (tree.isKnown && phase.is !== "open") return "○ Coppice";
  const troubles = counts.filter(([look]) => look === "waiting" || look === "failed");
  const words = troubles.map(([look, count]) => `${count} ${LOOK_WORDS[look]}`).join(", ");
  return words === "" ? "Coppice" : `${words} – Coppice`;
}
