/** Lines of output as they come, the last of them, with a search. */
import type { OutputLine } from "../../core/api.ts";
import { piecesOf, plainText } from "../model/ansi.ts";
import { printable } from "../model/printable.ts";
import { counted, memoryText } from "../model/words.ts";
import { exactTime } from "./clock.ts";
import { element, setText } from "./dom.ts";

interface Kept {
  line: OutputLine;
  /** As one reads it, in small letters. */
  plain: string;
  element: HTMLElement;
}

export class OutputView {
  readonly element: HTMLElement;
  readonly #list = element("div", {
    class: "lines",
    attributes: { role: "log", "aria-live": "off", "aria-label": "Output", tabindex: "0" },
  });
  readonly #search = element("input", {
    attributes: {
      type: "search",
      placeholder: "Search in output",
      "aria-label": "Search in output",
      autocomplete: "off",
      spellcheck: "false",
    },
  });
  readonly #note = element("p", { class: "note", attributes: { role: "status" } });
  readonly #toEnd = element("button", {
    class: "button to-end",
    text: "To the end",
    attributes: { type: "button" },
  });
  #kept: Kept[] = [];
  #waiting: OutputLine[] = [];
  #isDue = false;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #showsNames = false;
  #isAtEnd = true;

  constructor() {
    this.#search.addEventListener("input", () => this.#filter());
    this.#list.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#toEnd.addEventListener("click", () => this.#goToEnd());
    this.#toEnd.hidden = true;
    const bar = element("div", { class: "output-bar" }, this.#search, this.#note);
    this.element = element("div", { class: "output" }, bar, this.#list, this.#toEnd);
  }

  /** Begins anew, with the output of others. @param showsNames whether they are several */
  clear(showsNames: boolean): void {
    this.#showsNames = showsNames;
    this.#kept = [];
    this.#waiting = [];
    this.#list.replaceChildren();
    this.#isAtEnd = true;
    this.#toEnd.hidden = true;
    this.#tell();
  }

  add(lines: readonly OutputLine[]): void {
    this.#waiting.push(...lines);
    // What would be gone at once is not even made.
    if (this.#waiting.length > MOST) this.#waiting = this.#waiting.slice(-MOST);
    if (this.#isDue) return;
    this.#isDue = true;
    // The first at once. Of many nodes there is always one that prints, and each time the browser
    // paints the list anew.
    const wait = Math.max(0, this.#drawnAt + PACE_MS - performance.now());
    setTimeout(() => requestAnimationFrame(() => this.#flush()), wait);
  }

  #flush(): void {
    this.#isDue = false;
    this.#drawnAt = performance.now();
    // Whoever reads further above keeps what they read: the new lines wait for them to come back.
    if (!this.#isAtEnd && this.#kept.length + this.#waiting.length > MOST) {
      this.#toEnd.hidden = false;
      return;
    }
    const fresh = this.#waiting.map((line) => this.#keep(line));
    this.#waiting = [];
    const isAtEnd = this.#isAtEnd;
    const sought = this.#sought();
    for (const kept of fresh) this.#show(kept, sought);
    this.#list.append(...fresh.map(({ element }) => element));
    this.#kept.push(...fresh);
    const over = this.#kept.splice(0, Math.max(0, this.#kept.length - MOST));
    for (const { element } of over) element.remove();
    if (isAtEnd) this.#goToEnd();
    else this.#toEnd.hidden = false;
    this.#tell();
  }

  #keep(line: OutputLine): Kept {
    const row = element("div", { class: line.stream === "stderr" ? "line is-stderr" : "line" });
    row.append(element("time", { text: exactTime(line.at) }));
    if (this.#showsNames)
      row.append(element("span", { class: "line-node", text: printable(line.node) }));
    if (line.stream === "stderr")
      row.append(element("span", { class: "line-stream", text: "err" }));
    if (line.missed !== undefined)
      row.append(
        element("em", { text: `${memoryText(line.missed)} before this were not read in time` }),
      );
    const text = element("span", { class: "line-text" });
    row.append(text);
    return { line, plain: plainText(line.text).toLowerCase(), element: row };
  }

  /** The text is made of pieces: colours of its own, and what is sought in them. */
  #show(kept: Kept, sought: string): void {
    const isHit = sought === "" || kept.plain.includes(sought);
    kept.element.hidden = !isHit;
    const text = kept.element.lastElementChild;
    if (!isHit || text === null) return;
    const pieces = piecesOf(kept.line.text);
    const parts =
      sought === ""
        ? pieces.map(({ text, style }) => styled(text, style))
        : marked(pieces.map((piece) => piece.text).join(""), sought);
    text.replaceChildren(...parts);
  }

  #filter(): void {
    this.#isAtEnd = true;
    this.#flush();
    const sought = this.#sought();
    for (const kept of this.#kept) this.#show(kept, sought);
    this.#goToEnd();
    this.#tell();
  }

  #sought(): string {
    return this.#search.value.toLowerCase();
  }

  #tell(): void {
    const all = this.#kept.length;
    if (all === 0) return setText(this.#note, "No output yet.");
    if (this.#sought() === "") return setText(this.#note, counted(all, "line"));
    const hits = this.#kept.filter(({ element }) => !element.hidden).length;
    setText(this.#note, `${hits} of ${counted(all, "line")}`);
  }

  #scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#list;
    this.#isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END;
    if (!this.#isAtEnd) return;
    this.#toEnd.hidden = true;
    if (this.#waiting.length > 0) this.#flush();
  }

  #goToEnd(): void {
    this.#isAtEnd = true;
    if (this.#waiting.length > 0) this.#flush();
    this.#toEnd.hidden = true;
    this.#list.scrollTop = this.#list.scrollHeight;
  }
}

function styled(text: string, style: string): Node {
  return style === ""
    ? document.createTextNode(text)
    : element("span", { class: style.replace(/\w+/g, "text-$&"), text });
}

function marked(text: string, sought: string): Node[] {
  const parts: Node[] = [];
  const small = text.toLowerCase();
  // Some letters have small ones of another length: then places would not be the same.
  if (small.length !== text.length) return [document.createTextNode(text)];
  let from = 0;
  for (let at = small.indexOf(sought); at >= 0; at = small.indexOf(sought, from)) {
    parts.push(document.createTextNode(text.slice(from, at)));
    from = at + sought.length;
    parts.push(element("mark", { text: text.slice(at, from) }));
  }
  return [...parts, document.createTextNode(text.slice(from))];
}

/** Between one drawing of new lines and the next, at least. */
const PACE_MS = 200;
/** Lines that are kept. */
const MOST = 2_000;
/** Pixels: as good as at the end. */
const NEAR_END = 24;
