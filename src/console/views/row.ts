/** One row of the tree. */
import { type Load, NO_LOAD } from "../model/load.ts";
import { LOOK_WORDS, lookOf } from "../model/look.ts";
import { printable } from "../model/printable.ts";
import { groupText, loadOfKey, type Row } from "../model/rows.ts";
import type { NodeView } from "../model/tree.ts";
import {
  counted,
  duration,
  loadText,
  memoryText,
  revivalsOf,
  shortStateText,
} from "../model/words.ts";
import { element, setAttribute, setChildren, setClass, setText } from "./dom.ts";
import { setShape, shapeMark } from "./marks.ts";
import type { Shown } from "./shown.ts";
import { Spark } from "./spark.ts";
import { StripView } from "./strip.ts";

export class RowView {
  readonly element: HTMLElement;
  readonly #mark = shapeMark("pending");
  readonly #caret = element("span", { class: "caret", attributes: { "aria-hidden": "true" } });
  readonly #name = element("span", { class: "name-text" });
  readonly #note = element("span", { class: "name-note" });
  readonly #state = element("span", { class: "state-text" });
  readonly #up = element("span");
  readonly #revivals = element("span", { class: "count" });
  readonly #cpu = element("span", { class: "amount" });
  readonly #memory = element("span", { class: "amount" });
  /** Made when they are first seen: most of many rows never are. */
  #strip: StripView | undefined;
  #spark: Spark | undefined;
  readonly #lifeCell: HTMLElement;
  readonly #cpuCell: HTMLElement;
  #drawn: NodeView | undefined;
  /** What it was drawn from last. */
  #inputs: readonly unknown[] = [];
  #sample = -1;
  /** Whether it is on the screen. */
  isVisible = false;

  constructor(key: string) {
    this.#lifeCell = cell("life", this.#revivals);
    this.#cpuCell = cell("cpu", this.#cpu);
    const name = cell("name", this.#caret, this.#mark, this.#name, this.#note);
    const cells = [name, cell("state", this.#state), cell("up", this.#up)];
    this.element = element(
      "div",
      { class: "row", attributes: { role: "row", tabindex: "-1", "aria-selected": "false" } },
      ...cells,
      this.#lifeCell,
      this.#cpuCell,
      cell("memory", this.#memory),
    );
    this.element.dataset["key"] = key;
  }

  draw(row: Row, shown: Shown): void {
    const isSelected = row.key === shown.ui.selected;
    if (row.kind === "node" && this.#isDrawn(row, isSelected, shown.now)) return;
    setAttribute(this.element, "aria-selected", String(isSelected));
    setAttribute(this.element, "tabindex", isSelected ? "0" : "-1");
    setAttribute(this.element, "aria-level", String(row.level));
    const isLeaving = row.kind === "node" && row.node.isLeaving;
    setClass(this.element, classOf(row, isLeaving));
    switch (row.kind) {
      case "supervisor":
        return this.#drawSupervisor(shown);
      case "stem":
        return this.#drawStem(shown);
      case "group":
        return this.#drawGroup(row, shown);
      case "node":
        return this.#drawNode(row.node, shown);
      default:
        return row satisfies never;
    }
  }

  /** Of hundreds of nodes few change, and few are seen: only for those is there anything to do. */
  #isDrawn(row: Row & { kind: "node" }, isSelected: boolean, now: number): boolean {
    const branch = Number(row.hasNext) + 2 * Number(row.isParentNext);
    const second = this.isVisible ? Math.floor(now / 1000) : -1;
    const inputs = [row.node, isSelected, row.level, branch, second];
    const isSame = inputs.every((input, index) => input === this.#inputs[index]);
    this.#inputs = inputs;
    return isSame;
  }

  #drawSupervisor({ hello, tree, phase }: Shown): void {
    setShape(this.#mark, "supervisor");
    setText(this.#name, "Supervisor");
    setText(this.#note, hello === undefined ? "" : `PID ${hello.pid}`);
    const word = tree.isEnding ? "ending" : phase.is === "open" ? "running" : "not connected";
    this.#stateIs(word, tree.isEnding ? "stopping" : phase.is === "open" ? "running" : "pending");
    setAttribute(this.element, "aria-expanded", "true");
  }

  #drawStem({ tree: { stem, isKnown } }: Shown): void {
    setShape(this.#mark, "stem");
    setText(this.#name, "Stem");
    setText(this.#note, stem.pid === undefined ? "" : `PID ${stem.pid}`);
    this.#stateIs(
      stem.isUp ? (isKnown ? "running" : "") : "growing back",
      stem.isUp ? "running" : "waiting",
    );
    setText(this.#revivals, stem.deaths === 0 ? "" : String(stem.deaths));
    setAttribute(this.element, "aria-expanded", "true");
  }

  #drawGroup(row: Row & { kind: "group" }, shown: Shown): void {
    const { role, isOpen, looks, names } = row;
    setAttribute(this.element, "aria-expanded", String(isOpen));
    setClass(this.#caret, isOpen ? "caret is-open" : "caret is-closed");
    setShape(this.#mark, "group");
    setText(this.#name, groupText(role, names.length));
    setText(this.#note, names.length > 1 ? String(names.length) : "");
    const troubles = looks.filter(([look]) => look !== "running").reverse();
    const words = troubles.map(([look, count]) => `${count} ${LOOK_WORDS[look]}`).join(", ");
    const worst = looks.at(-1)?.[0] ?? "running";
    this.#stateIs(words === "" ? "all running" : words, worst);
    if (!this.isVisible || this.#sample === shown.tree.samples) return;
    this.#sample = shown.tree.samples;
    this.#drawLoad(loadOfKey(shown.tree, row.key));
  }

  #drawNode(node: NodeView, { now }: Shown): void {
    const { status } = node;
    const look = lookOf(status);
    if (node !== this.#drawn) {
      setText(this.#name, printable(node.name));
      setAttribute(this.#name, "title", printable(node.name));
      setShape(this.#mark, look);
      const revivals = revivalsOf(status);
      setText(this.#revivals, revivals === 0 ? "" : String(revivals));
      setAttribute(
        this.#revivals,
        "title",
        revivals === 0 ? undefined : counted(revivals, "restart"),
      );
    }
    this.#drawn = node;
    this.#stateIs(node.isLeaving ? "ends for good" : shortStateText(status, now), look);
    if (!this.isVisible) return;
    const isUp = status.state === "running";
    setText(this.#up, isUp ? duration(now - status.since) : "");
    this.#drawLoad(isUp ? node.load : NO_LOAD, node.load.cpu);
    this.#drawLife(node, now);
  }

  #stateIs(word: string, look: Parameters<typeof setShape>[1]): void {
    setText(this.#state, word);
    setAttribute(this.#state, "title", word.includes(",") ? word : undefined);
    setClass(this.#state, `state-text is-${look}`);
  }

  #drawLife({ life }: NodeView, now: number): void {
    if (this.#strip === undefined) {
      this.#strip = new StripView({ width: 76, height: 14, hasDots: false });
      setChildren(this.#lifeCell, [this.#strip.element, this.#revivals]);
    }
    this.#strip.draw(life, now - STRIP_MS, now);
  }

  #drawLoad({ cpu, memory }: Load, curve: readonly number[] = cpu): void {
    if (this.#spark === undefined) {
      this.#spark = new Spark("cpu", 0.1);
      setChildren(this.#cpuCell, [this.#spark.element, this.#cpu]);
    }
    this.#spark.draw(curve);
    const [load, bytes] = [cpu.at(-1), memory.at(-1)];
    setText(this.#cpu, load === undefined ? "" : loadText(load));
    setText(this.#memory, bytes === undefined ? "" : memoryText(bytes));
  }
}

function classOf({ hasNext, isParentNext }: Row, isLeaving: boolean): string {
  const trunk = isParentNext === true ? " is-parent-next" : "";
  return `row${hasNext === true ? " has-next" : ""}${trunk}${isLeaving ? " is-leaving" : ""}`;
}

function cell(name: string, ...children: Node[]): HTMLElement {
  return element(
    "div",
    { class: `cell of-${name}`, attributes: { role: "gridcell" } },
    ...children,
  );
}

/** How much of each life a row shows. */
const STRIP_MS = 5 * 60_000;
