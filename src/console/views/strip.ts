/** A node's life on a line: what it was from when to when, and where it ended and began again. */
import type { Life, Mark } from "../model/life.ts";
import { stripOf } from "../model/timeline.ts";
import { setChildren, svg } from "./dom.ts";

export class StripView {
  readonly element: SVGSVGElement;
  readonly #width: number;
  readonly #height: number;
  readonly #hasDots: boolean;

  constructor(size: { width: number; height: number; hasDots: boolean }) {
    this.#width = size.width;
    this.#height = size.height;
    this.#hasDots = size.hasDots;
    this.element = svg("svg", {
      class: "strip",
      viewBox: `0 0 ${size.width} ${size.height}`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    });
  }

  draw(life: Life, start: number, end: number): void {
    const { bars, dots } = stripOf(life, start, end);
    const shapes = bars.map(({ from, to, look }) =>
      svg("rect", {
        class: `bar is-${look}`,
        x: this.#at(from),
        width: Math.max(LEAST_WIDTH, this.#at(to) - this.#at(from)),
        y: this.#height / 4,
        height: this.#height / 2,
      }),
    );
    const ends = dots
      .filter(({ mark }) => this.#hasDots || mark.kind === "ended")
      .map(({ at, mark }) => this.#mark(this.#at(at), mark));
    setChildren(this.element, [...shapes, ...ends]);
  }

  /** An end is a tick across the whole height, a start a shorter one below. */
  #mark(x: number, { kind }: Mark): SVGElement {
    const height = kind === "ended" ? this.#height : this.#height / 4;
    return svg("rect", {
      class: `tick is-${kind}`,
      x: x - 0.75,
      width: 1.5,
      y: this.#height - height,
      height,
    });
  }

  #at(part: number): number {
    return Math.round(part * this.#width * 10) / 10;
  }
}

/** Half a second down is to be seen over five minutes, too. */
const LEAST_WIDTH = 1.5;
