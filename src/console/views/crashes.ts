/** What nodes have left behind when they crashed: the list, and one of them. */
import { piecesOf } from "../model/ansi.ts";
import type { CrashRecord, CrashSummary } from "../model/crash.ts";
import { printable } from "../model/printable.ts";
import { counted } from "../model/words.ts";
import { moment } from "./clock.ts";
import { element, setChildren, setText } from "./dom.ts";
import { shapeMark } from "./marks.ts";
import type { Shown } from "./shown.ts";

export class CrashesView {
  readonly element: HTMLElement;
  readonly #list = element("ol", { class: "crash-list" });
  readonly #note = element("p", { class: "note", attributes: { role: "status" } });
  readonly #record = element("section", {
    class: "crash-record",
    attributes: { tabindex: "-1", "aria-label": "Crash record" },
  });
  readonly #open: (id: string) => void;
  #crashes: readonly CrashSummary[] = [];
  #items: ReadonlyMap<string, HTMLElement> = new Map();
  #drawn: { crashes: readonly CrashSummary[]; name: string | undefined } | undefined;

  /** @param open asks for a record, to be given to `show` */
  constructor(open: (id: string) => void) {
    this.#open = open;
    this.#record.hidden = true;
    this.element = element("div", { class: "crashes" }, this.#note, this.#list, this.#record);
  }

  /** @param crashes of all nodes, the newest first */
  set(crashes: readonly CrashSummary[]): void {
    this.#crashes = crashes;
  }

  /** @param name of the node whose crashes are shown; undefined: all */
  draw({ now }: Shown, name: string | undefined): void {
    if (this.#drawn?.crashes === this.#crashes && this.#drawn.name === name) return;
    if (this.#drawn?.name !== name) this.#record.hidden = true;
    this.#drawn = { crashes: this.#crashes, name };
    const own = this.#crashes.filter(({ node }) => name === undefined || node === name);
    setText(
      this.#note,
      own.length === 0 ? "No crash is kept." : counted(own.length, "crash record"),
    );
    // Those that were there stay, and with them the focus; but for the time, which gets a date at midnight.
    const items = new Map<string, HTMLElement>();
    for (const one of own.slice(0, MOST)) {
      const key = `${one.id} ${moment(one.at, now)}`;
      items.set(key, this.#items.get(key) ?? this.#item(one, now));
    }
    this.#items = items;
    setChildren(this.#list, [...items.values()]);
  }

  show(record: CrashRecord): void {
    const { summary, fields, streams } = record;
    const title = `${printable(summary.node)}, ${moment(summary.at, Date.now())}`;
    this.#record.replaceChildren(
      element("h3", { text: title }),
      element("p", { text: printable(summary.how) }),
      element(
        "dl",
        { class: "settings" },
        ...fields.flatMap(([field, value]) => [
          element("dt", { text: printable(field) }),
          element("dd", {}, element("code", { text: printable(value) })),
        ]),
      ),
      ...streams.flatMap(({ name, lines, note }) => [
        element("h4", { text: `Last of ${name}` }),
        ...(note === "" ? [] : [element("p", { class: "note", text: printable(note) })]),
        linesOf(name, lines),
      ]),
    );
    this.#record.hidden = false;
    this.#record.focus();
    this.#record.scrollIntoView({ block: "nearest" });
  }

  #item({ id, node, at, how }: CrashSummary, now: number): HTMLElement {
    const button = element(
      "button",
      { class: "crash", attributes: { type: "button" }, on: { click: () => this.#open(id) } },
      shapeMark("failed"),
      element("time", { text: moment(at, now) }),
      element("span", { class: "crash-node", text: printable(node) }),
      element("span", { text: printable(how) }),
    );
    return element("li", {}, button);
  }
}

function linesOf(name: string, lines: readonly string[]): HTMLElement {
  const box = element("div", {
    class: "lines is-still",
    attributes: { tabindex: "0", role: "region", "aria-label": `Last lines of ${name}` },
  });
  if (lines.length === 0) box.append(element("p", { class: "note", text: "Nothing." }));
  for (const line of lines) {
    const text = piecesOf(line)
      .map((piece) => piece.text)
      .join("");
    box.append(element("div", { class: "line" }, element("span", { class: "line-text", text })));
  }
  return box;
}

const MOST = 200;
