/** A small chart: what a node has used of late, without axes. */
import { curveOf, topOf } from "../model/chart.ts";
import { SAMPLES } from "../model/load.ts";
import { setAttribute, svg } from "./dom.ts";

export class Spark {
  readonly element: SVGSVGElement;
  readonly #line = svg("path", { class: "spark-line" });
  readonly #area = svg("path", { class: "spark-area" });
  readonly #least: number;
  #drawn: readonly number[] | undefined;

  /** @param least what a full height stands for at least */
  constructor(kind: "cpu" | "memory", least: number, label?: string) {
    this.#least = least;
    const said =
      label === undefined ? { "aria-hidden": "true" } : { role: "img", "aria-label": label };
    this.element = svg(
      "svg",
      {
        class: `spark of-${kind}`,
        viewBox: `0 0 ${BOX.width} ${BOX.height}`,
        preserveAspectRatio: "none",
        ...said,
      },
      this.#area,
      this.#line,
    );
  }

  /** Values are drawn again only if they are others. */
  draw(values: readonly number[]): void {
    if (values === this.#drawn) return;
    this.#drawn = values;
    const { line, area } = curveOf(values, topOf(values, this.#least), BOX);
    setAttribute(this.#line, "d", line);
    setAttribute(this.#area, "d", area);
  }
}

const BOX = { width: 120, height: 24, samples: SAMPLES };
