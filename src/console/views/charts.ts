/** CPU and memory of what is selected, over the last minutes. */
import { curveOf, topOf } from "../model/chart.ts";
import { type Load, SAMPLES } from "../model/load.ts";
import { loadText, memoryText } from "../model/words.ts";
import { element, setAttribute, setText, svg } from "./dom.ts";

export class ChartView {
  readonly element: HTMLElement;
  readonly #value = element("strong", { class: "chart-value" });
  readonly #top = element("span", { class: "chart-top" });
  readonly #line = svg("path", { class: "chart-line" });
  readonly #area = svg("path", { class: "chart-area" });
  readonly #image: SVGSVGElement;
  readonly #kind: keyof Pick<Load, "cpu" | "memory">;

  constructor(kind: "cpu" | "memory") {
    this.#kind = kind;
    const { width, height } = BOX;
    const lines = [0.5, 1].map((part) =>
      svg("path", { class: "chart-grid", d: `M0 ${height * part}H${width}` }),
    );
    this.#image = svg(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img" },
      ...lines,
      this.#area,
      this.#line,
    );
    const head = element(
      "figcaption",
      {},
      element("span", { text: TITLES[kind] }),
      this.#value,
      this.#top,
    );
    this.element = element("figure", { class: `chart of-${kind}` }, head, this.#image);
  }

  draw(load: Load): void {
    const values = load[this.#kind];
    const text = this.#kind === "cpu" ? loadText : memoryText;
    const top = topOf(values, LEAST[this.#kind]);
    const { line, area } = curveOf(values, top, BOX);
    setAttribute(this.#line, "d", line);
    setAttribute(this.#area, "d", area);
    const newest = values.at(-1);
    const now = newest === undefined ? "–" : text(newest);
    setText(this.#value, now);
    setText(this.#top, values.length === 0 ? "" : `of ${text(top)}`);
    const most = values.reduce((one, other) => Math.max(one, other), 0);
    const said = `${TITLES[this.#kind]}: now ${now}, at most ${text(most)} in the last three minutes`;
    setAttribute(this.#image, "aria-label", said);
  }
}

const BOX = { width: 360, height: 64, samples: SAMPLES };
const TITLES = { cpu: "CPU", memory: "Memory" };
const LEAST = { cpu: 0.1, memory: 4 * 1024 * 1024 };
