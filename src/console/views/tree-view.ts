/** The tree: a row for everything in it, that can be walked through by keyboard. */
import { nodeOfKey, type Row, rowsOf } from "../model/rows.ts";
import { byId, element, setAttribute, setChildren, setText } from "./dom.ts";
import { RowView } from "./row.ts";
import type { Actions, Command, Shown } from "./shown.ts";

export class TreeView {
  readonly #list = byId("tree-rows");
  readonly #scroller = byId("tree-scroll");
  readonly #empty = element("p", { class: "tree-empty", attributes: { role: "status" } });
  readonly #actions: Actions;
  readonly #views = new Map<string, RowView>();
  readonly #observer: IntersectionObserver;
  #rows: Row[] = [];
  #shown: Shown | undefined;

  constructor(actions: Actions) {
    this.#actions = actions;
    this.#observer = new IntersectionObserver((entries) => this.#seen(entries), {
      root: this.#scroller,
      rootMargin: "200px 0px",
    });
    this.#scroller.append(this.#empty);
    this.#list.addEventListener("keydown", (event) => this.#key(event));
    this.#list.addEventListener("click", (event) => this.#click(event));
  }

  draw(shown: Shown): void {
    this.#shown = shown;
    const rows = rowsOf(shown.tree, shown.ui);
    const focused = this.#rowOf(document.activeElement);
    const place = focused === undefined ? -1 : this.#rows.indexOf(focused);
    const isOrderNew =
      rows.length !== this.#rows.length ||
      rows.some(({ key }, index) => key !== this.#rows[index]?.key);
    this.#rows = rows;
    if (isOrderNew) this.#arrange(rows);
    for (const row of rows) this.#views.get(row.key)?.draw(row, shown);
    if (isOrderNew) this.#keepReachable(place);
    setText(this.#empty, emptyText(shown, rows.length));
    this.#empty.hidden = this.#empty.textContent === "";
  }

  /** Moves the focus to what is selected, if it is shown, or else selects the first node that is. */
  enter(): void {
    const selected = this.#rows.findIndex(({ key }) => key === this.#shown?.ui.selected);
    const isSought = this.#shown?.ui.text !== "";
    const first = this.#rows.findIndex(({ kind }) => kind === "node");
    const isNode = this.#rows[selected]?.kind === "node";
    this.#go(selected >= 0 && (isNode || !isSought) ? selected : Math.max(0, first));
  }

  /** Moves the focus to a row that is shown. */
  focus(key: string): void {
    const view = this.#views.get(key);
    view?.element.focus();
    view?.element.scrollIntoView({ block: "nearest" });
  }

  #arrange(rows: readonly Row[]): void {
    const wanted = new Set(rows.map(({ key }) => key));
    for (const [key, view] of this.#views) {
      if (wanted.has(key)) continue;
      this.#observer.unobserve(view.element);
      this.#views.delete(key);
    }
    const elements = rows.map(({ key }) => {
      const view = this.#views.get(key) ?? this.#make(key);
      return view.element;
    });
    setChildren(this.#list, elements);
    setAttribute(this.#list, "aria-rowcount", String(rows.length));
  }

  #make(key: string): RowView {
    const view = new RowView(key);
    this.#views.set(key, view);
    this.#observer.observe(view.element);
    return view;
  }

  /**
   * If what is selected is not shown, the first row is what the Tab key comes to.
   * @param place of the row that had the focus; -1: none had
   */
  #keepReachable(place: number): void {
    const key = this.#shown?.ui.selected ?? "";
    const first = this.#list.firstElementChild;
    if (!this.#views.has(key) && first !== null) setAttribute(first, "tabindex", "0");
    if (place < 0 || this.#list.contains(document.activeElement)) return;
    // What has come into the place of a row that is gone, as in every list.
    const next = this.#rows[Math.min(place, this.#rows.length - 1)];
    if (next === undefined) return;
    const gone = nodeOfKey(key);
    if (gone !== undefined && this.#shown?.tree.nodes.has(gone) === false)
      this.#actions.change({ selected: next.key });
    this.focus(next.key);
  }

  #seen(entries: readonly IntersectionObserverEntry[]): void {
    const shown = this.#shown;
    for (const { target, isIntersecting } of entries) {
      const key = (target as HTMLElement).dataset["key"] ?? "";
      const view = this.#views.get(key);
      if (view === undefined) continue;
      view.isVisible = isIntersecting;
      const row = isIntersecting ? this.#rows.find((one) => one.key === key) : undefined;
      if (row !== undefined && shown !== undefined) view.draw(row, shown);
    }
  }

  #click(event: MouseEvent): void {
    const row = this.#rowOf(event.target);
    if (row === undefined) return;
    const isCaret = event.target instanceof Element && event.target.classList.contains("caret");
    if (row.kind === "group" && isCaret) {
      this.#toggle(row);
      return;
    }
    // The pane matters only where there is no room for both.
    this.#actions.change({ selected: row.key, pane: "details" });
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const at = this.#rows.findIndex(({ key }) => key === this.#rowOf(event.target)?.key);
    const row = this.#rows[at];
    if (row === undefined) return;
    const command = COMMANDS.get(event.key);
    const handled =
      command === undefined ? this.#move(event.key, at, row) : this.#command(command, row);
    if (handled) event.preventDefault();
  }

  #command(command: Command, row: Row): boolean {
    this.#actions.order(command, row.key, true);
    return true;
  }

  #move(key: string, at: number, row: Row): boolean {
    const last = this.#rows.length - 1;
    switch (key) {
      case "ArrowDown":
        return this.#go(Math.min(at + 1, last));
      case "ArrowUp":
        return this.#go(Math.max(at - 1, 0));
      case "PageDown":
        return this.#go(Math.min(at + PAGE, last));
      case "PageUp":
        return this.#go(Math.max(at - PAGE, 0));
      case "Home":
        return this.#go(0);
      case "End":
        return this.#go(last);
      case "ArrowLeft":
        if (row.kind === "group" && row.isOpen) return this.#toggle(row);
        return this.#go(this.#parentOf(at));
      case "ArrowRight":
        if (row.kind === "group" && !row.isOpen) return this.#toggle(row);
        return row.kind === "node" ? true : this.#go(Math.min(at + 1, last));
      case " ":
        return row.kind === "group" ? this.#toggle(row) : true;
      case "Enter":
        this.#actions.change({ selected: row.key, pane: "details" });
        byId("details-title").focus();
        return true;
      default:
        return false;
    }
  }

  #go(at: number): true {
    const key = this.#rows[at]?.key;
    if (key !== undefined) {
      this.#actions.change({ selected: key });
      this.focus(key);
    }
    return true;
  }

  #toggle({ key, isOpen }: Row & { kind: "group" }): true {
    const closed = new Set(this.#shown?.ui.closed);
    if (isOpen) closed.add(key);
    else closed.delete(key);
    this.#actions.change({ closed, selected: key });
    return true;
  }

  #parentOf(at: number): number {
    const level = this.#rows[at]?.level ?? 1;
    const before = this.#rows.slice(0, at).findLastIndex((row) => row.level < level);
    return Math.max(0, before);
  }

  #rowOf(target: EventTarget | null): Row | undefined {
    const found = target instanceof Element ? target.closest<HTMLElement>(".row") : null;
    const key = found?.dataset["key"];
    return this.#rows.find((row) => row.key === key);
  }
}

function emptyText({ tree, ui, phase }: Shown, rows: number): string {
  if (!tree.isKnown) return phase.is === "open" || phase.is === "connecting" ? "Connecting …" : "";
  if (tree.nodes.size === 0) return "No nodes yet. They appear here as they are created.";
  const isHidden = rows <= 2 && (ui.text !== "" || ui.looks.size > 0);
  return isHidden ? "No node is like that." : "";
}

const COMMANDS = new Map<string, Command>([
  ["r", "restart"],
  ["s", "stop"],
  ["a", "start"],
  ["d", "destroy"],
]);
const PAGE = 12;
