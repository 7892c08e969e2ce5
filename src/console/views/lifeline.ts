/** A node's time line in large, and in words for whoever cannot see it. */
import type { Life } from "../model/life.ts";
import { spanShown, spanText } from "../model/timeline.ts";
import { counted, duration, exitText } from "../model/words.ts";
import { moment, shortTime } from "./clock.ts";
import { element, setText } from "./dom.ts";
import { StripView } from "./strip.ts";

export class LifeLineView {
  readonly element: HTMLElement;
  readonly #strip = new StripView({ width: 480, height: 32, hasDots: true });
  readonly #title = element("span", { text: "Life" });
  readonly #times = [0, 1, 2].map(() => element("span"));
  readonly #words = element("p", { class: "life-words" });

  constructor() {
    const axis = element("div", { class: "axis", attributes: { "aria-hidden": "true" } });
    axis.append(...this.#times);
    const caption = element("figcaption", {}, this.#title);
    this.element = element(
      "figure",
      { class: "life-line" },
      caption,
      this.#strip.element,
      axis,
      this.#words,
    );
  }

  /** @param revivals how often it was started again, of which the page may not know all */
  draw(life: Life, revivals: number, now: number): void {
    const span = spanShown(life, now);
    const start = now - span;
    this.#strip.draw(life, start, now);
    setText(this.#title, `Life, last ${spanText(span)}`);
    for (const [index, label] of this.#times.entries())
      setText(label, index === 2 ? "now" : shortTime(start + (span * index) / 2));
    setText(this.#words, wordsOf(life, revivals, start, now));
  }
}

function wordsOf({ marks }: Life, revivals: number, start: number, now: number): string {
  const known = marks.filter(({ kind }) => kind === "ended");
  const ends = known.filter(({ at }) => at >= start);
  const last = ends.at(-1);
  // Of what was before the page was opened, only what has left a record that is kept is known.
  const isAll = known.length >= revivals;
  if (last === undefined) return isAll ? "It has not ended in that time." : "";
  const how = exitText(last.exit ?? {});
  const when = `${moment(last.at, now)}, ${duration(now - last.at)} ago`;
  return `Ended ${isAll ? "" : "at least "}${counted(ends.length, "time")}; last at ${when} (${how}).`;
}
